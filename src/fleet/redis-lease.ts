// A lease that replicas agree on over Redis. No clock but the steady ones of the replicas decides anything: the holder
// counts from when it sent a beat, a contender from when it heard of the same beat, which is later. So the holder has
// stopped before anybody else begins, however the clock of the server is set.
import { randomUUID } from 'node:crypto'
import type { Clock } from '#model/clock.ts'
import { FleetCommandError, type FleetLink, type FleetScript } from './fleet-link.ts'
import { LEASE_BEAT_MS, LEASE_MS, type Lease, type LeaseName, type LeaseTerms } from './lease.ts'

/** What it is made with. */
export interface RedisLeaseOptions {
  readonly link: Pick<FleetLink, 'state' | 'evaluate'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Begins the key. */
  readonly prefix: string
  readonly name: LeaseName
  /** What this process is called, for people who look into Redis. Need not be unique. */
  readonly holder: string
  /** The same for all contenders. Default: `LEASE_MS` and `LEASE_BEAT_MS`. */
  readonly terms?: LeaseTerms
}

/** What follows from the terms, in milliseconds. */
interface LeaseTimes {
  /** How long a contender waits that sees one and the same beat. */
  readonly leaseMs: number
  /** How long the holder may believe: two steady clocks may go apart by 1 %. */
  readonly heldMs: number
  /**
   * A living holder whose beat was lost with the data of the server writes it again within a beat, and the moment that
   * a link takes to come back. However short the beats, that moment stays what it is.
   */
  readonly restoredWithinMs: number
  /** Who has not looked for longer has not watched. */
  readonly lookWithinMs: number
}

function toTimes({ leaseMs, beatMs }: LeaseTerms): LeaseTimes {
  return { leaseMs, heldMs: leaseMs * 0.99, restoredWithinMs: beatMs + 1500, lookWithinMs: 2 * beatMs + 1000 }
}

const LONG_AGO_MS = Number.NEGATIVE_INFINITY
/** How a mark begins to look. */
const MARK = '0 '

// The record is a hash: fence, holder ('' when it was given up), beat. A beat is written once, so a record that looks
// the same has not been touched. It has no end: it says which fences were given. Where there is none, a contender leaves
// a mark, with the fence 0: were that lost too, somebody may have held the lease in between.

/**
 * For the holder, as long as it surely holds. What the server has lost of it is written again. A higher fence, or the
 * same one in other hands, is somebody else's lease.
 * ARGV: holder, fence, beat. Answers whether it is kept.
 */
const keep: FleetScript = {
  name: 'lease_keep',
  lua: `
local record = redis.call('HMGET', KEYS[1], 'fence', 'holder')
local fence, own = tonumber(record[1] or 0) or 0, tonumber(ARGV[2])
if fence > own or (fence == own and record[2] ~= ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'fence', ARGV[2], 'holder', ARGV[1], 'beat', ARGV[3])
return 1`,
}

/**
 * For everybody else: takes it if it looks as told, or was given up and may be taken then.
 * ARGV: caller, beat, how it must look ('' for nothing that could be), whether it may be taken when given up ('1'), the
 * highest fence that the caller has had. Answers {1, fence} or {0, how it looks}.
 */
const take: FleetScript = {
  name: 'lease_take',
  lua: `
local record = redis.call('HMGET', KEYS[1], 'fence', 'holder', 'beat')
if not record[1] then
  record = { '0', 'nobody', ARGV[1] .. '/' .. ARGV[2] }
  redis.call('HSET', KEYS[1], 'fence', record[1], 'holder', record[2], 'beat', record[3])
end
local seen = record[1] .. ' ' .. (record[2] or '') .. ' ' .. (record[3] or '')
local isGivenUp = record[2] == ''
if seen ~= ARGV[3] and not (isGivenUp and ARGV[4] == '1') then return { 0, seen } end
-- Also where the last fence was lost, time has gone on since.
local time = redis.call('TIME')
local now = math.floor(time[1] * 1000 + time[2] / 1000)
local fence = math.max((tonumber(record[1]) or 0) + 1, tonumber(ARGV[5]) + 1, now)
redis.call('HSET', KEYS[1], 'fence', string.format('%.0f', fence), 'holder', ARGV[1], 'beat', ARGV[2])
return { 1, fence }`,
}

/** Gives up what the holder has, and leaves the fence. ARGV: holder. */
const giveUp: FleetScript = {
  name: 'lease_release',
  lua: `
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'holder', '')
return 1`,
}

/** What a contender has seen of the record. */
interface Watch {
  /** Over which connection. Behind another one there may be a server that has lost something. */
  readonly connection: number
  /** When it was first seen over that connection, however it looked then; on `Clock.monotonicMs`, as all here. */
  readonly beganAtMs: number
  /** How it looks. */
  readonly seen: string
  /** Since when it is known to look like that. */
  readonly sinceMs: number
  /** When it was last looked at. */
  readonly lookedAtMs: number
}

/**
 * One contender. A holder that is not heard of any more is replaced within the lease, two beats and a few round trips:
 * one beat until its last one is seen, one until it is noticed that the lease is over. Where no terms are given, 12 s.
 */
export function createRedisLease(options: RedisLeaseOptions): Lease {
  return new RedisLease(options)
}

class RedisLease implements Lease {
  heldUntilMs = LONG_AGO_MS
  fence = 0
  private readonly options: RedisLeaseOptions
  private readonly times: LeaseTimes
  private readonly key: string
  /** Nobody else's, not even of the same process before. */
  private readonly self: string
  private watch: Watch | undefined
  private beat = 0
  /** Counts releases: a hold that was asked for before one comes to nothing. */
  private releases = 0
  /** Commands go one behind the other. */
  private turn: Promise<unknown> = Promise.resolve()

  constructor(options: RedisLeaseOptions) {
    const { prefix, name, holder } = options
    this.options = options
    this.times = toTimes(options.terms ?? { leaseMs: LEASE_MS, beatMs: LEASE_BEAT_MS })
    this.key = `${prefix}:{${name.scope}}:lease:${name.key}`
    this.self = `${holder}/${randomUUID()}`
  }

  hold(): Promise<boolean> {
    const { releases } = this
    return this.inTurn(async () => {
      if (releases === this.releases)
        try {
          await (this.isHeld() ? this.keep(releases) : this.take(releases))
        } catch {
          // Nothing has changed, as far as anybody here knows: what was held is held until its time is over.
        }
      return releases === this.releases && this.isHeld()
    })
  }

  release(): Promise<void> {
    this.releases += 1
    this.lose()
    return this.inTurn(async () => {
      try {
        await this.options.link.evaluate(giveUp, [this.key], [this.self])
      } catch {
        // It ends by itself.
      }
    })
  }

  private async keep(releases: number): Promise<void> {
    const { clock, link } = this.options
    const sentAtMs = clock.monotonicMs()
    const isKept = await link.evaluate(keep, [this.key], [this.self, this.fence, this.nextBeat()])
    if (releases !== this.releases) return
    if (isKept === 1) this.heldUntilMs = sentAtMs + this.times.heldMs
    else this.lose()
  }

  private async take(releases: number): Promise<void> {
    const { clock, link } = this.options
    const sentAtMs = clock.monotonicMs()
    const { connection } = link.state()
    const watch = this.findWatch(connection, sentAtMs)
    const mustLook = watch !== undefined && this.isOver(watch, sentAtMs) ? watch.seen : ''
    // A server that has just come may have lost that somebody took it since it was given up.
    const mayFollow = watch !== undefined && sentAtMs - watch.beganAtMs >= this.times.restoredWithinMs
    const words = [this.self, this.nextBeat(), mustLook, mayFollow ? '1' : '0', this.fence]
    const [isTaken, found] = readReply(await link.evaluate(take, [this.key], words))
    if (!isTaken) {
      const nowMs = clock.monotonicMs()
      const isSame = watch?.seen === found
      this.watch = {
        connection,
        beganAtMs: watch?.beganAtMs ?? nowMs,
        seen: String(found),
        sinceMs: isSame ? watch.sinceMs : nowMs,
        lookedAtMs: nowMs,
      }
      return
    }
    this.watch = undefined
    if (releases !== this.releases) return
    this.fence = Number(found)
    this.heldUntilMs = sentAtMs + this.times.heldMs
  }

  /** What has been watched up to now, without a gap in which something could have come and gone. */
  private findWatch(connection: number, nowMs: number): Watch | undefined {
    const { watch } = this
    if (watch?.connection !== connection) return undefined
    return nowMs - watch.lookedAtMs <= this.times.lookWithinMs ? watch : undefined
  }

  /** Whether whoever wrote what is seen there cannot hold the lease any more. */
  private isOver({ seen, sinceMs }: Watch, nowMs: number): boolean {
    const { leaseMs, restoredWithinMs } = this.times
    return nowMs - sinceMs >= (seen.startsWith(MARK) ? restoredWithinMs : leaseMs)
  }

  private isHeld(): boolean {
    return this.options.clock.monotonicMs() < this.heldUntilMs
  }

  /** Whoever had it and wants it again is a contender like any other. */
  private lose(): void {
    this.heldUntilMs = LONG_AGO_MS
    this.watch = undefined
  }

  private nextBeat(): number {
    this.beat += 1
    return this.beat
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.turn.then(work)
    this.turn = result
    return result
  }
}

function readReply(reply: unknown): readonly [isTaken: boolean, found: string | number] {
  const [isTaken, found] = Array.isArray(reply) ? reply : []
  if (isTaken === 1 && typeof found === 'number') return [true, found]
  if (isTaken === 0 && typeof found === 'string') return [false, found]
  throw new FleetCommandError('ERR')
}
