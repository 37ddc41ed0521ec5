// What is live now, over one account or many. A provider's pages are separate instants, so a position in them means
// nothing a moment later: the list of an account is read whole, ordered by key, and paged by key. A stream that was
// there throughout is then on exactly one page, however the list changes between pages.
import type { Ask } from '#contract/ask.ts'
import { type Capabilities, isSupported, type LiveStreamPage } from '#contract/capability.ts'
import { GatewayError } from '#model/errors.ts'
import { fromCursor, type ListScope, type PageRequest, toCursor, toPageSize } from '#model/page.ts'
import type { LiveStream, LiveTotals } from '#model/stream.ts'
import type { Asker, Question } from './ask.ts'
import { combineFreshness, mapAnswer, PLAY_PACE_MS, PUSH_PACE_MS } from './freshness.ts'
import {
  accountNotFound,
  type ConnectedAccount,
  type ProviderRegistry,
  requireCapability,
  toNamedStreamView,
} from './provider-registry.ts'
import type { AccountFailure, Answer, FreshPage, LiveStreamPageView, LiveStreamView } from './services.ts'
import { sideBySide } from './side-by-side.ts'

/** Most provider pages of one list: at 300 streams a page, 30 000 streams. */
const MAX_PROVIDER_PAGES = 100
const PAGES_SIDE_BY_SIDE = 4

/** All live streams of an account, by key. */
interface LiveList {
  readonly streams: readonly LiveStream[]
  /** Length of the list as the provider tells it. */
  readonly streamCount: number | null
}

type ListPage = Capabilities['listLiveStreams']

/** Reads lists of live streams. */
export class LiveStreamReader {
  private readonly asker: Asker
  private readonly registry: ProviderRegistry

  constructor(asker: Asker, registry: ProviderRegistry) {
    this.asker = asker
    this.registry = registry
  }

  /** See `Services.getLiveTotals`: one provider call, shared with the list's first page. */
  async readTotals(account: ConnectedAccount, ask: Ask): Promise<Answer<LiveTotals>> {
    const listPage = requireCapability(account, 'listLiveStreams')
    const page = await this.asker.ask(toPageQuestion(account, listPage, null, 1), ask)
    return mapAnswer(page, ({ totals }) => totals)
  }

  /** See `Services.listAccountLiveStreams`. */
  async listOfAccount(
    account: ConnectedAccount,
    query: PageRequest & { readonly domain: string | null },
    ask: Ask,
  ): Promise<FreshPage<LiveStreamView>> {
    const listPage = requireCapability(account, 'listLiveStreams')
    const scope: ListScope = ['Account.liveStreams', account.name, query.domain]
    const { size, places, continuing } = readPlaces(scope, query)
    const answer = await this.readList(account, listPage, query.domain, continuing, ask)
    const list = { account, answer, after: places.get(account.name) }
    const { failures: _none, ...page } = this.toPage(scope, size, [list], new Map(places), [], true)
    return page
  }

  /** See `Services.listLiveStreams`. */
  async listOfMany(
    query: PageRequest & { readonly accounts: readonly string[] | null },
    ask: Ask,
  ): Promise<LiveStreamPageView> {
    const scope: ListScope = ['liveStreams', ...(query.accounts ? [...new Set(query.accounts)].sort() : [null])]
    const { size, places, continuing } = readPlaces(scope, query)
    const { asked, failures } = this.selectAccounts(query.accounts, ask)
    const open = asked.filter((account) => places.get(account.name) !== DONE)
    const lists = await Promise.all(
      open.map(async (account) => {
        try {
          const listPage = requireCapability(account, 'listLiveStreams')
          const answer = await this.readList(account, listPage, null, continuing, ask)
          return [{ account, answer, after: places.get(account.name) }]
        } catch (error) {
          if (!(error instanceof GatewayError)) throw error
          failures.push({ account: account.name, code: error.code, message: error.message })
          return []
        }
      }),
    )
    const everyone = failures.length === 0 && open.length === asked.length
    return this.toPage(scope, size, lists.flat(), new Map(places), failures, everyone)
  }

  private selectAccounts(names: readonly string[] | null, ask: Ask) {
    const visible = this.registry.list(ask)
    if (names === null) {
      const asked = visible.filter((account) => isSupported(account.connection.capabilities.listLiveStreams))
      return { asked, failures: [] as AccountFailure[] }
    }
    const wanted = new Set(names)
    const known = new Set(visible.map((account) => account.name))
    const failures = [...wanted]
      .filter((name) => !known.has(name))
      .map((name): AccountFailure => {
        const error = accountNotFound(name)
        return { account: name, code: error.code, message: error.message }
      })
    return { asked: visible.filter((account) => wanted.has(account.name)), failures }
  }

  /** The whole list. One of n provider pages may be n ticks old while a cursor goes through it. */
  private async readList(
    account: ConnectedAccount,
    listPage: ListPage,
    domain: string | null,
    continuing: boolean,
    ask: Ask,
  ): Promise<Answer<LiveList>> {
    const size = account.connection.facts.livePageSize
    const questionOf = (page: number) => toPageQuestion(account, listPage, domain, page)
    const kept = continuing ? await this.asker.find<LiveStreamPage>(questionOf(1)) : undefined
    const maxAgeMs = kept ? Math.min(PLAY_PACE_MS, countPages(kept.value, size) * PUSH_PACE_MS) : 0

    const pages = await this.readPages(size, (page) => this.asker.ask(questionOf(page), ask, maxAgeMs))
    if (isTorn(pages)) {
      ask.meter.plan(pages.length)
      pages.push(...(await this.readPages(size, (page) => this.asker.fetch(questionOf(page), undefined, ask))))
    }
    const streams = [...collect(pages).values()].sort(byKey)
    const streamCount = domain === null ? (pages.at(-1)?.value.totals.streamCount ?? null) : null
    return { value: { streams, streamCount }, ...combineFreshness(pages, this.asker.clock.now()) }
  }

  /** Every page of a list: as many as the provider's count says, and on as long as pages come back full. */
  private async readPages(size: number, readPage: (page: number) => Promise<Answer<LiveStreamPage>>) {
    const first = await readPage(1)
    const pages = [first]
    const isFull = () => (pages.at(-1)?.value.rowCount ?? 0) >= size
    if (!isFull()) return pages
    const told = Math.min(countPages(first.value, size), MAX_PROVIDER_PAGES)
    const others = Array.from({ length: told - 1 }, (_, index) => index + 2)
    pages.push(...(await sideBySide(others, PAGES_SIDE_BY_SIDE, readPage)))
    while (isFull() && pages.length < MAX_PROVIDER_PAGES) {
      const count = pages.at(-1)?.value.totals.streamCount
      if (typeof count === 'number' && collect(pages).size >= count) break
      pages.push(await readPage(pages.length + 1))
    }
    return pages
  }

  private toPage(
    scope: ListScope,
    size: number,
    lists: readonly { account: ConnectedAccount; answer: Answer<LiveList>; after: Place | undefined }[],
    places: Map<string, Place>,
    failures: readonly AccountFailure[],
    everyone: boolean,
  ): LiveStreamPageView {
    const items: { cursor: string; item: LiveStreamView }[] = []
    let hasNextPage = false
    for (const { account, answer, after } of lists) {
      const { value, ...freshness } = answer
      const rest = after === DONE ? [] : value.streams.filter((stream) => after === undefined || stream.key > after)
      const taken = rest.slice(0, size - items.length)
      for (const [index, stream] of taken.entries()) {
        const atEnd = index === rest.length - 1
        places.set(account.name, atEnd ? DONE : stream.key)
        const item = { ...toNamedStreamView(account, stream.key), reading: stream.reading, ...freshness }
        items.push({ cursor: writePlaces(scope, size, places), item })
      }
      if (rest.length === 0) places.set(account.name, DONE)
      if (taken.length < rest.length) hasNextPage = true
    }
    const told = lists.map(({ answer }) => answer.value.streamCount)
    return {
      items,
      hasNextPage,
      totalCount: everyone && !told.includes(null) ? told.reduce<number>((sum, count) => sum + (count ?? 0), 0) : null,
      failures,
      ...combineFreshness(
        lists.map(({ answer }) => answer),
        this.asker.clock.now(),
      ),
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
    parts: [domain, page, size],
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

/** How far an account has been shown: up to this key, or to its end. */
type Place = string | typeof DONE
const DONE = 0

/** Accounts not named in a cursor have not been shown at all: one that failed is asked again on the next page. */
function readPlaces(scope: ListScope, query: PageRequest) {
  if (query.after === null || query.after === undefined)
    return { size: toPageSize(query.first), places: new Map<string, Place>(), continuing: false }
  const { size, place } = fromCursor(scope, query.after)
  const places = new Map<string, Place>()
  for (let index = 0; index < place.length; index += 2) {
    const last = place[index + 1]
    places.set(String(place[index]), typeof last === 'string' ? last : DONE)
  }
  return { size: query.first ? toPageSize(query.first) : size, places, continuing: true }
}

function writePlaces(scope: ListScope, size: number, places: ReadonlyMap<string, Place>): string {
  return toCursor(scope, { size, place: [...places].flat() })
}
