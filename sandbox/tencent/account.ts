import type { PlayTotals } from '../data/play-totals.ts'
import type { SnapshotQueue } from '../data/snapshot-queue.ts'
import type { StreamSet } from '../data/stream-set.ts'

/** What the Tencent calls read. */
export interface TencentAccount {
  /** The account's APPID. */
  readonly appId: number
  /** All streams of the account. */
  readonly streams: StreamSet
  /** Play figures of all streams together. */
  readonly playTotals: PlayTotals
  /** The screenshot queue. */
  readonly snapshots: SnapshotQueue
  /** The provider's clock, UNIX seconds. */
  readonly now: () => number
  /** Whether the histories include a row at `end_time` itself. */
  readonly endTimeInclusive: boolean
}
