// Logs of starts in a real Redis: ours, and the same script called by nothing but the Redis client.
import { createHash, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { systemClock } from '#model/clock.ts'
import { openLink } from '#test/support/open-link.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { createFleetLedger } from '#upstream/fleet-ledger.ts'
import { toLimitParts } from '#upstream/own-part.ts'
import type { QuotaLimits } from '#upstream/quota.ts'
import { openStartJournal } from '#upstream/start-journal.ts'
import type { StartLedger, StartWish } from '#upstream/start-ledger.ts'
import { readStartsScript } from '#upstream/starts-script.ts'

export const wish: StartWish = { operation: 'Get_LiveStat', lane: 'interactive' }

/** What a log is opened with. */
export interface LogOptions {
  /** Of the server. */
  readonly url: string
  readonly limits: QuotaLimits
  /** Folder of the journals; without it starts are not written to a file. */
  readonly journalFolder: string | undefined
}

/** A log that is open, with the words of the last call that its ledger made. */
export interface OpenLog {
  readonly ledger: StartLedger
  /** What the names of all its starts begin with. */
  readonly member: string
  /** What the script was last called with: its keys and its values. */
  readonly lastCall: () => { readonly keys: readonly string[]; readonly values: readonly (string | number)[] }
  readonly close: () => Promise<void>
}

/** Opens a log of its own, as a replica does that is alone. */
export async function openLog({ url, limits, journalFolder }: LogOptions): Promise<OpenLog> {
  const prefix = `bench-${randomUUID()}`
  const link = await openLink(url, prefix)
  const member = randomUUID()
  let last: ReturnType<OpenLog['lastCall']> = { keys: [], values: [] }
  const journal =
    journalFolder === undefined
      ? { readPast: () => [], record: () => undefined, close: () => undefined }
      : openStartJournal({ path: join(journalFolder, prefix), limits, clock: systemClock, onError: raise })
  const ledger = createFleetLedger({
    limits,
    maxReplicas: 1,
    link: {
      state: () => link.state(),
      onChange: (listener) => link.onChange(listener),
      evaluate: (script, keys, values) => {
        last = { keys, values }
        return link.evaluate(script, keys, values)
      },
    },
    script: readStartsScript(),
    clock: systemClock,
    keyPrefix: `${prefix}:{main}:quota:`,
    memory: { member, server: '', epoch: '', roster: [], remember: () => undefined },
    server: 'here',
    onTrouble: () => undefined,
    journal,
    createId: () => randomUUID().slice(0, 8),
  })
  // More than there would be without the log.
  const { capacity } = toLimitParts(limits.limit, limits.outageReserve, 1)
  await waitUntil('the log is open', async () => (await ledger.read()).remaining === capacity)
  return {
    ledger,
    member,
    lastCall: () => last,
    close: async () => {
      await ledger.close()
      journal.close()
      await link.close()
    },
  }
}

/** Takes starts that are all free. @throws Error when one is not: what is measured then is something else */
export async function takeAll(ledger: StartLedger, wishes: readonly StartWish[]): Promise<readonly string[]> {
  const starts = await ledger.take(wishes)
  return starts.map((start) => {
    if (start === undefined) throw new Error('a start was refused')
    return start.id
  })
}

/** Place of the time after which the script does nothing, which a call that is sent again would soon be past. */
const NOT_AFTER_PLACE = 4
/** Place of the grants in the script's reply. */
const GRANTS_PLACE = 7

/** The same script with the same words over the bare client. */
export interface BareLog {
  /** One call. @throws Error when it does not grant what it is to grant */
  readonly take: () => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * Takes so many starts by our ledger and repeats that very call, with other names for the starts, as otherwise
 * nothing would be written. @param grants what each call must be answered: `1` for a start, `0` for none, in order
 */
export async function openBareLog(log: OpenLog, url: string, wishes: number, grants: string): Promise<BareLog> {
  await log.ledger.take(Array.from({ length: wishes }, () => wish))
  const { keys, values } = log.lastCall()
  const { lua } = readStartsScript()
  const digest = createHash('sha1').update(lua).digest('hex')
  const client = new Redis(url)
  await client.script('LOAD', lua)
  const words = [...values]
  words[NOT_AFTER_PLACE] = Number(words[NOT_AFTER_PLACE]) + 3_600_000
  const places = [...words.keys()].filter((place) => String(words[place]).startsWith(`${log.member}.`))
  if (places.length !== wishes) throw new Error('the call does not name each start once')
  const stem = String(words[places[0] ?? 0])
  let names = 0
  return {
    take: async () => {
      for (const place of places) words[place] = `${stem}${(names++).toString(36)}`
      const reply = await client.evalsha(digest, keys.length, ...keys, ...words)
      if (!Array.isArray(reply) || reply[GRANTS_PLACE] !== grants) throw new Error('the script has not granted that')
    },
    close: async () => {
      await client.quit()
    },
  }
}

function raise(error: unknown): never {
  throw error
}
