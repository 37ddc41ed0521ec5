// What a stream is doing now. The provider tells it of one stream in one call, and of all that are live in its list:
// which of the two is asked goes by the number of calls that each would take.
import type { CacheEntry } from '#cache/cache.ts'
import { toCacheKey } from '#cache/cache-keys.ts'
import type { Ask } from '#contract/ask.ts'
import { isSupported } from '#contract/capability.ts'
import { GatewayError } from '#model/errors.ts'
import type { LiveReading, StreamStatus } from '#model/stream.ts'
import { AnswerTally } from './answer-tally.ts'
import type { Asker } from './ask.ts'
import { mapAnswer, PUSH_PACE_MS } from './freshness.ts'
import { LiveDemand } from './live-demand.ts'
import { findListed, isComplete, type LiveList, type LiveListReader } from './live-list.ts'
import { type ConnectedAccount, requireCapability } from './provider-registry.ts'
import type { Question } from './question.ts'
import type { Answer, SourcedState } from './views.ts'

/** What a list of live streams tells of one of them. */
interface ListView<Value> {
  readonly fromReading: (reading: LiveReading) => Value
  /** What it tells that a whole list lacks the stream; undefined where that decides nothing. */
  readonly absence: Value | undefined
}

/** What the call for one stream alone tells as well as a list. */
interface View<Own, Value> extends ListView<Value> {
  /** Asks the provider about that stream alone. */
  readonly question: Question<Own>
  readonly toValue: (own: Own) => Value
  /** Whether the stream was live when the call told this. */
  readonly wasLive: (own: Own) => boolean
}

/** A stream, and what was found of it that does not answer any more. */
interface Wanted<Own, Value> {
  readonly account: ConnectedAccount
  readonly key: string
  readonly view: View<Own, Value>
  /** What is kept of the call for the stream alone. */
  readonly own: CacheEntry<Own> | undefined
  /** What is kept of the account's list. */
  readonly list: CacheEntry<LiveList> | undefined
  /** The newest that either of them tells of the stream. */
  readonly spare: CacheEntry<Value> | undefined
}

/** Reads states and readings of single streams. */
export class StreamNowReader {
  private readonly asker: Asker
  private readonly lists: LiveListReader
  private readonly demand: LiveDemand
  /** How many wait for the list of an account. */
  private readonly waiting = new Map<string, number>()

  constructor(asker: Asker, lists: LiveListReader) {
    this.asker = asker
    this.lists = lists
    this.demand = new LiveDemand(asker.clock)
  }

  /** See `Services.getStreamStatus`: no list tells the ingest. */
  getStatus(account: ConnectedAccount, key: string, ask: Ask): Promise<Answer<StreamStatus>> {
    return this.asker.ask(toStatusQuestion(account, key), ask)
  }

  /** See `Services.getStreamState`. */
  getState(account: ConnectedAccount, key: string, ask: Ask): Promise<Answer<Omit<SourcedState, 'since'>>> {
    const view: View<StreamStatus, Omit<SourcedState, 'since'>> = {
      question: toStatusQuestion(account, key),
      toValue: ({ state }) => ({ state, source: 'STATUS' }),
      fromReading: () => ({ state: 'LIVE', source: 'LIST' }),
      absence: undefined,
      wasLive: ({ state }) => state === 'LIVE',
    }
    return this.get(account, key, view, ask)
  }

  /** See `Services.getLiveReading`. */
  getReading(account: ConnectedAccount, key: string, ask: Ask): Promise<Answer<LiveReading | null>> {
    const view: View<LiveReading | null, LiveReading | null> = {
      question: toReadingQuestion(account, key),
      toValue: (reading) => reading,
      fromReading: (reading) => reading,
      absence: null,
      wasLive: (reading) => reading !== null,
    }
    return this.get(account, key, view, ask)
  }

  private async get<Own, Value>(
    account: ConnectedAccount,
    key: string,
    view: View<Own, Value>,
    ask: Ask,
  ): Promise<Answer<Value>> {
    const tally = new AnswerTally()
    const answer = await this.find(account, key, view, ask, tally)
    // Whatever it was read from, a call for the stream alone would have done.
    tally.foldToOne()
    this.asker.teller.tell(view.question, ask, answer, tally)
    return answer
  }

  private async find<Own, Value>(
    account: ConnectedAccount,
    key: string,
    view: View<Own, Value>,
    ask: Ask,
    tally: AnswerTally,
  ): Promise<Answer<Value>> {
    const own = await this.asker.find<Own>(view.question)
    if (own && this.asker.isGood(own)) {
      tally.kept = 1
      return mapAnswer(this.asker.useKept(own, ask), view.toValue)
    }
    const canList = isSupported(account.connection.capabilities.listLiveStreams)
    const list = canList ? await this.lists.find(account) : undefined
    const listed = list && toEntry(list, key, view)
    const mayTell = mayListTell(view, own, list, listed)
    // Also who is answered from a kept list counts: in the next tick there is none.
    if (canList && mayTell) this.demand.note(account.name, key)
    if (list && listed && this.asker.isGood(listed)) {
      // One that lacks a page is read anew by the next who wants all of it.
      if (list.value.failure) ask.meter.holdNot()
      tally.kept = 1
      return this.asker.useKept(listed, ask)
    }
    const wanted = { account, key, view, own, list, spare: findNewest(own && mapEntry(own, view.toValue), listed) }
    // A list of this moment that lacks the stream is not read once more.
    const mayAskList = canList && mayTell && !(list && this.asker.isGood(list))
    if (!wanted.spare || !this.asker.isOverdue(wanted.spare)) return this.fetch(wanted, mayAskList, ask, tally)
    const name = toCacheKey([account.name, view.question.operation, 'now', key])
    this.asker.renew({ scope: account.name, key: name }, 0, ask, (later) =>
      this.fetch(wanted, mayAskList, later, new AnswerTally()),
    )
    return this.asker.useStale(wanted.spare, ask)
  }

  private async fetch<Own, Value>(
    wanted: Wanted<Own, Value>,
    mayAskList: boolean,
    ask: Ask,
    tally: AnswerTally,
  ): Promise<Answer<Value>> {
    const told = mayAskList ? await this.askList(wanted, ask, tally) : undefined
    return told ?? this.askAlone(wanted, ask, tally)
  }

  /** The answer from a new list; undefined where that decides nothing, or costs more than it is worth. */
  private async askList<Own, Value>(
    wanted: Wanted<Own, Value>,
    ask: Ask,
    tally: AnswerTally,
  ): Promise<Answer<Value> | undefined> {
    const { account, key, view, spare } = wanted
    const price = await this.lists.findPrice(account, wanted.list)
    if (!this.isWorth(account, price ?? 1, ask)) return undefined
    try {
      const answer = await this.waitForList(account, price === undefined, ask, tally)
      if (!answer) return undefined
      const { stale, staleBecause, ...list } = answer
      const told = toEntry(list, key, view)
      // One that lacks a page is itself good for nothing more, but what it holds is.
      if (!stale && told) return { ...told, freshUntil: list.fetchedAt + PUSH_PACE_MS, stale }
      // A call for each stream in place of a page that failed would be the very flood the list was read against.
      if (!stale && answer.value.failure) throw answer.value.failure
      if (!stale) return undefined
      const newest = findNewest(spare, told)
      if (!newest && staleBecause) throw staleBecause
      return newest && { ...newest, stale, staleBecause }
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'QUERY_TOO_COMPLEX') return undefined
      const fallback = this.asker.fallBack(spare, error, ask)
      if (fallback) return fallback
      // The status call may stand at another endpoint, which is well.
      if (error instanceof GatewayError && view.absence === undefined) return undefined
      throw error
    }
  }

  /** Whether so many calls are fewer than one for each stream that is asked for, and not too many for the operation. */
  private isWorth({ name }: ConnectedAccount, price: number, ask: Ask): boolean {
    if (this.demand.count(name) <= price) return false
    // Who waits with others pays nothing. A list that has grown must leave the call for the stream alone affordable.
    return price === 0 || this.waiting.has(name) || ask.meter.canPlan(price + 1)
  }

  /** @param isUnknown whether the length of the list, and so its price, is still to be found out */
  private async waitForList(
    account: ConnectedAccount,
    isUnknown: boolean,
    ask: Ask,
    tally: AnswerTally,
  ): Promise<Answer<LiveList> | undefined> {
    const { name } = account
    this.waiting.set(name, (this.waiting.get(name) ?? 0) + 1)
    try {
      if (isUnknown && !this.isWorth(account, await this.lists.readPrice(account, ask, tally), ask)) return undefined
      return await this.lists.read(account, { domain: null, isContinuing: false }, ask, tally)
    } finally {
      const others = (this.waiting.get(name) ?? 1) - 1
      if (others > 0) this.waiting.set(name, others)
      else this.waiting.delete(name)
    }
  }

  private async askAlone<Own, Value>(
    { view, own, spare }: Wanted<Own, Value>,
    ask: Ask,
    tally: AnswerTally,
  ): Promise<Answer<Value>> {
    ask.meter.plan(1)
    const isOwn = spare?.fetchedAt === own?.fetchedAt
    try {
      return mapAnswer(await this.asker.fetch(view.question, isOwn ? own : undefined, ask, tally), view.toValue)
    } catch (error) {
      const fallback = isOwn ? undefined : this.asker.fallBack(spare, error, ask)
      if (fallback) return fallback
      throw error
    }
  }
}

/** State and ingest of one stream, by its status call. @throws CapabilityUnsupportedError */
export function toStatusQuestion(account: ConnectedAccount, key: string): Question<StreamStatus> {
  const fetchStatus = requireCapability(account, 'getStreamStatus')
  return {
    account: account.name,
    operation: 'getStreamStatus',
    parts: [key],
    fetch: (ask) => fetchStatus({ key }, ask),
    freshUntil: (_status, fetchedAt) => fetchedAt + PUSH_PACE_MS,
    sizeOf: () => 200,
  }
}

/** The reading of one stream, by itself. @throws CapabilityUnsupportedError */
export function toReadingQuestion(account: ConnectedAccount, key: string): Question<LiveReading | null> {
  const fetchReading = requireCapability(account, 'getLiveReading')
  return {
    account: account.name,
    operation: 'getLiveReading',
    parts: [key],
    fetch: (ask) => fetchReading({ key }, ask),
    freshUntil: (_reading, fetchedAt) => fetchedAt + PUSH_PACE_MS,
    sizeOf: () => 300,
  }
}

/** What a list tells of a stream, if anything. */
function toEntry<Value>(
  { value: list, fetchedAt, freshUntil }: CacheEntry<LiveList>,
  key: string,
  view: ListView<Value>,
): CacheEntry<Value> | undefined {
  const stream = findListed(list, key)
  if (stream) return { value: view.fromReading(stream.reading), fetchedAt, freshUntil }
  if (view.absence === undefined || !isComplete(list)) return undefined
  return { value: view.absence, fetchedAt, freshUntil }
}

/**
 * Whether the next list may answer. Where absence decides nothing it will not for a stream that the last one lacked,
 * unless the stream has been seen live since.
 */
function mayListTell<Own>(
  view: View<Own, unknown>,
  own: CacheEntry<Own> | undefined,
  list: CacheEntry<LiveList> | undefined,
  listed: CacheEntry<unknown> | undefined,
): boolean {
  if (view.absence !== undefined || listed || !list || !isComplete(list.value)) return true
  return own !== undefined && own.fetchedAt > list.fetchedAt && view.wasLive(own.value)
}

function mapEntry<From, To>(entry: CacheEntry<From>, map: (value: From) => To): CacheEntry<To> {
  return { ...entry, value: map(entry.value) }
}

function findNewest<Value>(
  one: CacheEntry<Value> | undefined,
  other: CacheEntry<Value> | undefined,
): CacheEntry<Value> | undefined {
  return one && other ? (one.fetchedAt >= other.fetchedAt ? one : other) : (one ?? other)
}
