// What comes of one round of readings while it is under way.
import { GatewayError } from '#model/errors.ts'
import type { LiveEvent } from '#model/live-event.ts'
import type { Instant } from '#model/time-range.ts'
import type { Answer } from '#services/views.ts'
import type { WantedKeys } from './sampling-plan.ts'

/** Of one round. */
export class RoundNews {
  /** What it is about. */
  readonly wanted: WantedKeys
  /** What is news, in the order in which it is told. */
  readonly events: LiveEvent[] = []
  /** Errors of readings that failed, one of each code. */
  readonly failures: GatewayError[] = []
  /** Streams whose reading was had. */
  readonly heard = new Set<string>()
  /** Until when asking again gives the same, on the wall clock; null where nothing was had. */
  freshUntil: Instant | null = null

  constructor(wanted: WantedKeys) {
    this.wanted = wanted
  }

  /** Notes how long an answer is good. */
  hold({ freshUntil, stale, staleBecause }: Omit<Answer<unknown>, 'value'>): void {
    if (!stale) this.freshUntil = Math.max(this.freshUntil ?? 0, freshUntil)
    if (staleBecause) this.fail(staleBecause)
  }

  /** Does a part of it; what fails leaves the others as they are. */
  async attempt(job: () => Promise<void>): Promise<void> {
    try {
      await job()
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      this.fail(error)
    }
  }

  /** Notes an error, one of each code. */
  fail(error: GatewayError): void {
    if (!this.failures.some(({ code }) => code === error.code)) this.failures.push(error)
  }
}
