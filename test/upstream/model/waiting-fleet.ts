// Replicas whose calls wait in one line, in virtual time: real queues, the real script, a real Redis.
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Lane } from '#contract/ask.ts'
import { QuotaExhaustedError } from '#model/errors.ts'
import { createFleetMemory } from '#test/support/fleet-memory.ts'
import { createFleetLedger } from '#upstream/fleet-ledger.ts'
import type { Gate, QuotaLimits } from '#upstream/quota.ts'
import { createQuota } from '#upstream/quota-queue.ts'
import { readStartsScript } from '#upstream/starts-script.ts'
import { toVirtualScript, type VirtualLink, VirtualServer } from './virtual-server.ts'
import { VirtualTime } from './virtual-time.ts'

/** A call, and what has become of it. Times are virtual. */
export interface SentCall {
  readonly replica: number
  readonly lane: Lane
  readonly sentAtMs: number
  /** Gives its wait up. */
  readonly leave: () => void
  grantedAtMs?: number
  refusedAtMs?: number
  retryAfterMs?: number
}

/** What a call is like. */
export interface CallOptions {
  /** Milliseconds until its deadline; it waits for ever when left out. */
  readonly withinMs?: number
  readonly operation?: string
  /** Interactive when left out. */
  readonly lane?: Lane
  readonly gate?: Gate
}

/** The provider's name of an ordinary call. */
export const OPERATION = 'Get_LiveStat'
/** Milliseconds to the server, and as many back, for each replica. */
export const WAYS_MS: readonly number[] = [1, 2, 3]
/** The longest way to the server and back, and as long for what has to be said there first. */
export const TRIP_MS = 4 * Math.max(...WAYS_MS)
/** How long a start counts, where nothing else is said. */
export const SPAN_MS = 5250
/** How much later than the one before each start is made where everything is used up. */
export const STEP_MS = 100
/** How long calls wait that wait for ever. */
export const NEVER_MS = 3_600_000
const GUARD_MS = 250
const RESERVE = 0.05
const SETTLED_MS = 2000

/** What the log gives out in a span: the limit without the reserve. */
export const toCapacity = (limit: number) => limit - Math.floor(limit * RESERVE)

/** Replicas, one for each of `WAYS_MS`, and the time they live in. */
export class WaitingFleet {
  readonly time = new VirtualTime()
  /** In the order of their sending. */
  readonly calls: SentCall[] = []
  readonly replicas
  private readonly server: VirtualServer
  private readonly limit: number

  /**
   * Everybody has joined.
   * @param limit the account's
   * @param interfaces with limits of their own
   * @param spanMs how long a start of the account counts
   */
  static async open(
    redis: Redis,
    limit: number,
    interfaces: QuotaLimits['interfaces'] = {},
    spanMs = SPAN_MS,
  ): Promise<WaitingFleet> {
    const fleet = new WaitingFleet(redis, limit, interfaces, spanMs)
    await fleet.run(SETTLED_MS)
    return fleet
  }

  private constructor(redis: Redis, limit: number, interfaces: QuotaLimits['interfaces'], spanMs: number) {
    this.limit = limit
    this.server = new VirtualServer(redis, this.time, randomUUID())
    const windowSeconds = (spanMs - GUARD_MS) / 1000
    const limits = { limit, windowSeconds, guardMs: GUARD_MS, outageReserve: RESERVE, interfaces }
    this.replicas = WAYS_MS.map((wayMs) => this.join(wayMs, limits))
  }

  /** Lets time pass. */
  async run(forMs: number): Promise<void> {
    await this.time.runUntil(this.time.nowMs + forMs)
  }

  /** Makes a call. */
  send(replica: number, options: CallOptions = {}): SentCall {
    const { withinMs = NEVER_MS, operation = OPERATION, lane = 'interactive', gate } = options
    const { time } = this
    const controller = new AbortController()
    const call: SentCall = { replica, lane, sentAtMs: time.nowMs, leave: () => controller.abort(new Error('left')) }
    this.calls.push(call)
    const ask = { lane, signal: controller.signal, caller: { name: 'web' } }
    this.at(replica)
      .quota.take(operation, { ...ask, deadlineAtMs: time.nowMs + withinMs }, gate)
      .then(
        () => {
          call.grantedAtMs = time.nowMs
        },
        (error: unknown) => {
          if (!(error instanceof QuotaExhaustedError)) return
          call.refusedAtMs = time.nowMs
          call.retryAfterMs = error.retryAfterMs ?? Number.NaN
        },
      )
    return call
  }

  /** Makes calls at the same time. */
  sendMany(replica: number, count: number): readonly SentCall[] {
    return Array.from({ length: count }, () => this.send(replica))
  }

  /**
   * The last replica takes all there is, step by step.
   * @param used what has been taken already
   * @returns when the first of these starts comes free again
   */
  async useUp(used = 0): Promise<number> {
    const calls: SentCall[] = []
    while (calls.length < toCapacity(this.limit) - used) {
      calls.push(this.send(WAYS_MS.length - 1))
      await this.run(STEP_MS)
    }
    const firstMs = calls[0]?.grantedAtMs
    if (firstMs === undefined || calls.some(({ grantedAtMs }) => grantedAtMs === undefined))
      throw new Error('there was less than there should be')
    return firstMs + SPAN_MS
  }

  /**
   * Calls come at random.
   * @param perSecond interactive ones at each replica
   * @param withinMs until their deadlines
   * @param backgroundPerSecond background ones, at one replica after the other
   */
  async receive(
    forMs: number,
    perSecond: readonly number[],
    withinMs: number,
    random: () => number,
    backgroundPerSecond = 0,
  ): Promise<void> {
    const endMs = this.time.nowMs + forMs
    const toTimes = (rate: number) => {
      const toGapMs = () => (-Math.log(1 - random()) * 1000) / rate
      const times: number[] = []
      if (rate > 0) for (let next = this.time.nowMs + toGapMs(); next < endMs; next += toGapMs()) times.push(next)
      return times.map(Math.round)
    }
    const calls = perSecond.flatMap((rate, replica) =>
      toTimes(rate).map((atMs) => ({ replica, atMs, lane: 'interactive' as const })),
    )
    const background = toTimes(backgroundPerSecond).map((atMs, index) => ({
      replica: index % WAYS_MS.length,
      atMs,
      lane: 'background' as const,
    }))
    for (const { replica, atMs, lane } of [...calls, ...background].sort((one, other) => one.atMs - other.atMs)) {
      await this.time.runUntil(atMs)
      this.send(replica, { withinMs, lane })
    }
    await this.time.runUntil(endMs)
  }

  /** Stops a replica where it stands: nothing leaves it, and it hears nothing. */
  freeze(replica: number): void {
    this.at(replica).freezing.current = Promise.withResolvers<void>()
  }

  /** Lets a frozen one go on. */
  thaw(replica: number): void {
    const { freezing } = this.at(replica)
    freezing.current?.resolve()
    freezing.current = undefined
  }

  /** Ends one replica as the gateway ends: it says good-bye. */
  async stop(replica: number): Promise<void> {
    let isClosed = false
    const closing = this.at(replica).quota.close()
    void closing.then(() => {
      isClosed = true
    })
    while (!isClosed) await this.run(1)
    await closing
  }

  /** Ends everything. */
  async close(): Promise<void> {
    for (const [index] of WAYS_MS.entries()) this.thaw(index)
    await this.run(SETTLED_MS)
    for (const [index] of WAYS_MS.entries()) await this.stop(index)
    for (const { link } of this.replicas) link.close()
    await this.server.flush()
  }

  /** One of the replicas. */
  at(index: number) {
    const replica = this.replicas[index]
    if (!replica) throw new Error(`there is no replica ${index}`)
    return replica
  }

  private join(wayMs: number, limits: QuotaLimits) {
    const clock = this.time.toClock(0, 0)
    const link = this.server.connect()
    link.open(0)
    const freezing: { current: PromiseWithResolvers<void> | undefined } = { current: undefined }
    const evaluate: VirtualLink['evaluate'] = async (...words) => {
      await freezing.current?.promise
      await this.time.delay(wayMs)
      const reply = await link.evaluate(...words)
      await this.time.delay(wayMs)
      await freezing.current?.promise
      return reply
    }
    const ledger = createFleetLedger({
      limits,
      maxReplicas: WAYS_MS.length,
      link: { state: () => link.state(), onChange: (listener) => link.onChange(listener), evaluate },
      script: toVirtualScript(readStartsScript()),
      clock,
      keyPrefix: '',
      memory: createFleetMemory(randomUUID()),
      server: 'here',
      journal: { readPast: () => [], record: () => undefined, close: () => undefined },
      createId: randomUUID,
      onTrouble: () => undefined,
    })
    return { ledger, quota: createQuota({ ledger, clock }), link, freezing }
  }
}

/** Numbers in [0, 1) that are the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
