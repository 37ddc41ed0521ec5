import { type Push, pushInSlot, type Schedule, slotOf, slotStart } from './schedule.ts'

/** A hand-made change of a stream: from `at` on it pushes, or does not, whatever its schedule says. */
interface Switch {
  /** UNIX seconds. */
  at: number
  /** Whether the stream pushes from then on. */
  pushing: boolean
}

/** One simulated stream of either provider. */
export interface SandboxStream {
  /** Tencent: the stream id. ChinaNetCenter: `domain/publish point/name`. */
  readonly key: string
  /** Seeds everything random about the stream. */
  readonly hash: number
  /** What the stream does while nobody switches it. */
  readonly schedule: Schedule
  /** Hand-made changes, in time order. */
  readonly switches: Switch[]
  /** Whether the provider has disabled the stream. */
  forbidden: boolean
  /** Peak audience, viewers. */
  readonly audience: number
  /** Average push bit rate, bit/s. */
  readonly bitsPerSecond: number
  /** Frames per second while all is well. */
  readonly framesPerSecond: number
  /** Playback domain the stream belongs to. */
  readonly playDomain: string
}

/** The push that runs at a second, or undefined while there is none. */
export function findPush(stream: SandboxStream, second: number): Push | undefined {
  const firstSwitch = stream.switches[0]
  if (firstSwitch === undefined || second < firstSwitch.at) {
    const push = pushInSlot(stream.schedule, stream.hash, slotOf(stream.schedule, second))
    if (push === undefined || second < push.startedAt || second >= push.endedAt) return undefined
    return firstSwitch !== undefined && firstSwitch.at < push.endedAt ? { ...push, endedAt: firstSwitch.at } : push
  }
  return switchedPushes(stream).find((push) => second >= push.startedAt && second < push.endedAt)
}

/** All pushes that overlap [from, to), whole, in time order. */
export function listPushes(stream: SandboxStream, from: number, to: number): Push[] {
  const { schedule, hash } = stream
  const scheduledUntil = stream.switches[0]?.at ?? Number.POSITIVE_INFINITY
  const first = slotOf(schedule, Math.max(from, schedule.from))
  const last = slotOf(schedule, Math.min(to, schedule.until, scheduledUntil))
  const pushes: Push[] = []
  for (let slot = first; slot <= last; slot += 1) {
    const push = pushInSlot(schedule, hash, slot)
    if (push === undefined || push.startedAt >= scheduledUntil) continue
    pushes.push({ startedAt: push.startedAt, endedAt: Math.min(push.endedAt, scheduledUntil) })
  }
  pushes.push(...switchedPushes(stream))
  return pushes.filter((push) => push.startedAt < to && push.endedAt > from)
}

/**
 * Whether the provider shows the stream as live: it pushes, or its own reconnect pause is no longer than `graceSeconds`.
 * A stream that was switched off is off at once.
 */
export function isLive(stream: SandboxStream, second: number, graceSeconds: number): boolean {
  const last = stream.switches.findLast((change) => change.at <= second)
  if (last !== undefined) return last.pushing
  const { schedule, hash } = stream
  const slot = slotOf(schedule, second)
  const push = pushInSlot(schedule, hash, slot)
  if (push === undefined || second >= push.endedAt) return false
  if (second >= push.startedAt) return true
  const opensAt = slotStart(schedule, slot)
  return opensAt > schedule.from && push.startedAt - opensAt <= graceSeconds
}

/** Whether the stream has pushed at any time up to `second`. */
export function wasSeen(stream: SandboxStream, second: number): boolean {
  const { from, slotSeconds } = stream.schedule
  // Every slot holds a push, so a few slots are as good as a whole life.
  const early = Math.min(second + 1, from + 3 * slotSeconds)
  const switchedOn = stream.switches.some((change) => change.pushing && change.at <= second)
  return switchedOn || listPushes(stream, from, early).length > 0
}

function switchedPushes(stream: SandboxStream): Push[] {
  const pushes: Push[] = []
  stream.switches.forEach((change, index) => {
    const endedAt = stream.switches[index + 1]?.at ?? Number.POSITIVE_INFINITY
    if (change.pushing && change.at < endedAt) pushes.push({ startedAt: change.at, endedAt })
  })
  return pushes
}
