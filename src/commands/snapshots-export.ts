// `snapshots export`: what is stored, as newline-delimited JSON.
import type { Snapshot } from '#model/snapshot.ts'
import { FOREVER, type Instant, toIsoTime } from '#model/time-range.ts'
import type { SnapshotPlace, SnapshotStore } from '#snapshot-store/snapshot-store.ts'
import { type Output, type Progress, toLine } from './snapshots-output.ts'

/** What it works with. */
export interface ExportOptions {
  readonly snapshots: Pick<SnapshotStore, 'list'>
  /** One after the other. */
  readonly accounts: readonly string[]
  /** First instant inside the range; null: open. */
  readonly from: Instant | null
  /** First instant after the range; null: open. */
  readonly to: Instant | null
  readonly output: Output
  readonly progress: Progress
}

/** Snapshots that are in memory at a time. */
const PAGE_SIZE = 500

/** Writes every snapshot in the range, those of an account newest first. What is stored meanwhile moves none of them. */
export async function exportSnapshots(options: ExportOptions): Promise<void> {
  const { snapshots, output, progress } = options
  const range = { from: options.from ?? -FOREVER, to: options.to ?? FOREVER }
  for (const account of options.accounts) {
    let after: SnapshotPlace | null = null
    for (;;) {
      const rows: Awaited<ReturnType<SnapshotStore['list']>> = await snapshots.list({
        account,
        key: null,
        range,
        after,
        limit: PAGE_SIZE,
      })
      const last = rows.at(-1)
      if (!last) break
      after = last.place
      await output.write(rows.map(({ snapshot }) => toLine(toRow(snapshot))).join(''))
      progress.add(rows.length)
    }
  }
}

/** A snapshot as it is written: the names of the public contract, times as RFC 3339. */
function toRow({ id, account, key, takenAt, width, height, url, receivedAt }: Snapshot) {
  const takenTime = takenAt === null ? null : toIsoTime(takenAt)
  return { id, account, key, takenAt: takenTime, width, height, url, receivedAt: toIsoTime(receivedAt) }
}
