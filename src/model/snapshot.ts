// A screenshot of a live stream, as announced by the provider's message queue.
import type { Instant } from './time-range.ts'

/** One screenshot. Identity: account, queue, stream and file. */
export interface Snapshot {
  /** Opaque; unique over all accounts. */
  readonly id: string
  readonly account: string
  /** Key of the stream it shows. */
  readonly key: string
  /** When the picture was taken; null when neither the message nor the file name tells. */
  readonly takenAt: Instant | null
  /** Pixels; null when the file name does not tell. */
  readonly width: number | null
  /** Pixels; null when the file name does not tell. */
  readonly height: number | null
  /** Where the picture is, up to 15 s after it was taken; null when no address can be built. */
  readonly url: string | null
  /** When the gateway took the message from the queue. */
  readonly receivedAt: Instant
}

/** One message of a snapshot queue, parsed. */
export interface SnapshotMessage {
  readonly key: string
  /** The file's name or address as sent: what tells two messages of one stream apart. */
  readonly file: string
  readonly takenAt: Instant | null
  readonly width: number | null
  readonly height: number | null
  readonly url: string | null
}
