// `snapshots quarantine`: what could not be read, as newline-delimited JSON, the bytes of one batch, and its end once
// somebody has looked at it.
import { toIsoTime } from '#model/time-range.ts'
import type { BatchStore, KeptBatch, QuarantinedBatch } from '#snapshot-store/batch-store.ts'
import { type Outcome, toNameList } from './outcome.ts'
import { type Output, type Progress, toLine } from './snapshots-output.ts'

/** What it works with. */
export interface QuarantineOptions {
  readonly batches: Pick<BatchStore, 'listQuarantined' | 'findKept' | 'forget'>
  /** One after the other. */
  readonly accounts: readonly string[]
  readonly output: Output
  readonly progress: Progress
}

/** Notes that are asked for at a time: gateways that share the store wait meanwhile. */
const PAGE_SIZE = 200

/** What is in quarantine, page by page, newest first. What leaves it meanwhile hides nothing else. */
export async function* readQuarantine(
  batches: Pick<BatchStore, 'listQuarantined'>,
  account: string,
): AsyncGenerator<readonly QuarantinedBatch[], void, undefined> {
  for (let after: string | null = null; ; ) {
    const page: readonly QuarantinedBatch[] = await batches.listQuarantined(account, after, PAGE_SIZE)
    const last = page.at(-1)
    if (!last) return
    yield page
    after = last.id
  }
}

/** Writes a line for every batch in quarantine, those of an account newest first. */
export async function listQuarantine({ batches, accounts, output, progress }: QuarantineOptions): Promise<void> {
  for (const account of accounts)
    for await (const page of readQuarantine(batches, account)) {
      const lines = page.map(({ id, receivedAt, status, bytes, reason, rows }) =>
        toLine({ id, account, receivedAt: toIsoTime(receivedAt), status, bytes, reason, rows }),
      )
      await output.write(lines.join(''))
      progress.add(page.length)
    }
}

/** Writes the bytes of one kept batch as they were received, and nothing else. */
export async function writeBatchBody(
  { batches, accounts, output }: Omit<QuarantineOptions, 'progress'>,
  id: string,
): Promise<Outcome> {
  const kept = await findOnly(batches, accounts, id)
  if ('exitCode' in kept) return kept
  await output.write(kept.body)
  return { exitCode: 0, text: 'the bytes as they were received' }
}

/** Forgets one batch in quarantine. */
export async function forgetQuarantined(
  { batches, accounts }: Pick<QuarantineOptions, 'batches' | 'accounts'>,
  id: string,
): Promise<Outcome> {
  const kept = await findOnly(batches, accounts, id)
  if ('exitCode' in kept) return kept
  const name = `batch ${toNameList([id])} of ${kept.account}`
  if (await batches.forget(kept.account, id)) return { exitCode: 0, text: `forgot ${name}` }
  return { exitCode: 2, text: `${name} is not in quarantine: nothing forgotten` }
}

/** The one batch of that id, or why it is not clear which. */
async function findOnly(
  batches: Pick<BatchStore, 'findKept'>,
  accounts: readonly string[],
  id: string,
): Promise<KeptBatch | Outcome> {
  const found: KeptBatch[] = []
  for (const account of accounts) {
    const kept = await batches.findKept(account, id)
    if (kept) found.push(kept)
  }
  const [first, ...others] = found
  if (!first) return { exitCode: 2, text: `no batch ${toNameList([id])} is kept of ${toNameList(accounts)}` }
  if (others.length === 0) return first
  const holders = toNameList(found.map(({ account }) => account))
  return { exitCode: 2, text: `there is a batch ${toNameList([id])} of each of ${holders}; name one with --account` }
}
