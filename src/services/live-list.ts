// What is live now in an account. A provider's pages are separate instants, so a position in them means nothing a
// moment later: the list is read whole, every page of it, and ordered by key.
import type { Ask } from '#contract/ask.ts'
import type { Capabilities, LiveStreamPage } from '#contract/capability.ts'
import { GatewayError } from '#model/errors.ts'
import type { LiveStream, LiveTotals } from '#model/stream.ts'
import type { Instant } from '#model/time-range.ts'
import type { Asker, Question } from './ask.ts'
import { combineFreshness, mapAnswer, PLAY_PACE_MS, PUSH_PACE_MS } from './freshness.ts'
import { type ConnectedAccount, requireCapability } from './provider-registry.ts'
import type { Answer } from './services.ts'
import { sideBySide } from './side-by-side.ts'

/** Most provider pages of one list: at 300 streams a page, 30 000 streams. */
const MAX_PROVIDER_PAGES = 100
const PAGES_SIDE_BY_SIDE = 4

/** All live streams of an account, by key. */
export interface LiveList {
  readonly streams: readonly LiveStream[]
  /** Length of the list as the provider tells it. */
  readonly streamCount: number | null
  /** Provider pages it was put together from. */
  readonly pageCount: number
  /** When the oldest of them was received. */
  readonly fetchedAt: Instant
  /** Why a page of it is not there; null for a whole list. */
  readonly failure: GatewayError | null
  /** Why a page of it is past its life; null for a list of this moment. */
  readonly staleBecause: GatewayError | null
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
   * The whole list of an account. It is good for a tick; one of n provider pages for n ticks while a cursor goes
   * through it, so that paging a long list does not read it anew for every page.
   */
  async read(
    account: ConnectedAccount,
    domain: string | null,
    continuing: boolean,
    ask: Ask,
  ): Promise<Answer<LiveList>> {
    const listPage = requireCapability(account, 'listLiveStreams')
    const identity = { account: account.name, operation: 'listLiveStreams' as const, parts: ['all', domain] }
    const kept = await this.asker.find<LiveList>(identity)
    const question: Question<LiveList> = {
      ...identity,
      fetch: (shared) => this.readWhole(account, listPage, domain, kept !== undefined && !kept.value.failure, shared),
      // A list that lacks a page is asked for again at once; its good pages are kept by themselves.
      freshUntil: ({ fetchedAt, failure, staleBecause }) =>
        failure || staleBecause ? fetchedAt : fetchedAt + PUSH_PACE_MS,
      sizeOf: ({ streams }) => 200 + streams.length * 320,
    }
    const maxAgeMs =
      continuing && kept && !kept.value.failure ? Math.min(PLAY_PACE_MS, kept.value.pageCount * PUSH_PACE_MS) : 0
    const answer =
      kept && this.asker.isGood(kept, maxAgeMs)
        ? this.asker.useKept(kept, ask)
        : await this.asker.fetch(question, kept, ask)
    const staleBecause = answer.staleBecause ?? answer.value.staleBecause ?? undefined
    return { ...answer, fetchedAt: answer.value.fetchedAt, stale: staleBecause !== undefined, staleBecause }
  }

  /** @param hasOlder whether there is an older list to fall back on, which is better than one that lacks pages */
  private async readWhole(
    account: ConnectedAccount,
    listPage: ListPage,
    domain: string | null,
    hasOlder: boolean,
    ask: Ask,
  ): Promise<LiveList> {
    const size = account.connection.facts.livePageSize
    const questionOf = (page: number) => toPageQuestion(account, listPage, domain, page)
    let failure: GatewayError | null = null
    const readPage = async (page: number, isPlanned: boolean) => {
      const kept = await this.asker.find<LiveStreamPage>(questionOf(page))
      if (kept && this.asker.isGood(kept)) return this.asker.useKept(kept, ask)
      if (!isPlanned) ask.meter.plan(1)
      // An old page is of use only where there is no old list, whose pages at least belong together.
      return this.asker.fetch(questionOf(page), hasOlder ? undefined : kept, ask)
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
    if (!failure && isTorn(pages)) pages.push(...(await this.readAgain(questionOf, pages.length, ask)))
    const { fetchedAt } = combineFreshness(pages, this.asker.clock.now())
    return {
      streams: [...collect(pages).values()].sort(byKey),
      streamCount: domain === null ? (pages.at(-1)?.value.totals.streamCount ?? null) : null,
      pageCount,
      fetchedAt,
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
    const told = Math.min(countPages(first.value, size), MAX_PROVIDER_PAGES)
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

  private async readAgain(questionOf: (page: number) => Question<LiveStreamPage>, count: number, ask: Ask) {
    const numbers = Array.from({ length: count }, (_, index) => index + 1)
    try {
      ask.meter.plan(count)
      return await sideBySide(numbers, PAGES_SIDE_BY_SIDE, async (page) => {
        // Asked for once more although what is kept of it is a moment old.
        const kept = await this.asker.find<LiveStreamPage>(questionOf(page))
        return this.asker.fetch(questionOf(page), kept, ask)
      })
    } catch (error) {
      if (error instanceof GatewayError) return []
      throw error
    }
  }
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

function countPages(page: LiveStreamPage, size: number): number {
  return Math.max(1, Math.ceil((page.totals.streamCount ?? 0) / size))
}

/**
 * Whether a stream may have slipped between pages: one that ended while they were read moves those behind it forward,
 * past the page being read, and the count shrinks. A repeated row is no sign of it: one that began moves them back.
 */
function isTorn(pages: readonly Answer<LiveStreamPage>[]): boolean {
  const counts = pages.map((page) => page.value.totals.streamCount).filter((count) => count !== null)
  return counts.some((count, index) => count < (counts[index - 1] ?? 0))
}

function collect(pages: readonly Answer<LiveStreamPage>[]): ReadonlyMap<string, LiveStream> {
  return new Map(pages.flatMap((page) => page.value.streams).map((stream) => [stream.key, stream]))
}

/** Order of code units: the same on every machine. */
function byKey(one: LiveStream, other: LiveStream): number {
  return one.key < other.key ? -1 : 1
}
