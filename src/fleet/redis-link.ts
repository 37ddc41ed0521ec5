// The link to the fleet over Redis. One connection at a time; the first command that is not answered ends it, and all
// fail at once until another one stands.
import { createHash } from 'node:crypto'
import type { Clock } from '#model/clock.ts'
import { noTracer, type Tracer } from '#model/tracer.ts'
import { FleetCommandError, type FleetLink, type FleetScript, LinkDownError, type LinkState } from './fleet-link.ts'
import { type LinkLog, LinkRecord } from './link-record.ts'
import { type RedisAddress, type RedisNode, readRedisAddress } from './redis-address.ts'
import { createRedisConnection, type RedisConnection } from './redis-connection.ts'
import { findAnswerCode, toConnectionFault } from './redis-fault.ts'
import type { RedisPatience } from './redis-options.ts'
import { RedisReads } from './redis-reads.ts'
import { isGoneForAll } from './redis-refusal.ts'
import { type Departure, RedisWaits, type Wait } from './redis-waits.ts'

/** What a link is made with. */
export interface RedisLinkOptions {
  /** As in the settings: see `readRedisAddress`. */
  readonly url: string
  /** Begins every key, also the one that decides which node of a cluster is asked for the time. */
  readonly prefix: string
  readonly clock: Clock
  readonly log: LinkLog
  /** Follows commands; nobody does when left out. */
  readonly tracer?: Tracer
  /** How long an answer may take, in milliseconds. Default 200. */
  readonly commandTimeoutMs?: number
  /** How long opening a socket may take, in milliseconds. Default 500. */
  readonly connectTimeoutMs?: number
}

const COMMAND_TIMEOUT_MS = 200
const CONNECT_TIMEOUT_MS = 500
/** A connection over which nothing came for so long is asked whether it is alive. */
const PROBE_EVERY_MS = 250
/** Pauses between attempts to connect grow by so much, up to the longest: with the attempt itself twice a second. */
const PAUSE_STEP_MS = 100
const LONGEST_PAUSE_MS = 450
/** A connection that has lasted for less counts as one more failed attempt. */
const STEADY_AFTER_MS = 1000
/** Errors that say: not this server, or not now, whatever the command. */
const wrongServerCodes = ['READONLY', 'LOADING', 'MASTERDOWN', 'CLUSTERDOWN']

/** Read in a script, for its key to name one node out of a cluster, the same for everybody. */
const readTime: FleetScript = { name: 'time', lua: "return redis.call('TIME')" }

/** Connects, and keeps at it until closed. @throws TypeError when the url is none; says nothing of it */
export function createRedisLink(options: RedisLinkOptions): FleetLink {
  const { address, problem } = readRedisAddress(options.url)
  if (address === undefined) throw new TypeError(`the address of Redis ${problem}`)
  return new RedisLink(options, address)
}

class RedisLink implements FleetLink {
  private readonly clock: Clock
  private readonly tracer: Tracer
  /** Out of sight of whoever prints or serialises a link: it may hold a password. */
  #address: RedisAddress
  private readonly patience: RedisPatience
  private readonly timeKey: string
  private readonly record: LinkRecord
  private readonly closing = new AbortController()
  private readonly running: Promise<void>
  private readonly waits: RedisWaits
  private readonly reads = new RedisReads((keys) => this.getMany(keys))
  private readonly digests = new WeakMap<FleetScript, string>()
  /** The one that commands go over. */
  private connection: RedisConnection | undefined
  /** When the commands of this turn of the event loop leave; undefined before the first of them. */
  private departure: Departure | undefined
  /** Whether several commands were out when the last ones left together. */
  private isCrowded = false
  /** Nodes of a cluster as they were when it was last connected. */
  private otherNodes: readonly RedisNode[] = []
  /** Ends the connection, or the attempt at one, that is being watched over. */
  private endWatch: () => void = () => undefined

  constructor(options: RedisLinkOptions, address: RedisAddress) {
    this.clock = options.clock
    this.tracer = options.tracer ?? noTracer
    this.#address = address
    this.patience = {
      commandTimeoutMs: options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS,
      connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    }
    this.timeKey = `${options.prefix}:{clock}`
    this.record = new LinkRecord(options.clock, options.log)
    this.waits = new RedisWaits(this.patience.commandTimeoutMs, () => {
      if (this.connection) this.lose(this.connection, 'ETIMEDOUT')
    })
    this.running = this.keepConnected()
  }

  state(): LinkState {
    return this.record.state
  }

  onChange(listener: () => void): () => void {
    return this.record.onChange(listener)
  }

  evaluate(script: FleetScript, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    const words = [this.digest(script), keys.length, ...keys, ...values]
    return this.follow(
      script.name,
      (connection) => connection.send('evalsha', words),
      (connection) => connection.send('eval', [script.lua, ...words.slice(1)]),
    )
  }

  get(key: string): Promise<Buffer | null> {
    const used = this.connection
    const isAlone = used === undefined || !used.hasOneServer || this.isLeavingAtOnce()
    if (!isAlone) this.findDeparture(used)
    return this.reads.read(key, !isAlone)
  }

  async getMany(keys: readonly string[]): Promise<readonly (Buffer | null)[]> {
    if (keys.length === 0) return []
    const values = await this.follow('mget', (connection) => connection.sendForBytes('mget', [...keys]))
    if (!Array.isArray(values)) throw new FleetCommandError('ERR')
    return values.map((value: unknown) => (Buffer.isBuffer(value) ? value : null))
  }

  async set(key: string, value: Buffer, ttlMs: number): Promise<void> {
    await this.follow('set', (connection) => connection.send('set', [key, value, 'PX', Math.max(1, Math.floor(ttlMs))]))
  }

  async readTimeMs(): Promise<number> {
    const time = await this.evaluate(readTime, [this.timeKey], [])
    const [seconds, microseconds] = Array.isArray(time) ? time.map(Number) : []
    if (seconds === undefined || microseconds === undefined) throw new FleetCommandError('ERR')
    return seconds * 1000 + microseconds / 1000
  }

  async close(): Promise<void> {
    this.closing.abort()
    this.connection = undefined
    this.record.close()
    this.endWatch()
    this.waits.giveUp()
    await this.running
  }

  private digest(script: FleetScript): string {
    const known = this.digests.get(script)
    if (known !== undefined) return known
    const digest = createHash('sha1').update(script.lua).digest('hex')
    this.digests.set(script, digest)
    return digest
  }

  /** @param command its name, or that of its script: what is told of it */
  private follow(
    command: string,
    send: (connection: RedisConnection) => Promise<unknown>,
    sendInFull?: (connection: RedisConnection) => Promise<unknown>,
  ): Promise<unknown> {
    // What no request waits for is of no interest: there is no end of it.
    if (!this.tracer.isFollowing) return this.run(send, sendInFull)
    const facts = { 'db.system.name': 'redis', 'db.operation.name': command }
    return this.tracer.follow('call', `redis ${command}`, facts, () => this.run(send, sendInFull))
  }

  /** @param sendInFull what is sent when Redis does not know the script that was named */
  private run(
    send: (connection: RedisConnection) => Promise<unknown>,
    sendInFull?: (connection: RedisConnection) => Promise<unknown>,
  ): Promise<unknown> {
    const used = this.connection
    if (used === undefined) return Promise.reject(new LinkDownError('the shared store is out of reach'))
    return new Promise((resolve, reject) => {
      const wait: Wait = {
        departure: this.findDeparture(used),
        giveUp: () => reject(new LinkDownError('the shared store has not answered')),
      }
      this.waits.begin(wait)
      const settle = (answer: unknown) => {
        if (!this.waits.end(wait)) return
        this.record.confirm('up')
        resolve(answer)
      }
      const fail = (error: unknown) => {
        const code = findAnswerCode(error)
        if (code === undefined || wrongServerCodes.includes(code)) this.lose(used, toConnectionFault(error).reason)
        else if (this.waits.end(wait)) {
          this.record.confirm('up')
          reject(new FleetCommandError(code))
        }
      }
      if (sendInFull === undefined) send(used).then(settle, fail)
      else
        send(used).then(settle, (error: unknown) => {
          if (findAnswerCode(error) === 'NOSCRIPT') sendInFull(used).then(settle, fail)
          else fail(error)
        })
    })
  }

  /** A lone command leaves at once. Where several are out at the same time, those of one turn leave together at its end. */
  private findDeparture(connection: RedisConnection): Departure {
    if (this.departure) return this.departure
    if (this.isLeavingAtOnce()) return { leftAtMs: performance.now() }
    const departure: Departure = { leftAtMs: undefined }
    this.departure = departure
    connection.hold()
    setImmediate(() => {
      const together = this.reads.leave()
      if (this.departure === departure) this.departure = undefined
      connection.release()
      departure.leftAtMs = performance.now()
      this.isCrowded = this.waits.count() > 1 || together > 1
    })
    return departure
  }

  private isLeavingAtOnce(): boolean {
    return !this.departure && !this.isCrowded && this.waits.count() === 0
  }

  /** Nobody is to wait for a connection that does not answer, nor to take its late answers for others. */
  private lose(lost: RedisConnection, reason: string): void {
    if (this.connection !== lost) return
    this.connection = undefined
    this.endWatch()
    this.departure = undefined
    this.record.confirm('silent', reason)
    this.waits.giveUp()
  }

  private async keepConnected(): Promise<void> {
    const { signal } = this.closing
    for (let failures = 0; !signal.aborted; ) {
      const lastedMs = await this.connectOnce()
      failures = lastedMs >= STEADY_AFTER_MS ? 0 : failures + 1
      const pauseMs = Math.min(failures * PAUSE_STEP_MS, LONGEST_PAUSE_MS)
      await this.clock.delay(pauseMs, signal).catch(() => undefined)
    }
  }

  /** Connects, and stays with the connection until it is lost. @returns for how long it was there, in milliseconds */
  private async connectOnce(): Promise<number> {
    const { otherNodes, patience } = this
    const address = this.#address
    const ended = new AbortController()
    try {
      const connection = createRedisConnection({
        address,
        otherNodes,
        patience,
        onLost: ({ reason }) => this.lose(connection, reason),
      })
      this.endWatch = () => {
        connection.drop()
        ended.abort()
      }
      await connection.open()
      this.connection = connection
      this.otherNodes = connection.listNodes()
    } catch (error) {
      const fault = toConnectionFault(error)
      const isGone = await isGoneForAll({ address, otherNodes, patience, fault }).catch(() => false)
      if (!this.closing.signal.aborted) this.record.confirm(isGone ? 'refused' : 'silent', fault.reason)
      // The sentinel asked first may be dead, or the one that knows least.
      this.#address = { ...address, nodes: toNextFirst(address.nodes) }
      return 0
    }
    const since = this.clock.monotonicMs()
    this.record.connected()
    await this.probe(ended.signal)
    return this.clock.monotonicMs() - since
  }

  /** Asks whether Redis is alive whenever nothing else has shown it. Ends with the connection. */
  private async probe(ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await this.clock.delay(PROBE_EVERY_MS, ended).catch(() => undefined)
      const quietMs = this.clock.monotonicMs() - this.record.state.confirmedAtMs
      if (!ended.aborted && quietMs >= PROBE_EVERY_MS)
        await this.run((connection) => connection.ping()).catch(() => undefined)
    }
  }
}

function toNextFirst<Item>([first, ...others]: readonly [Item, ...Item[]]): readonly [Item, ...Item[]] {
  const [second, ...rest] = others
  return second === undefined ? [first] : [second, ...rest, first]
}
