// How an account's provider has been answering, as clients and operators see it.
import type { HealthReading, HealthState } from '#contract/readings.ts'
import type { Clock } from '#model/clock.ts'
import { type ErrorCode, UpstreamError } from '#model/errors.ts'

/** Keeps the health of one account up to date. */
export class Health {
  private readonly clock: Clock
  private reading: HealthReading

  constructor(clock: Clock) {
    this.clock = clock
    this.reading = { state: 'UP', since: clock.now(), lastErrorCode: null }
  }

  /** A breaker of the account opened: maybe before any call has ended. */
  broke(): void {
    this.change('DOWN', this.reading.lastErrorCode)
  }

  /** A call was answered. @param isBroken whether a breaker of the account is open */
  succeeded(isBroken: boolean): void {
    this.change(isBroken ? 'DOWN' : 'UP', this.reading.lastErrorCode)
  }

  /** A call ended otherwise. Only what happened at or on the way to the provider counts. */
  failed(error: unknown, isBroken: boolean): void {
    if (error instanceof UpstreamError) this.change(isBroken ? 'DOWN' : 'DEGRADED', error.code)
  }

  /** The reading now. */
  read(): HealthReading {
    return this.reading
  }

  private change(state: HealthState, lastErrorCode: ErrorCode | null): void {
    const since = state === this.reading.state ? this.reading.since : this.clock.now()
    this.reading = { state, since, lastErrorCode }
  }
}
