// A recorded file of a stream.
import type { Instant } from './time-range.ts'

/** One recorded segment. */
export interface Recording {
  /** The provider's file id, kept as text: it may exceed 2^53. */
  readonly id: string
  /** First frame; null when not told. Edges are not second-exact because of key frames. */
  readonly startedAt: Instant | null
  /** Last frame; null when not told. */
  readonly endedAt: Instant | null
  /** Length in milliseconds, ≥ 0; null when either edge is missing or the end lies before the start. */
  readonly durationMs: number | null
  /** File size in bytes, ≥ 0; null when not told. */
  readonly sizeBytes: number | null
  /** Where it can be played or fetched; null when the provider gives no usable address. */
  readonly url: string | null
}
