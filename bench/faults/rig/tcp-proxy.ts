// A way between two ends that can be made slow, uneven or dead, without either end being asked.

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as startTimer } from 'node:timers'

/** Where the bytes go. */
export interface ProxyTarget {
  readonly host: string
  readonly port: number
}

/** How long bytes are held back, milliseconds; asked anew for each piece. Their order never changes. */
export interface ProxyDelays {
  readonly toTargetMs?: () => number
  readonly toClientMs?: () => number
}

/** Hears what passes on its way to clients, at the moment when it is handed to their connection. */
export interface ProxyTap {
  /** Bytes for the client of that connection. Never empty. */
  onBytes(connection: number, chunk: Buffer): void
  /** One end of the connection is gone, or sends no more. */
  onEnd(connection: number, end: 'client' | 'target'): void
}

/** A running proxy on a port of 127.0.0.1 of its own. */
export interface TcpProxy {
  readonly port: number
  /**
   * Lets nothing through in either direction, as a network does that has come apart: both ends keep their connections,
   * and what they send arrives when it is whole again, even if they have given up meanwhile.
   */
  hold(): void
  /** Makes it whole again. */
  release(): void
  /** Breaks every connection and stops listening. */
  close(): Promise<void>
}

/** Bytes one way. Small traffic is what it is for: it knows no back-pressure. */
class OneWay {
  private readonly queue: { readonly dueMs: number; readonly chunk: Buffer | 'end' }[] = []
  private readonly to: Socket
  private readonly delayMs: () => number
  private readonly isHeld: () => boolean
  private readonly onPassed: (chunk: Buffer | 'end') => void
  private timer: NodeJS.Timeout | undefined
  private lastDueMs = 0

  constructor(to: Socket, delayMs: () => number, isHeld: () => boolean, onPassed: (chunk: Buffer | 'end') => void) {
    this.to = to
    this.delayMs = delayMs
    this.isHeld = isHeld
    this.onPassed = onPassed
  }

  push(chunk: Buffer | 'end'): void {
    this.lastDueMs = Math.max(this.lastDueMs, performance.now() + (chunk === 'end' ? 0 : this.delayMs()))
    this.queue.push({ dueMs: this.lastDueMs, chunk })
    this.pump()
  }

  pump(): void {
    clearTimeout(this.timer)
    for (let next = this.queue[0]; next !== undefined && !this.isHeld(); next = this.queue[0]) {
      const restMs = next.dueMs - performance.now()
      if (restMs > 0) {
        this.timer = startTimer(() => this.pump(), restMs)
        return
      }
      this.queue.shift()
      if (this.to.destroyed) continue
      this.onPassed(next.chunk)
      if (next.chunk === 'end') this.to.end()
      else this.to.write(next.chunk)
    }
  }

  stop(): void {
    clearTimeout(this.timer)
    this.queue.length = 0
  }
}

/** Starts a proxy before `target`. */
export async function startTcpProxy(target: ProxyTarget, delays: ProxyDelays = {}, tap?: ProxyTap): Promise<TcpProxy> {
  let isHeld = false
  let connections = 0
  const ways = new Set<OneWay>()
  const sockets = new Set<Socket>()

  const join = (
    from: Socket,
    to: Socket,
    delayMs: () => number,
    onPassed: (chunk: Buffer | 'end') => void = () => undefined,
  ) => {
    const way = new OneWay(to, delayMs, () => isHeld, onPassed)
    let hasEnded = false
    const end = () => {
      if (hasEnded) return
      hasEnded = true
      way.push('end')
    }
    ways.add(way)
    sockets.add(from)
    from.setNoDelay(true)
    from.on('data', (chunk: Buffer) => way.push(chunk))
    from.on('end', end)
    // What went wrong at one end is an end to the other.
    from.on('error', () => from.destroy())
    from.on('close', () => {
      end()
      sockets.delete(from)
      if (to.destroyed) ways.delete(way)
    })
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ ...target, allowHalfOpen: true })
    connections += 1
    const connection = connections
    join(client, upstream, delays.toTargetMs ?? (() => 0))
    join(upstream, client, delays.toClientMs ?? (() => 0), (chunk) => {
      if (chunk === 'end') tap?.onEnd(connection, 'target')
      else tap?.onBytes(connection, chunk)
    })
    client.on('end', () => tap?.onEnd(connection, 'client'))
    client.on('close', () => tap?.onEnd(connection, 'client'))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    // A TCP server's address is never a text.
    port: (server.address() as AddressInfo).port,
    hold: () => {
      isHeld = true
    },
    release: () => {
      isHeld = false
      for (const way of ways) way.pump()
    },
    close: () =>
      new Promise((resolve) => {
        for (const way of ways) way.stop()
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
