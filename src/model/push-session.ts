// One push from its start to its end.
import type { Instant } from './time-range.ts'

/** One uninterrupted push of a stream. */
export interface PushSession {
  /** When the push began. */
  readonly startedAt: Instant
  /** When it ended; null only while it is still open, never because a range cut it. */
  readonly endedAt: Instant | null
  /** Length in milliseconds as the provider reports it, which may differ from the span; null when not told. */
  readonly durationMs: number | null
  /** `PROVIDER`: reported as a session. `DERIVED`: put together from push samples. */
  readonly source: 'PROVIDER' | 'DERIVED'
  /** Derived sessions only: the push was already running when the range began. */
  readonly startsBefore: boolean
  /** Derived sessions only: the push was still running when the range ended. */
  readonly endsAfter: boolean
}
