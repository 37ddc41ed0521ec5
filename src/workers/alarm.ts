// A wait that ends early when something happens; what happens while nobody waits ends the next wait at once.
import type { Clock } from '#model/clock.ts'

/** One sleeper, or several. */
export class Alarm {
  private readonly clock: Pick<Clock, 'delay'>
  private sleepers: AbortController[] = []
  private hasRung = false

  constructor(clock: Pick<Clock, 'delay'>) {
    this.clock = clock
  }

  /** Wakes all who wait, else the next. */
  ring(): void {
    const { sleepers } = this
    this.sleepers = []
    this.hasRung = sleepers.length === 0
    for (const sleeper of sleepers) sleeper.abort()
  }

  /** Waits for so long, for a ring, or for the signal. Never rejects. @returns whether it was a ring */
  async wait(ms: number, signal: AbortSignal): Promise<boolean> {
    if (this.hasRung) {
      this.hasRung = false
      return true
    }
    const sleeper = new AbortController()
    this.sleepers.push(sleeper)
    await this.clock.delay(ms, AbortSignal.any([sleeper.signal, signal])).catch(() => undefined)
    this.sleepers = this.sleepers.filter((one) => one !== sleeper)
    return sleeper.signal.aborted
  }
}
