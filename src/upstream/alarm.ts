// A timer that is set anew again and again.
import type { Clock } from '#model/clock.ts'

/** Why a timer ended; one for all, because an alarm is moved for every start that is granted. */
const moved = new Error('the alarm was moved')

/** Calls back once at a time that may be moved until then. */
export class Alarm {
  private readonly clock: Clock
  private readonly ring: () => void
  private current: { readonly atMs: number; readonly stop: AbortController } | undefined

  constructor(clock: Clock, ring: () => void) {
    this.clock = clock
    this.ring = ring
  }

  /** Moves it. @param atMs on `Clock.monotonicMs`; infinity turns it off */
  set(atMs: number): void {
    if (this.current?.atMs === atMs) return
    this.current?.stop.abort(moved)
    this.current = undefined
    if (atMs === Number.POSITIVE_INFINITY) return
    const alarm = { atMs, stop: new AbortController() }
    this.current = alarm
    this.clock.delay(atMs - this.clock.monotonicMs(), alarm.stop.signal).then(
      () => {
        this.current = undefined
        this.ring()
      },
      () => undefined,
    )
  }
}
