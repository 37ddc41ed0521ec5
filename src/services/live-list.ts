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
    const question: Question<LiveList> = {
      account: account.name,
      operation: 'listLiveStreams',
      parts: ['all', domain],
      fetch: (shared) => this.readWhole(account, listPage, domain, shared),
      freshUntil: ({ fetchedAt }) => fetchedAt + PUSH_PACE_MS,
      sizeOf: ({ streams }) => 200 + streams.length * 320,
    }
    const kept = await this.asker.find<LiveList>(question)
    const maxAgeMs = continuing && kept ? Math.min(PLAY_PACE_MS, kept.value.pageCount * PUSH_PACE_MS) : 0
    const answer =
      kept && this.asker.isGood(kept, maxAgeMs)
        ? this.asker.useKept(kept, ask)
        : await this.asker.fetch(question, kept, ask)
    return { ...answer, fetchedAt: answer.value.fetchedAt }
  }

  private async readWhole(
    account: ConnectedAccount,
    listPage: ListPage,
    domain: string | null,
    ask: Ask,
  ): Promise<LiveList> {
    const size = account.connection.facts.livePageSize
    const questionOf = (page: number) => toPageQuestion(account, listPage, domain, page)
    const pages = await this.readPages(
      size,
      async (page, planned) => {
        const kept = await this.asker.find<LiveStreamPage>(questionOf(page))
        if (kept && this.asker.isGood(kept)) return this.asker.useKept(kept, ask)
        if (!planned) ask.meter.plan(1)
        return this.asker.fetch(questionOf(page), undefined, ask)
      },
      ask,
    )
    // Read once more, and both readings together hold what was there throughout; failing that, one is better than none.
    if (isTorn(pages)) pages.push(...(await this.readAgain(questionOf, pages.length, ask)))
    const { fetchedAt } = combineFreshness(pages, this.asker.clock.now())
    return {
      streams: [...collect(pages).values()].sort(byKey),
      streamCount: domain === null ? (pages.at(-1)?.value.totals.streamCount ?? null) : null,
      pageCount: pages.length,
      fetchedAt,
    }
  }

  /** Every page of a list: as many as the provider's count says, and on as long as pages come back full. */
  private async readPages(
    size: number,
    readPage: (page: number, planned: boolean) => Promise<Answer<LiveStreamPage>>,
    ask: Ask,
  ) {
    const first = await readPage(1, false)
    const pages = [first]
    const isFull = () => (pages.at(-1)?.value.rowCount ?? 0) >= size
    if (!isFull()) return pages
    const told = Math.min(countPages(first.value, size), MAX_PROVIDER_PAGES)
    const others = Array.from({ length: told - 1 }, (_, index) => index + 2)
    // What the rest costs is told before any of it is spent.
    ask.meter.plan(others.length)
    pages.push(...(await sideBySide(others, PAGES_SIDE_BY_SIDE, (page) => readPage(page, true))))
    while (isFull() && pages.length < MAX_PROVIDER_PAGES) {
      const count = pages.at(-1)?.value.totals.streamCount
      if (typeof count === 'number' && collect(pages).size >= count) break
      pages.push(await readPage(pages.length + 1, false))
    }
    return pages
  }

  private async readAgain(questionOf: (page: number) => Question<LiveStreamPage>, count: number, ask: Ask) {
    const numbers = Array.from({ length: count }, (_, index) => index + 1)
    try {
      ask.meter.plan(count)
      return await sideBySide(numbers, PAGES_SIDE_BY_SIDE, (page) => this.asker.fetch(questionOf(page), undefined, ask))
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
 * Whether a stream may have slipped between pages: one that ended while they were read moves those behind it
 * forward, past the page being read. It shows in a count that shrinks, or that the pages do not add up to.
 */
function isTorn(pages: readonly Answer<LiveStreamPage>[]): boolean {
  if (pages.length === 1) return false
  const counts = pages.map((page) => page.value.totals.streamCount ?? 0)
  return counts.some((count, index) => count < (counts[index - 1] ?? 0)) || collect(pages).size < Math.min(...counts)
}

function collect(pages: readonly Answer<LiveStreamPage>[]): ReadonlyMap<string, LiveStream> {
  return new Map(pages.flatMap((page) => page.value.streams).map((stream) => [stream.key, stream]))
}

/** Order of code units: the same on every machine. */
function byKey(one: LiveStream, other: LiveStream): number {
  return one.key < other.key ? -1 : 1
}
