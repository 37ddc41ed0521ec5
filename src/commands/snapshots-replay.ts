// `snapshots replay`: reads every kept answer again, with the reader of today. What is stored already stays as it is.
import type { SnapshotBatch } from '#contract/capability.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import { GatewayError } from '#model/errors.ts'
import type { BatchStore, KeptBatch, QuarantinedBatch, ReadOutcome } from '#snapshot-store/batch-store.ts'
import type { SnapshotStore } from '#snapshot-store/snapshot-store.ts'
import { type Output, type Progress, toLine } from './snapshots-output.ts'
import { readQuarantine } from './snapshots-quarantine.ts'

/** How a kept answer of an account is read. @throws GatewayError when it cannot be */
export type BatchReader = (raw: RawAnswer) => SnapshotBatch

/** What it works with. */
export interface ReplayOptions {
  readonly batches: Pick<BatchStore, 'listKept' | 'listQuarantined' | 'finish'>
  readonly snapshots: Pick<SnapshotStore, 'add'>
  /** One after the other. */
  readonly accounts: readonly { readonly name: string; readonly read: BatchReader }[]
  readonly output: Output
  readonly progress: Progress
}

/** What came of it, over all batches. */
export interface ReplayTotals {
  batches: number
  /** Rows of those that could be read. */
  rows: number
  /** Snapshots that were not stored before. */
  added: number
  /** Batches that still cannot be read, or not whole. */
  unreadable: number
  /** Batches that have left quarantine. */
  released: number
}

/** Batches that are in memory at a time: each may be as large as the largest answer. */
const PAGE_SIZE = 10

/** Reads the batches that are kept and those in quarantine, the oldest first, and writes a line about each. */
export async function replaySnapshots(options: ReplayOptions): Promise<ReplayTotals> {
  const { batches, output, progress } = options
  const totals: ReplayTotals = { batches: 0, rows: 0, added: 0, unreadable: 0, released: 0 }
  for (const { name, read } of options.accounts) {
    const quarantined = new Map<string, QuarantinedBatch>()
    for await (const page of readQuarantine(batches, name)) for (const batch of page) quarantined.set(batch.id, batch)
    let after: string | null = null
    for (;;) {
      const kept: readonly KeptBatch[] = await batches.listKept(name, after, PAGE_SIZE)
      const last = kept.at(-1)
      if (!last) break
      after = last.id
      for (const batch of kept) {
        const line = await replayOne(options, batch, read, quarantined.get(batch.id))
        totals.batches += 1
        totals.rows += line.rows ?? 0
        totals.added += line.new
        if (line.reason !== null) totals.unreadable += 1
        else if (quarantined.has(batch.id)) totals.released += 1
        await output.write(toLine(line))
        progress.add(1)
      }
    }
  }
  return totals
}

interface ReplayLine {
  readonly id: string
  readonly account: string
  /** Rows of the answer; null when they cannot even be counted. */
  readonly rows: number | null
  readonly new: number
  /** Rows that cannot be read; null when not even their number is known. */
  readonly unreadable: number | null
  /** Why not all of it could be read; null when it could. */
  readonly reason: string | null
}

async function replayOne(
  { batches, snapshots }: ReplayOptions,
  { id, account, status, body, receivedAt }: KeptBatch,
  read: BatchReader,
  quarantined: QuarantinedBatch | undefined,
): Promise<ReplayLine> {
  let batch: SnapshotBatch
  try {
    batch = read({ status, headers: {}, body, receivedAt })
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return { id, account, rows: null, new: 0, unreadable: null, reason: error.code }
  }
  const { messages, rowCount } = batch
  const added = messages.length === 0 ? [] : await snapshots.add({ account, receivedAt, messages })
  const unreadable = rowCount - messages.length
  const outcome: ReadOutcome =
    unreadable === 0 ? { kind: 'read' } : { kind: 'quarantined', reason: 'ROWS', rows: unreadable }
  // What was read whole before stays so: the reader of then understood more than that of today.
  if (quarantined && (outcome.kind === 'read' || quarantined.rows !== unreadable))
    await batches.finish({ id, account }, outcome)
  return { id, account, rows: rowCount, new: added.length, unreadable, reason: unreadable === 0 ? null : 'ROWS' }
}
