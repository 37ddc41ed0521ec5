// News as it happens, for those who watch right now, and for a while for those who come back. Whoever must not miss
// anything reads the store that the news is about.
import type { Clock } from '#model/clock.ts'

/** Tells what is published to those who watch. */
export interface Feed<Item> {
  /**
   * Tells all who watch the scope, in this process and in every other that shares the feed. Never rejects: what is
   * published is news of something that is kept elsewhere, and may be lost.
   * @param scope what the items are about: an account
   */
  publish(scope: string, items: readonly Item[]): Promise<void>
  /**
   * Calls back with every item that is published from now on: each at most once, those of one publisher in their order.
   * What a listener throws is its own affair and stops nobody else.
   * @returns stops that
   */
  watch(scope: string, listener: FeedListener<Item>): () => void
  /**
   * What was published after a place and is still kept, the oldest first. Who watches first and reads then misses
   * nothing in between, and knows by the places what came both ways. Never rejects.
   * @param place one that a listener was told; nothing is read for a text that is none
   */
  readSince(scope: string, place: string): Promise<FeedPast<Item>>
  /** Ends every watch and timer. Nothing is told any more. */
  close(): void
}

/**
 * Is told one item after the other. `place` says where it stands among all that was published to the scope; null where
 * it was not kept. See `isPlaceBefore`.
 */
export type FeedListener<Item> = (item: Item, place: string | null) => void

/** What was published after a place. */
export interface FeedPast<Item> {
  /** The oldest first. */
  readonly items: readonly { readonly item: Item; readonly place: string }[]
  /** False: some of it may be gone, or it could not be read. */
  readonly isWhole: boolean
}

/** How much of what was published is kept. */
export interface FeedKeep {
  /** About so many items of a scope, the latest; ≥ 1. */
  readonly events: number
  /** For about so long, in milliseconds; ≥ 1. */
  readonly ms: number
}

const PLACE = /^\d{1,15}-\d{1,20}$/
const LAST_NUMBER = 2n ** 64n - 1n

/** Whether a text can be a place in a feed: a time in milliseconds, a hyphen, a number up to 2^64. */
export function isPlace(text: string): boolean {
  return PLACE.test(text) && BigInt(text.slice(text.indexOf('-') + 1)) <= LAST_NUMBER
}

/** Whether what stands at one place was published before what stands at the other. Both are places. */
export function isPlaceBefore(one: string, other: string): boolean {
  const [oneMs = 0n, oneNumber = 0n] = one.split('-').map(BigInt)
  const [otherMs = 0n, otherNumber = 0n] = other.split('-').map(BigInt)
  return oneMs === otherMs ? oneNumber < otherNumber : oneMs < otherMs
}

/** Those who watch, by scope. */
export class Watchers<Item> {
  private readonly scopes = new Map<string, Set<{ readonly listener: FeedListener<Item> }>>()

  /** Whether anybody watches the scope. */
  has(scope: string): boolean {
    return this.scopes.has(scope)
  }

  /** @returns removes it; true when it was the last of its scope. May be called again, to no effect */
  add(scope: string, listener: FeedListener<Item>): () => boolean {
    const watchers = this.scopes.get(scope) ?? new Set()
    this.scopes.set(scope, watchers)
    // The same function may watch twice.
    const watcher = { listener }
    watchers.add(watcher)
    return () => {
      if (!watchers.delete(watcher) || watchers.size > 0 || this.scopes.get(scope) !== watchers) return false
      return this.scopes.delete(scope)
    }
  }

  /** Tells an item to all who watch the scope. */
  tell(scope: string, item: Item, place: string | null): void {
    const watchers = this.scopes.get(scope)
    for (const watcher of [...(watchers ?? [])]) {
      // One who was told before may have stopped another.
      if (!watchers?.has(watcher)) continue
      try {
        watcher.listener(item, place)
      } catch {
        // Its own affair.
      }
    }
  }

  /** Nobody watches any more. */
  clear(): void {
    for (const watchers of this.scopes.values()) watchers.clear()
    this.scopes.clear()
  }
}

/** What a feed of one process keeps its past by. */
export interface ProcessFeedOptions {
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
  readonly keep: FeedKeep
}

/**
 * A feed of this process alone: who watches is told before `publish` returns.
 * @param options what is kept for those who come back; nothing is when left out
 */
export function createProcessFeed<Item>(options?: ProcessFeedOptions): Feed<Item> {
  const watchers = new Watchers<Item>()
  const past = options && new ProcessPast<Item>(options)
  let isClosed = false
  return {
    async publish(scope, items) {
      if (isClosed) return
      for (const item of items) watchers.tell(scope, item, past?.add(scope, item) ?? null)
    },
    watch(scope, listener) {
      if (isClosed) return () => undefined
      const remove = watchers.add(scope, listener)
      return () => {
        remove()
      }
    },
    async readSince(scope, place) {
      if (!past || !isPlace(place)) return { items: [], isWhole: false }
      return past.readSince(scope, place)
    },
    close() {
      isClosed = true
      watchers.clear()
    },
  }
}

/** What is kept of a scope. */
interface KeptScope<Item> {
  /** The oldest first. */
  readonly events: { readonly item: Item; readonly place: string; readonly addedAtMs: number }[]
  /** Whatever was published after it is kept. */
  wholeSince: string
  /** Where the last item stands, kept or not. */
  newest: string
}

/** The last items of every scope, numbered as Redis numbers them. */
class ProcessPast<Item> {
  private readonly options: ProcessFeedOptions
  private readonly scopes = new Map<string, KeptScope<Item>>()
  /** What an earlier process has told stands before that. */
  private readonly began: string
  private lastMs: number
  private lastNumber = 0

  constructor(options: ProcessFeedOptions) {
    this.options = options
    this.lastMs = Math.floor(options.clock.now())
    this.began = `${this.lastMs}-0`
  }

  /** @returns where it stands */
  add(scope: string, item: Item): string {
    const place = this.nextPlace()
    const kept = this.scopes.get(scope) ?? { events: [], wholeSince: this.began, newest: place }
    this.scopes.set(scope, kept)
    kept.events.push({ item, place, addedAtMs: this.options.clock.monotonicMs() })
    kept.newest = place
    this.forgetOld(kept)
    return place
  }

  readSince(scope: string, place: string): FeedPast<Item> {
    const kept = this.scopes.get(scope)
    if (!kept) return { items: [], isWhole: false }
    this.forgetOld(kept)
    const later = kept.events.filter((event) => isPlaceBefore(place, event.place))
    return {
      items: later.map(({ item, place: at }) => ({ item, place: at })),
      isWhole: !isPlaceBefore(place, kept.wholeSince) && !isPlaceBefore(kept.newest, place),
    }
  }

  private nextPlace(): string {
    const nowMs = Math.floor(this.options.clock.now())
    // The wall clock may step back; places do not.
    this.lastNumber = nowMs > this.lastMs ? 0 : this.lastNumber + 1
    this.lastMs = Math.max(this.lastMs, nowMs)
    return `${this.lastMs}-${this.lastNumber}`
  }

  private forgetOld(kept: KeptScope<Item>): void {
    const { clock, keep } = this.options
    const keptSinceMs = clock.monotonicMs() - keep.ms
    const firstYoung = kept.events.findIndex(({ addedAtMs }) => addedAtMs > keptSinceMs)
    const tooOld = firstYoung === -1 ? kept.events.length : firstYoung
    const forgotten = kept.events.splice(0, Math.max(tooOld, kept.events.length - keep.events))
    kept.wholeSince = forgotten.at(-1)?.place ?? kept.wholeSince
  }
}
