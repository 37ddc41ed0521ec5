// What is measured of a stream at an instant.
import type { Instant } from './time-range.ts'

/** What the ingest side measures of one push, without the instant it was measured at. */
export interface PushReading {
  /** Frames per second, ≥ 0; null when not measured. */
  readonly frameRate: number | null
  /** Push bit rate in bit/s, ≥ 0; null when not measured. */
  readonly bitrateBitsPerSecond: number | null
  /** Address of the pushing client as the provider reports it. */
  readonly clientIp: string | null
  /** Address of the ingest server that takes the push. */
  readonly serverIp: string | null
}

/** One ingest measurement. Identity within a stream: `observedAt` and `serverIp`. */
export interface PushSample extends PushReading {
  /** When it was measured. */
  readonly observedAt: Instant
}

/** One playback measurement. Identity within a stream or domain: `observedAt`. */
export interface PlaySample {
  /** When it was measured; the sample stands for the provider's tick that begins there. */
  readonly observedAt: Instant
  /** Playback bandwidth in bit/s, ≥ 0; null when not measured. */
  readonly bandwidthBitsPerSecond: number | null
  /** Viewers at that instant, ≥ 0; null when not measured. */
  readonly onlineViewers: number | null
  /** Bytes delivered during the tick, ≥ 0; null when not measured. Never derived from the bandwidth. */
  readonly trafficBytes: number | null
}
