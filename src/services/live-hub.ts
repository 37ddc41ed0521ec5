// Between the samplers, who tell what is new of an account, and the watchers of this process, each of whom wants some
// of it about one stream. Asks no provider: what is watched here is said to all replicas, and one of them reads it.
import type { DemandBoard } from '#fleet/demand-board.ts'
import { type Feed, isPlaceBefore } from '#fleet/feed.ts'
import type { Clock } from '#model/clock.ts'
import {
  type LiveBatch,
  type LiveEvent,
  type LiveEventKind,
  type LiveTopic,
  type Sampling,
  toTopicText,
} from '#model/live-event.ts'
import type { StreamRef, StreamState } from '#model/stream.ts'
import type { Instant } from '#model/time-range.ts'
import { EventGate } from './event-gate.ts'
import { type EventPlace, readPlaceMs, toPlaceBefore } from './event-place.ts'
import { LiveLatest, type PlacedEvent } from './live-latest.ts'

/** What it works with. */
export interface LiveHubOptions {
  /** Where the samplers tell what is new, by account. */
  readonly feed: Pick<Feed<LiveBatch>, 'watch' | 'readSince'>
  readonly board: Pick<DemandBoard, 'want'>
  readonly clock: Clock
}

/** What is watched. */
export interface LiveWatch {
  readonly account: string
  readonly key: string
  readonly kinds: readonly LiveEventKind[]
  /** How far the watcher has got before; undefined for one who is new. */
  readonly after: EventPlace['live'] | undefined
}

/** Is told what is new; `event` null: some of what came after its place is not kept any more. */
export type LiveListener = (event: LiveEvent | null, place: EventPlace['live']) => void

/** From where on everything that is kept is read. */
const BEGINNING = '0-0'
/** What one who comes back is told at most: what is older is for the history to tell. */
const MOST_REPLAYED = 500
/** How far before his place is read what he was told last, so as not to tell it again. */
const RECALLED_MS = 60_000
const nobody: Sampling = {
  watchedStreams: 0,
  pushEverySeconds: null,
  playEverySeconds: null,
  slowedBecause: null,
}

/** An account while somebody here watches streams of it. */
interface WatchedAccount {
  readonly watchers: Map<string, Set<Watcher>>
  readonly latest: LiveLatest
  /** Over when what was told of late has been read. */
  readonly begun: Promise<void>
  readonly stop: () => void
  sampling: Sampling
}

/** All watchers of a process. */
export class LiveHub {
  private readonly options: LiveHubOptions
  private readonly accounts = new Map<string, WatchedAccount>()

  constructor(options: LiveHubOptions) {
    this.options = options
  }

  /**
   * Begins to tell a listener: first what is known, or what came after its place; then what is new.
   * @returns stops that
   */
  watch(watch: LiveWatch, listener: LiveListener): () => void {
    const { account: name, key } = watch
    const account = this.accounts.get(name) ?? this.begin(name)
    const watcher = new Watcher(watch, listener)
    const watchers = account.watchers.get(key) ?? new Set()
    account.watchers.set(key, watchers.add(watcher))
    const topics = watch.kinds.map((kind) => toTopicText({ kind, key }))
    const takeBack = topics.map((topic) => this.options.board.want(name, topic))
    void this.welcome(account, watch, watcher)
    return () => {
      if (!watchers.delete(watcher)) return
      for (const take of takeBack) take()
      if (watchers.size === 0 && account.watchers.get(key) === watchers) account.watchers.delete(key)
      if (account.watchers.size > 0 || this.accounts.get(name) !== account) return
      this.accounts.delete(name)
      account.stop()
    }
  }

  /** How an account is being read, as its sampler has told of late. */
  findSampling(account: string): Sampling {
    return this.accounts.get(account)?.sampling ?? nobody
  }

  /** The last that was told of a topic, however long ago, while somebody here watches its account. */
  findLatest(account: string, topic: LiveTopic): LiveEvent | undefined {
    return this.accounts.get(account)?.latest.recall(topic)?.event
  }

  /** Since when a stream has been in a state, as those who watch it have been told; null where they have not. */
  findSince({ account, key }: StreamRef, state: StreamState): Instant | null {
    const told = this.accounts.get(account)?.latest.find({ kind: 'streamState', key })?.event
    return told?.kind === 'streamState' && told.state === state ? told.since : null
  }

  private begin(name: string): WatchedAccount {
    const { feed, clock } = this.options
    const latest = new LiveLatest(clock)
    const watchers: WatchedAccount['watchers'] = new Map()
    const stop = feed.watch(name, (batch, place) => {
      account.sampling = batch.sampling
      for (const [index, event] of batch.events.entries()) {
        const placed = { event, batch: place, index }
        latest.note(placed)
        for (const watcher of watchers.get(event.key) ?? []) watcher.take(placed)
      }
    })
    const account: WatchedAccount = { watchers, latest, begun: this.readKept(name, latest), stop, sampling: nobody }
    this.accounts.set(name, account)
    return account
  }

  /** Other replicas may have been watching for long: what their sampler has told of late is known at once. */
  private async readKept(name: string, latest: LiveLatest): Promise<void> {
    const { items } = await this.options.feed.readSince(name, BEGINNING)
    const newest = readPlaceMs(items.at(-1)?.place)
    // The newest may itself be old; then nobody samples, and whoever begins to will tell something newer at once.
    for (const { item, place } of items)
      for (const [index, event] of item.events.entries())
        latest.note({ event, batch: place, index }, newest - readPlaceMs(place))
  }

  private async welcome(account: WatchedAccount, watch: LiveWatch, watcher: Watcher): Promise<void> {
    const { account: name, key, kinds, after } = watch
    if (after) await this.replay(name, key, after, watcher)
    else {
      await account.begun
      // In their order: who is cut off between them comes back for the rest.
      for (const known of kinds.flatMap((kind) => account.latest.find({ kind, key }) ?? []).toSorted(byPlace))
        watcher.tell(known)
    }
    watcher.begin()
  }

  private async replay(
    name: string,
    key: string,
    after: NonNullable<EventPlace['live']>,
    watcher: Watcher,
  ): Promise<void> {
    const { feed } = this.options
    const [{ items }, { isWhole }] = await Promise.all([
      feed.readSince(name, toPlaceBefore(after.batch, RECALLED_MS)),
      // Only what came after his place has to be there whole.
      feed.readSince(name, after.batch),
    ])
    const told = items.flatMap(({ item, place }) =>
      item.events.flatMap((event, index) => (event.key === key ? [{ event, batch: place, index }] : [])),
    )
    const missed = told.filter((one) => !hasBeenTold(one, after))
    for (const one of told) if (hasBeenTold(one, after)) watcher.skip(one)
    if (!isWhole || missed.length > MOST_REPLAYED) watcher.miss()
    for (const one of missed.slice(-MOST_REPLAYED)) watcher.tell(one)
  }
}

/** One watcher of one stream. What comes while it is still being told what was before waits. */
class Watcher {
  private readonly kinds: readonly LiveEventKind[]
  private readonly listener: LiveListener
  private readonly gate = new EventGate()
  private waiting: PlacedEvent[] | undefined = []
  private place: EventPlace['live'] = null

  constructor({ kinds, after }: LiveWatch, listener: LiveListener) {
    this.kinds = kinds
    this.listener = listener
    this.place = after ?? null
  }

  /** Takes what is new. */
  take(placed: PlacedEvent): void {
    if (this.waiting) this.waiting.push(placed)
    else this.tell(placed)
  }

  /** Tells what waited, and from now on at once. */
  begin(): void {
    const waiting = this.waiting ?? []
    this.waiting = undefined
    for (const placed of waiting) this.tell(placed)
  }

  /** Notes what was told before. */
  skip({ event }: PlacedEvent): void {
    if (this.kinds.includes(event.kind)) this.gate.accept(event)
  }

  /** Tells that something is missing. Where he was is of no use any more, and may lie in what somebody has made up. */
  miss(): void {
    this.place = null
    this.listener(null, null)
  }

  /** Tells an event, unless it is none of this watcher's, or was told before. */
  tell({ event, batch, index }: PlacedEvent): void {
    if (!this.kinds.includes(event.kind) || !this.gate.accept(event)) return
    // What is known from before may be older than what was told already: who comes back goes on from the furthest.
    const place = batch === null ? null : { batch, index }
    if (place && (!this.place || !hasBeenTold(place, this.place))) this.place = place
    this.listener(event, batch === null ? null : this.place)
  }
}

/** Whether a place is not after another one. */
function hasBeenTold(
  one: { readonly batch: string; readonly index: number },
  after: NonNullable<EventPlace['live']>,
): boolean {
  if (one.batch === after.batch) return one.index <= after.index
  return isPlaceBefore(one.batch, after.batch)
}

/** Order of places; what has none comes last. */
function byPlace(one: PlacedEvent, other: PlacedEvent): number {
  if (one.batch === null || other.batch === null) return Number(one.batch === null) - Number(other.batch === null)
  if (one.batch === other.batch) return one.index - other.index
  return isPlaceBefore(one.batch, other.batch) ? -1 : 1
}
