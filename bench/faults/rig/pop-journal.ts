// The journal of pops as its file tells, whoever has written it.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'

const batchRows = z.array(z.object({ state: z.string(), body: z.instanceof(Uint8Array) }))
const tallyRow = z.object({ batches: z.number(), messages: z.number() })

/** What the journal holds of one account. */
export interface PopJournal {
  /** Answers as they were received; the state tells what came of each. */
  readonly batches: readonly { readonly state: string; readonly body: Buffer }[]
  /** Pops that nobody knows the end of. */
  readonly batchesUnknown: number
  /** Most messages that those can have taken. */
  readonly messagesUnknown: number
}

/** Reads it; the gateway may be running. @throws Error when there is none */
export function readPopJournal(dataDirectory: string, account: string): PopJournal {
  const database = new DatabaseSync(join(dataDirectory, 'snapshots.sqlite'), { readOnly: true, timeout: 5000 })
  try {
    const batches = batchRows.parse(
      database.prepare('select state, body from batch where account = ? order by id').all(account),
    )
    const tally = database
      .prepare('select batches_unknown as batches, messages_unknown as messages from tally where account = ?')
      .get(account)
    const { batches: batchesUnknown, messages: messagesUnknown } = tallyRow.parse(tally ?? { batches: 0, messages: 0 })
    return {
      batches: batches.map(({ state, body }) => ({ state, body: Buffer.from(body) })),
      batchesUnknown,
      messagesUnknown,
    }
  } finally {
    database.close()
  }
}
