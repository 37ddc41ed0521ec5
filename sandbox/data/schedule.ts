import { whole } from './noise.ts'

/** When a stream pushes by itself: time is cut into equal slots, each slot opens with a pause and then holds one push. */
export interface Schedule {
  /** Length of a slot, seconds. */
  slotSeconds: number
  /** Shift of the slot grid against the epoch, seconds in [0, slotSeconds). */
  phaseSeconds: number
  /** Shortest pause at the start of a slot, seconds; 0 means a reconnect that leaves no gap. */
  leastPauseSeconds: number
  /** Longest pause at the start of a slot, seconds, below slotSeconds. */
  mostPauseSeconds: number
  /** The stream's life begins here, UNIX seconds. */
  from: number
  /** The stream's life ends here, UNIX seconds; Infinity for one that goes on. */
  until: number
}

/** One uninterrupted push, [startedAt, endedAt) in UNIX seconds. A push that nothing ends has endedAt Infinity. */
export interface Push {
  /** First second of the push. */
  startedAt: number
  /** First second after it; may lie in the future of whoever asks. */
  endedAt: number
}

/** Number of the slot that holds a second. */
export function slotOf(schedule: Schedule, second: number): number {
  return Math.floor((second - schedule.phaseSeconds) / schedule.slotSeconds)
}

/** First second of a slot. */
export function slotStart(schedule: Schedule, slot: number): number {
  return slot * schedule.slotSeconds + schedule.phaseSeconds
}

/** The push of one slot, cut to the stream's life; undefined when nothing of it is left. */
export function pushInSlot(schedule: Schedule, hash: number, slot: number): Push | undefined {
  const opensAt = slotStart(schedule, slot)
  const pause = whole(hash, slot, schedule.leastPauseSeconds, schedule.mostPauseSeconds)
  const startedAt = Math.max(opensAt + pause, schedule.from)
  const endedAt = Math.min(opensAt + schedule.slotSeconds, schedule.until)
  return startedAt < endedAt ? { startedAt, endedAt } : undefined
}

/** A schedule under which nothing ever happens, for streams that are switched by hand. */
export function idleSchedule(second: number): Schedule {
  return {
    slotSeconds: 86_400,
    phaseSeconds: 0,
    leastPauseSeconds: 0,
    mostPauseSeconds: 0,
    from: second,
    until: second,
  }
}
