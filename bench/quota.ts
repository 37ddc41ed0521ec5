// Decisions of the shared quota beside the same script called by nothing but the Redis client.
import { systemClock } from '#model/clock.ts'
import { QuotaExhaustedError } from '#model/errors.ts'
import { toLimitParts } from '#upstream/own-part.ts'
import type { QuotaAsk, QuotaLimits } from '#upstream/quota.ts'
import { createQuota } from '#upstream/quota-queue.ts'
import type { StartLedger } from '#upstream/start-ledger.ts'
import type { Pair } from './comparison.ts'
import { openBareLog, openLog, takeAll, wish } from './quota-rig.ts'
import { type Contender, inLanes, type Stage } from './rounds.ts'

/** So many that none is refused, for so short that the log never holds more than a second's worth. */
const boundless: QuotaLimits = { limit: 1_000_000, windowSeconds: 1, guardMs: 250, outageReserve: 0.05, interfaces: {} }
/** What an account usually has. */
const usual: QuotaLimits = { limit: 300, windowSeconds: 300, guardMs: 2000, outageReserve: 0.05, interfaces: {} }
/** Wishes of one call: the queue hands on up to 16. */
const BATCHES = [1, 4, 16]
/** Callers at the queue. */
const CROWDS = [1, 16, 100]
/** Clients they come from. */
const CLIENTS = 8

/** Sets it up. @param url of the server  @param folder for the journals of starts */
export async function openQuotaStage(url: string, folder: string): Promise<Stage> {
  const contenders: Contender[] = []
  const pairs: Pair[] = []
  const closers: (() => Promise<void>)[] = []
  const enter = (name: string, run: Contender['run']) => {
    if (contenders.every((contender) => contender.name !== name)) contenders.push({ name, run })
    return name
  }
  const openLedger = async (limits: QuotaLimits, journalFolder?: string) => {
    const log = await openLog({ url, limits, journalFolder })
    closers.push(log.close)
    return log
  }
  /** Enters the bare client with calls of so many wishes, so many of them at once. */
  const enterBare = async (wishes: number, calls: number) => {
    const bare = await openBareLog(await openLedger(boundless), url, wishes, '1'.repeat(wishes))
    closers.push(bare.close)
    const name = `EVALSHA of ${wishes}${calls > 1 ? `, ${calls} at once` : ''}`
    return enter(name, inLanes(calls, bare.take, wishes))
  }

  for (const count of BATCHES) {
    const wishes = Array.from({ length: count }, () => wish)
    const { ledger } = await openLedger(boundless)
    const ours = enter(
      `ledger, ${count} in one call`,
      inLanes(1, () => takeAll(ledger, wishes), count),
    )
    pairs.push({ what: `grant ${count}, one call`, ours, beside: await enterBare(count, 1) })
    if (count > 1) pairs.push({ what: `grant ${count}, as many calls`, ours, beside: await enterBare(1, count) })
  }
  for (const crowd of CROWDS) {
    const { ledger } = await openLedger(boundless, folder)
    const quota = createQuota({ ledger, clock: systemClock })
    const take = () => quota.take(wish.operation, toAsk(60_000))
    const ours = enter(`queue and journal, ${crowd} callers`, inLanes(crowd, take))
    pairs.push({ what: `grant, ${crowd} callers`, ours, beside: await enterBare(1, crowd) })
  }

  const full = await openLedger(usual)
  await takeAll(
    full.ledger,
    Array.from({ length: toLimitParts(usual.limit, usual.outageReserve, 1).capacity }, () => wish),
  )
  const bare = await openBareLog(full, url, 1, '0')
  closers.push(bare.close)
  const beside = enter('EVALSHA of 1, log full', inLanes(1, bare.take))
  const asked = enter(
    'ledger, log full',
    inLanes(1, () => takeNone(full.ledger)),
  )
  const quota = createQuota({ ledger: full.ledger, clock: systemClock })
  const planned = enter(
    'queue, by its plan',
    inLanes(1, () => refuse(() => quota.take(wish.operation, toAsk(1000)))),
  )
  pairs.push({ what: 'refuse of 300 per 300 s, asked', ours: asked, beside })
  pairs.push({ what: 'refuse of 300 per 300 s', ours: planned, beside })

  return {
    contenders,
    pairs,
    close: async () => {
      for (const close of closers.reverse()) await close()
    },
  }
}

let asks = 0
function toAsk(withinMs: number): QuotaAsk {
  asks += 1
  return {
    lane: 'interactive',
    signal: new AbortController().signal,
    deadlineAtMs: systemClock.monotonicMs() + withinMs,
    caller: { name: `client ${asks % CLIENTS}` },
  }
}

async function takeNone(ledger: StartLedger): Promise<void> {
  const [start] = await ledger.take([wish])
  if (start !== undefined) throw new Error('a start was granted beyond the limit')
}

async function refuse(take: () => Promise<unknown>): Promise<void> {
  const error = await take().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof QuotaExhaustedError)) throw new Error('a start was not refused', { cause: error })
}
