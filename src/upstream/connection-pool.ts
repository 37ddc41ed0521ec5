// The connections to one origin: at most so many, opened when calls wait, handed to one call at a time.
import type { buildConnector } from 'undici'
import { UpstreamError } from '#model/errors.ts'
import { Connection } from './connection.ts'
import { toUpstreamError } from './exchange.ts'
import type { Gate, GateWatcher } from './quota.ts'

/** What a pool is made with. */
export interface ConnectionPoolOptions {
  /** Scheme, host and port. */
  readonly origin: string
  /** Most connections, and so most calls in flight. */
  readonly maxConnections: number
  readonly connector: buildConnector.connector
}

/** Connections to one origin. */
export class ConnectionPool {
  private readonly options: ConnectionPoolOptions
  private readonly idle: Connection[] = []
  private readonly waiting = new Set<ConnectionLease>()
  /** Every connection there is: connecting, idle or lent. */
  private readonly all = new Set<Connection>()
  private connecting = 0
  private closed = false

  constructor(options: ConnectionPoolOptions) {
    this.options = options
  }

  /** A place in line for a connection. Must be released, whatever happens. */
  lease(): ConnectionLease {
    const lease = new ConnectionLease(this)
    this.waiting.add(lease)
    this.grow()
    return lease
  }

  /** A connection that is up and free, no longer free then. */
  takeIdle(lease: ConnectionLease): Connection | undefined {
    for (;;) {
      const connection = this.idle.pop()
      if (connection === undefined) return undefined
      if (!connection.isUp()) {
        this.drop(connection)
        continue
      }
      this.waiting.delete(lease)
      return connection
    }
  }

  /** Takes the connection of a lease back that stays in line for another one. */
  takeBack(lease: ConnectionLease, connection: Connection): void {
    this.waiting.add(lease)
    this.offerOrDrop(connection)
  }

  /** Takes a lease back, and its connection if it had one. */
  release(lease: ConnectionLease, connection: Connection | undefined): void {
    this.waiting.delete(lease)
    if (connection !== undefined) this.offerOrDrop(connection)
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    this.closed = true
    await Promise.all([...this.all].map((connection) => connection.destroy()))
  }

  private offerOrDrop(connection: Connection): void {
    if (connection.isUp() && !this.closed) this.offer(connection)
    else this.drop(connection)
  }

  private offer(connection: Connection): void {
    this.idle.push(connection)
    // Whoever hears it serves the queue in its own order; one that still has no watcher is about to look itself.
    for (const lease of this.waiting) if (lease.tellOpened()) return
  }

  private drop(connection: Connection): void {
    if (!this.all.delete(connection)) return
    const index = this.idle.indexOf(connection)
    if (index >= 0) this.idle.splice(index, 1)
    connection.destroy().catch(() => undefined)
    this.grow()
  }

  /** Opens as many connections as waiting calls lack, inside the limit. */
  private grow(): void {
    while (
      !this.closed &&
      this.connecting + this.idle.length < this.waiting.size &&
      this.all.size < this.options.maxConnections
    )
      this.open()
  }

  private open(): void {
    const connection = new Connection(this.options.origin, this.options.connector)
    this.all.add(connection)
    this.connecting += 1
    connection.connect().then(
      () => {
        this.connecting -= 1
        connection.onDisconnect(() => {
          if (this.idle.includes(connection)) this.drop(connection)
        })
        if (this.closed || !connection.isUp()) this.drop(connection)
        else this.offer(connection)
      },
      (error: Error) => {
        this.connecting -= 1
        // One call pays for one failed attempt; when the host is down there are as many attempts as calls.
        for (const lease of this.waiting)
          if (lease.tellFailed(toUpstreamError(error, false, false))) {
            this.waiting.delete(lease)
            break
          }
        this.drop(connection)
      },
    )
  }
}

/** One call's claim to a connection; the gate through which its start is granted. */
export class ConnectionLease implements Gate {
  private readonly pool: ConnectionPool
  private watcher: GateWatcher | undefined
  private held: Connection | undefined

  constructor(pool: ConnectionPool) {
    this.pool = pool
  }

  /** The connection, once entered. */
  get connection(): Connection | undefined {
    return this.held
  }

  tryEnter(): boolean {
    this.held ??= this.pool.takeIdle(this)
    return this.held !== undefined
  }

  leave(): void {
    const { held } = this
    this.held = undefined
    if (held !== undefined) this.pool.takeBack(this, held)
  }

  watch(watcher: GateWatcher): void {
    this.watcher = watcher
  }

  toLateError(): Error {
    return new UpstreamError('UPSTREAM_TIMEOUT', 'no connection to the provider came free before the deadline')
  }

  /** Gives the connection back, or the place in line. */
  release(): void {
    const { held } = this
    this.held = undefined
    this.pool.release(this, held)
  }

  /** @returns whether somebody listens */
  tellOpened(): boolean {
    this.watcher?.opened()
    return this.watcher !== undefined
  }

  /** @returns whether somebody listens */
  tellFailed(error: Error): boolean {
    this.watcher?.failed(error)
    return this.watcher !== undefined
  }
}
