// Whether a gateway has what it was sent: the bytes in its journal, the messages in its lists.
import { findUnkept, readFiles } from '../figures/bodies.ts'
import type { Judgement } from '../judgement.ts'
import { readPopJournal } from '../rig/pop-journal.ts'
import type { Replica } from '../rig/replica.ts'
import { countDuplicates, listSnapshots } from '../rig/snapshots.ts'
import type { Pop, SentBody } from '../rig/upstream-protocol.ts'

/** Pieces of a drip that may have been on their way when the gateway had waited long enough, bytes. */
const ON_THE_WAY_BYTES = 400

/** Judges all accounts together. The collectors have come to rest. */
export async function judgeKeeping(
  judgement: Judgement,
  name: string,
  accounts: readonly string[],
  pops: readonly Pop[],
  bodies: readonly SentBody[],
  replica: Replica,
): Promise<void> {
  const lists = await Promise.all(accounts.map((account) => listSnapshots(replica.url, account)))
  const sum = {
    answers: 0,
    unkept: 0,
    leftBytes: 0,
    quarantined: 0,
    notListed: 0,
    duplicates: 0,
    uncounted: 0,
    lost: 0,
  }
  for (const [index, account] of accounts.entries()) {
    const items = lists[index] ?? []
    const listed = new Set(items.map(({ url }) => url))
    const journal = readPopJournal(replica.dataDirectory, account)
    const sent = bodies.filter((body) => body.account === account)
    const unkept = findUnkept(
      sent,
      journal.batches.map(({ body }) => body),
    )
    const readable = sent.flatMap(({ base64, isWhole }) =>
      isWhole ? (readFiles(Buffer.from(base64, 'base64')) ?? []) : [],
    )
    const taken = pops.filter((pop) => pop.account === account).flatMap(({ files }) => files)
    const lost = taken.filter((file) => !listed.has(file)).length
    sum.answers += unkept.sent
    sum.unkept += unkept.bodies
    sum.leftBytes = Math.max(sum.leftBytes, unkept.leftBytes)
    sum.quarantined += journal.batches.filter(({ state }) => state === 'quarantined').length
    sum.notListed += readable.filter((file) => !listed.has(file)).length
    sum.duplicates += countDuplicates(items)
    sum.lost += lost
    // Messages that nobody can list are either counted, or in an answer that cannot be read.
    sum.uncounted += Math.max(0, lost - journal.messagesUnknown)
  }
  judgement.note(`${name}Answers`, sum.answers)
  // Where there is a shared store, the quarantine is there.
  if (sum.quarantined > 0) judgement.note(`${name}Quarantined`, sum.quarantined)
  judgement.note(`${name}TakenAndNotListed`, sum.lost)
  judgement.equals(`${name}AnswersNotKept`, sum.unkept, 0)
  judgement.atMost(`${name}BytesNotKeptOfLeft`, sum.leftBytes, ON_THE_WAY_BYTES)
  judgement.equals(`${name}ReadableNotListed`, sum.notListed, 0)
  judgement.equals(`${name}Duplicates`, sum.duplicates, 0)
  judgement.equals(`${name}NeitherListedNorCounted`, sum.uncounted, 0)
}
