// What is live now in an account. A provider's pages are separate instants, so a position in them means nothing a
// moment later: the list is read whole, every page of it, and ordered by key.
import type { CacheEntry } from '#cache/cache.ts'
import type { Ask } from '#contract/ask.ts'
import type { Capabilities, LiveStreamPage } from '#contract/capability.ts'
import { GatewayError } from '#model/errors.ts'
import type { LiveStream, LiveTotals } from '#model/stream.ts'
import { AnswerTally } from './answer-tally.ts'
import type { Asker } from './ask.ts'
import { findFirstIndex } from './first-index.ts'
import { combineFreshness, mapAnswer, PLAY_PACE_MS, PUSH_PACE_MS } from './freshness.ts'
import { byKey, collect, isTorn, MAX_PROVIDER_PAGES, toPageCount } from './live-pages.ts'
import { type ConnectedAccount, requireCapability } from './provider-registry.ts'
import type { Question, QuestionIdentity } from './question.ts'
import { sideBySide } from './side-by-side.ts'
import type { Answer } from './views.ts'

const PAGES_SIDE_BY_SIDE = 16

/** All live streams of an account, by key. */
export interface LiveList {
  readonly streams: readonly LiveStream[]
  /** Length of the list as the provider tells it. */
  readonly streamCount: number | null
  /** Provider pages it was put together from. */
  readonly pageCount: number
  /** How much older than the list the oldest of them was. Not an instant: clocks of replicas may differ. */
  readonly ageMs: number
  /** Why a page of it is not there; null for a whole list. */
  readonly failure: GatewayError | null
  /** Why a page of it is past its life; null for a list of this moment. */
  readonly staleBecause: GatewayError | null
}

/** Which list. */
interface ListWanted {
  /** One of the provider's domains; null for the whole account. */
  readonly domain: string | null
  /** Whether a cursor goes through it. */
  readonly isContinuing: boolean
}

/** What a list is read by. */
interface WholeTerms {
  readonly domain: string | null
  /** Whether there is an older list to fall back on, which is better than one that lacks pages. */
  readonly hasOlder: boolean
  /** Counts its pages, also when nobody waits for them any more. */
  readonly tally: AnswerTally
}

type ListPage = Capabilities['listLiveStreams']

/** Reads lists of live streams. */
export class LiveListReader {
  private readonly asker: Asker

  constructor(asker: Asker) {
    this.asker = asker
  }

  /** See `Services.getLiveTotals`: one provider call, shared with the list's first page. */
  async readTotals(account: ConnectedAccount, ask: Ask): Promise<Answer<LiveTotals>> {
    const listPage = requireCapability(account, 'listLiveStreams')
    const page = await this.asker.ask(toPageQuestion(account, listPage, null, 1), ask)
    return mapAnswer(page, ({ totals }) => totals)
  }

  /**
   * The newest list of a whole account that is kept, however old; as old as its oldest page. One that lacks a page
   * still tells of its other streams for a tick.
   */
  async find(account: ConnectedAccount): Promise<CacheEntry<LiveList> | undefined> {
    const kept = await this.asker.find<LiveList>(toListIdentity(account, null))
    if (!kept) return undefined
    const fetchedAt = kept.fetchedAt - kept.value.ageMs
    return { value: kept.value, fetchedAt, freshUntil: fetchedAt + (kept.value.staleBecause ? 0 : PUSH_PACE_MS) }
  }

  /**
   * Provider calls that reading the list of a whole account would take: its pages when it was last seen, one less
   * while its first page is good; undefined when it never was. Asks the provider nothing.
   * @param list what is kept of it
   */
  async findPrice(account: ConnectedAccount, list: CacheEntry<LiveList> | undefined): Promise<number | undefined> {
    const size = account.connection.facts.livePageSize
    const question = toPageQuestion(account, requireCapability(account, 'listLiveStreams'), null, 1)
    const page = await this.asker.find<LiveStreamPage>(question)
    const saved = page && this.asker.isGood(page) ? 1 : 0
    // A page that does not tell the length says less than a list that was read to its end.
    const isNewer = page && (!list || (page.fetchedAt > list.fetchedAt && page.value.totals.streamCount !== null))
    if (isNewer) return toPageCount(page.value.totals, size) - saved
    return list && Math.max(list.value.pageCount, toPageCount(list.value, size)) - saved
  }

  /** The same when nothing is known of it: its first page tells, in one call, and is of use to who reads the others. */
  async readPrice(account: ConnectedAccount, ask: Ask, tally: AnswerTally): Promise<number> {
    const question = toPageQuestion(account, requireCapability(account, 'listLiveStreams'), null, 1)
    const fetchPlanned = (shared: Ask) => {
      // Planned by the one who makes the call, not by all who share it.
      shared.meter.plan(1)
      return question.fetch(shared)
    }
    const page = await this.asker.fetch({ ...question, fetch: fetchPlanned }, undefined, ask, tally)
    return toPageCount(page.value.totals, account.connection.facts.livePageSize) - 1
  }

  /** Reads a list as an answer of its own, and tells of it. See `read`. */
  async give(account: ConnectedAccount, wanted: ListWanted, ask: Ask): Promise<Answer<LiveList>> {
    const tally = new AnswerTally()
    const answer = await this.read(account, wanted, ask, tally)
    this.asker.teller.tell(toListIdentity(account, wanted.domain), ask, answer, tally)
    return answer
  }

  /**
   * The whole list of an account. It is good for a tick; one of n provider pages for n ticks while a cursor goes
   * through it, so that paging a long list does not read it anew for every page.
   * @param tally of the answer that is made of it, which its reader tells of
   */
  async read(
    account: ConnectedAccount,
    { domain, isContinuing }: ListWanted,
    ask: Ask,
    tally: AnswerTally,
  ): Promise<Answer<LiveList>> {
    const listPage = requireCapability(account, 'listLiveStreams')
    const identity = toListIdentity(account, domain)
    const kept = await this.asker.find<LiveList>(identity)
    const whole = new AnswerTally()
    const pages = new AnswerTally()
    const hasOlder = kept !== undefined && !kept.value.failure
    const question: Question<LiveList> = {
      ...identity,
      fetch: (shared) => this.readWhole(account, listPage, { domain, hasOlder, tally: pages }, shared),
      // A list that lacks a page is asked for again at once; its good pages are kept by themselves.
      freshUntil: (list, fetchedAt) => fetchedAt - list.ageMs + (isPatched(list) ? 0 : PUSH_PACE_MS),
      sizeOf: ({ streams }) => 200 + streams.length * 320,
      // What kept it from being whole was an error of this process: others find out for themselves.
      isPrivate: isPatched,
    }
    const maxAgeMs =
      isContinuing && kept && !kept.value.failure ? Math.min(PLAY_PACE_MS, kept.value.pageCount * PUSH_PACE_MS) : 0
    const answer = await this.answer(question, kept, maxAgeMs, ask, whole)
    const staleBecause = answer.staleBecause ?? answer.value.staleBecause ?? undefined
    // An old list counts as nothing, whoever reads a new one meanwhile, or has tried to.
    if (!answer.stale) tally.asked += pages.asked
    if (!answer.stale && !staleBecause) {
      // Who has read it himself has counted its pages.
      tally.shared += whole.shared > 0 ? answer.value.pageCount : pages.shared
      tally.kept += whole.kept > 0 ? answer.value.pageCount : pages.kept
    }
    if (isPatched(answer.value)) ask.meter.holdNot()
    const fetchedAt = answer.fetchedAt - answer.value.ageMs
    return { ...answer, fetchedAt, stale: answer.stale || staleBecause !== undefined, staleBecause }
  }

  /** What is kept, as far as it answers, else a new list: its pages plan their calls themselves. */
  private answer(
    question: Question<LiveList>,
    kept: CacheEntry<LiveList> | undefined,
    maxAgeMs: number,
    ask: Ask,
    tally: AnswerTally,
  ): Answer<LiveList> | Promise<Answer<LiveList>> {
    if (kept && this.asker.isGood(kept, maxAgeMs)) {
      tally.kept = 1
      return this.asker.useKept(kept, ask)
    }
    if (kept && !isPatched(kept.value) && this.asker.isOverdue(kept))
      return this.asker.useOverdue(question, kept, ask, 0)
    return this.asker.fetch(question, kept, ask, tally)
  }

  private async readWhole(
    account: ConnectedAccount,
    listPage: ListPage,
    { domain, hasOlder, tally }: WholeTerms,
    ask: Ask,
  ): Promise<LiveList> {
    const size = account.connection.facts.livePageSize
    const questionOf = (page: number) => toPageQuestion(account, listPage, domain, page)
    let failure: GatewayError | null = null
    const readPage = async (page: number, isPlanned: boolean) => {
      const kept = await this.asker.find<LiveStreamPage>(questionOf(page))
      if (kept && this.asker.isGood(kept)) {
        tally.kept += 1
        return this.asker.useKept(kept, ask)
      }
      if (!isPlanned) ask.meter.plan(1)
      // An old page is of use only where there is no old list, whose pages at least belong together.
      return this.asker.fetch(questionOf(page), hasOlder ? undefined : kept, ask, tally)
    }
    const readOther = async (page: number, isPlanned: boolean) => {
      try {
        return await readPage(page, isPlanned)
      } catch (error) {
        if (!(error instanceof GatewayError) || error.code === 'QUERY_TOO_COMPLEX' || hasOlder) throw error
        failure = error
        return undefined
      }
    }
    const first = await readPage(1, false)
    const pages = [first, ...(await this.readOthers(first, size, readOther, ask))]
    const pageCount = pages.length
    // Read once more, and both readings together hold what was there throughout; failing that, one is better than none.
    if (!failure && isTorn(pages)) pages.push(...(await this.readAgain(questionOf, pages.length, ask, tally)))
    const now = this.asker.clock.now()
    return {
      streams: [...collect(pages).values()].sort(byKey),
      streamCount: domain === null ? (pages.at(-1)?.value.totals.streamCount ?? null) : null,
      pageCount,
      ageMs: now - combineFreshness(pages, now).fetchedAt,
      failure,
      staleBecause: pages.find((page) => page.staleBecause)?.staleBecause ?? null,
    }
  }

  /** The pages behind the first: as many as the provider's count says, and on as long as pages come back full. */
  private async readOthers(
    first: Answer<LiveStreamPage>,
    size: number,
    readPage: (page: number, isPlanned: boolean) => Promise<Answer<LiveStreamPage> | undefined>,
    ask: Ask,
  ): Promise<readonly Answer<LiveStreamPage>[]> {
    if (first.value.rowCount < size) return []
    const told = toPageCount(first.value.totals, size)
    const numbers = Array.from({ length: told - 1 }, (_, index) => index + 2)
    // What the rest costs is told before any of it is spent.
    ask.meter.plan(numbers.length)
    const others = await sideBySide(numbers, PAGES_SIDE_BY_SIDE, (page) => readPage(page, true))
    const had = others.filter((page) => page !== undefined)
    let last = told === 1 ? first : others.at(-1)
    for (let page = told + 1; page <= MAX_PROVIDER_PAGES && last && last.value.rowCount >= size; page += 1) {
      const count = last.value.totals.streamCount
      if (count !== null && collect([first, ...had]).size >= count) break
      last = await readPage(page, false)
      if (last) had.push(last)
    }
    return had
  }

  private async readAgain(
    questionOf: (page: number) => Question<LiveStreamPage>,
    count: number,
    ask: Ask,
    tally: AnswerTally,
  ) {
    const numbers = Array.from({ length: count }, (_, index) => index + 1)
    try {
      ask.meter.plan(count)
      return await sideBySide(numbers, PAGES_SIDE_BY_SIDE, async (page) => {
        // Asked for once more although what is kept of it is a moment old.
        const kept = await this.asker.find<LiveStreamPage>(questionOf(page))
        return this.asker.fetch(questionOf(page), kept, ask, tally)
      })
    } catch (error) {
      if (error instanceof GatewayError) return []
      throw error
    }
  }
}

/** Whether a stream that is live must be in the list: it lacks no page, its end was reached, and it is as long as told. */
export function isComplete({ failure, pageCount, streams, streamCount }: LiveList): boolean {
  return failure === null && pageCount < MAX_PROVIDER_PAGES && streams.length >= (streamCount ?? 0)
}

/** A stream of the list, or undefined. */
export function findListed({ streams }: LiveList, key: string): LiveStream | undefined {
  const found = streams[findFirstIndex(streams, (stream) => stream.key < key)]
  return found?.key === key ? found : undefined
}

function toListIdentity(account: ConnectedAccount, domain: string | null): QuestionIdentity {
  return { account: account.name, operation: 'listLiveStreams', parts: ['all', domain] }
}

function toPageQuestion(
  account: ConnectedAccount,
  listPage: ListPage,
  domain: string | null,
  page: number,
): Question<LiveStreamPage> {
  const size = account.connection.facts.livePageSize
  return {
    account: account.name,
    operation: 'listLiveStreams',
    parts: ['page', domain, page, size],
    fetch: (ask) => listPage({ domain, page, size }, ask),
    freshUntil: (_page, fetchedAt) => fetchedAt + PUSH_PACE_MS,
    sizeOf: ({ streams }) => 200 + streams.length * 320,
  }
}

/** Whether a list lacks a page, or holds one that is past its life. */
function isPatched({ failure, staleBecause }: LiveList): boolean {
  return failure !== null || staleBecause !== null
}
