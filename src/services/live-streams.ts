// Live streams over one account or many, page by page. Lists are ordered by key and paged by key: a stream that was
// there throughout is on exactly one page, however the lists change between pages.
import type { Ask } from '#contract/ask.ts'
import { isSupported } from '#contract/capability.ts'
import type { Clock } from '#model/clock.ts'
import { errorTable, GatewayError, InvalidInputError } from '#model/errors.ts'
import { ListCursors, type PageRequest } from '#model/page.ts'
import type { LiveStream } from '#model/stream.ts'
import { combineFreshness } from './freshness.ts'
import type { LiveList, LiveListReader } from './live-list.ts'
import {
  accountNotFound,
  type ConnectedAccount,
  type ProviderRegistry,
  toNamedStreamView,
} from './provider-registry.ts'
import type { AccountFailure, Answer, LiveStreamPageView, LiveStreamView } from './views.ts'

/** Most accounts that may be named at once. */
const MAX_NAMED_ACCOUNTS = 1000

/** Pages through lists of live streams. */
export class LiveStreamPager {
  private readonly lists: LiveListReader
  private readonly registry: ProviderRegistry
  private readonly clock: Clock

  constructor(lists: LiveListReader, registry: ProviderRegistry, clock: Clock) {
    this.lists = lists
    this.registry = registry
    this.clock = clock
  }

  /** See `Services.listAccountLiveStreams`. */
  async listOfAccount(
    account: ConnectedAccount,
    query: PageRequest & { readonly domain: string | null },
    ask: Ask,
  ): Promise<LiveStreamPageView> {
    const progress = new Progress(['Account.liveStreams', account.name, query.domain], query)
    const answer = await this.lists.give(account, { domain: query.domain, isContinuing: progress.isContinuing }, ask)
    return this.toPage(progress, [{ account, answer }], [], true, ask)
  }

  /** See `Services.listLiveStreams`. */
  async listOfMany(
    query: PageRequest & { readonly accounts: readonly string[] | null },
    ask: Ask,
  ): Promise<LiveStreamPageView> {
    if (query.accounts && query.accounts.length > MAX_NAMED_ACCOUNTS)
      throw new InvalidInputError('accounts', `holds ${query.accounts.length} names; allowed are ${MAX_NAMED_ACCOUNTS}`)
    const { asked, failures } = this.selectAccounts(query.accounts, ask)
    const progress = new Progress(['liveStreams', ...asked.map(({ name }) => name)], query)
    const open = asked.filter((account) => !progress.isDone(account.name))
    const lists = await Promise.all(
      open.map(async (account) => {
        try {
          return [
            {
              account,
              answer: await this.lists.give(account, { domain: null, isContinuing: progress.isContinuing }, ask),
            },
          ]
        } catch (error) {
          // What the operation may cost is no account's failure.
          if (!(error instanceof GatewayError) || error.code === 'QUERY_TOO_COMPLEX') throw error
          failures.push(...toFailure(account, error))
          return []
        }
      }),
    )
    const everyone = failures.length === 0 && open.length === asked.length
    return this.toPage(progress, lists.flat(), failures, everyone, ask)
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

  private toPage(
    progress: Progress,
    lists: readonly { readonly account: ConnectedAccount; readonly answer: Answer<LiveList> }[],
    refused: readonly AccountFailure[],
    everyone: boolean,
    ask: Ask,
  ): LiveStreamPageView {
    const { size } = progress
    const failures = [...refused, ...lists.flatMap(({ account, answer }) => toFailure(account, answer.value.failure))]
    // Where nobody was asked, the age is that of this moment.
    if (failures.length > 0 || lists.length === 0) ask.meter.holdNot()
    const items: { cursor: string; item: LiveStreamView }[] = []
    let hasMore = false
    for (const { account, answer } of lists) {
      const { value, fetchedAt, freshUntil, stale } = answer
      const rest = progress.restOf(account.name, value.streams)
      const taken = rest.slice(0, size - items.length)
      for (const [index, stream] of taken.entries()) {
        // A list that lacks a page has not come to its end.
        const isLast = index === rest.length - 1 && !value.failure
        progress.advance(account.name, isLast ? DONE : stream.key)
        const view = toNamedStreamView(account, stream.key)
        items.push({
          cursor: progress.toCursor(),
          item: { ...view, reading: stream.reading, fetchedAt, freshUntil, stale },
        })
      }
      if (rest.length === 0 && !value.failure) progress.advance(account.name, DONE)
      hasMore ||= taken.length < rest.length
    }
    const told = lists.map(({ answer }) => answer.value.streamCount)
    // An account that failed is asked again on the next page, and there is one as long as there is a cursor to it.
    const isWorthAnother = items.length > 0 && failures.some(({ code }) => errorTable[code].retryable)
    return {
      items,
      hasNextPage: hasMore || isWorthAnother,
      totalCount: everyone && !told.includes(null) ? told.reduce<number>((sum, count) => sum + (count ?? 0), 0) : null,
      failures,
      ...combineFreshness(
        lists.map(({ answer }) => answer),
        this.clock.now(),
      ),
    }
  }
}

function toFailure(account: ConnectedAccount, error: GatewayError | null): readonly AccountFailure[] {
  return error ? [{ account: account.name, code: error.code, message: error.message }] : []
}

/** How far an account has been shown: up to this key, or to its end. */
type Place = string | typeof DONE
const DONE = 0

/** How far a list over accounts has been shown. One that failed is not in it, and so is asked again on the next page. */
class Progress {
  readonly size: number
  /** Whether this is a page behind another. */
  readonly isContinuing: boolean
  private readonly cursors: ListCursors
  private readonly begun: ReadonlyMap<string, Place>
  private readonly places: Map<string, Place>

  /** @throws InvalidInputError for a bad size or cursor */
  constructor(scope: readonly (string | null)[], query: PageRequest) {
    this.cursors = new ListCursors(scope)
    const { size, place } = this.cursors.readPosition(query)
    this.size = size
    this.isContinuing = place !== null
    this.begun = toPlaces(place ?? [])
    this.places = new Map(this.begun)
  }

  isDone(account: string): boolean {
    return this.begun.get(account) === DONE
  }

  /** What of an account's list has not been shown on an earlier page. */
  restOf(account: string, streams: readonly LiveStream[]): readonly LiveStream[] {
    const place = this.begun.get(account)
    if (place === undefined) return streams
    return place === DONE ? [] : streams.filter((stream) => stream.key > place)
  }

  advance(account: string, place: Place): void {
    this.places.set(account, place)
  }

  /** A cursor to what comes after everything shown so far. */
  toCursor(): string {
    return this.cursors.write({ size: this.size, place: [...this.places].flat() })
  }
}

function toPlaces(place: readonly (string | number | null)[]): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>()
  for (let index = 0; index < place.length; index += 2) {
    const last = place[index + 1]
    places.set(String(place[index]), typeof last === 'string' ? last : DONE)
  }
  return places
}
