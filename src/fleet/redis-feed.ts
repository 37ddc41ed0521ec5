// A feed that all replicas share, over a short stream in Redis. While somebody watches, this process asks for what is
// new, at once when the bell rings and every second anyway; its own news comes back by the same way, and straight where
// Redis does not bring it.
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Clock } from '#model/clock.ts'
import type { Bell } from './bell.ts'
import { type Feed, type FeedKeep, type FeedPast, isPlace, isPlaceBefore, Watchers } from './feed.ts'
import {
  append,
  BLOCK_EVENTS,
  type FeedEvent,
  KEPT_EVENTS,
  KEPT_MS,
  type NewEvent,
  readNow,
  readOn,
  toCommands,
  toFeedReading,
  toFirstPlace,
  toReadValues,
} from './feed-script.ts'
import type { FleetLink } from './fleet-link.ts'

/** What it works with. */
export interface RedisFeedOptions<Item> {
  readonly link: Pick<FleetLink, 'evaluate'>
  readonly clock: Clock
  /** Begins every key. */
  readonly prefix: string
  /** Tells it from other feeds; letters, digits and hyphens. */
  readonly name: string
  /** Takes an item from its JSON. What does not pass was written by somebody else, and is left out. */
  readonly item: z.ZodType<Item>
  /** Says at once that there is something new. Left out: that is found within a second. */
  readonly bell?: Bell
  /** What is kept in Redis. Default: about a thousand items, ten minutes from the last one on. */
  readonly keep?: FeedKeep
  readonly log: { warn(fields: object, message: string): void }
}

/** How often is asked for what is new, in milliseconds. */
const EVERY_MS = 1000

/** Stands in a stream where something was told that it does not have; nothing that is published is written so. */
const HOLE = 'null'

/** An event of this process that watchers have not been told yet. */
interface OwnEvent<Item> {
  readonly item: Item
  /** Whether it stands in the stream, from where it has to come. */
  isAppended: boolean
}

/** An event of this process as it is published. */
interface OwnNews<Item> extends NewEvent {
  readonly item: Item
}

/** A scope while somebody watches it. */
interface WatchedScope<Item> {
  /** On `Clock.monotonicMs`. */
  readonly sinceMs: number
  readonly ended: AbortController
  /** Where the next reading begins; empty before the first. */
  place: string
  /** By name, in the order in which they were published. */
  readonly own: Map<string, OwnEvent<Item>>
  /** The reading under way. */
  reading: Promise<void> | undefined
  /** Whether another one is wanted after it. */
  isWantedAgain: boolean
}

/**
 * A feed over Redis. News of other replicas comes with the bell, and within a second without; what they publish while
 * Redis is away is theirs alone, and what this one misses while its link is down comes afterwards, as far back as the
 * stream reaches. The first to watch a scope may be told what others published in the last instant before.
 */
export function createRedisFeed<Item>(options: RedisFeedOptions<Item>): Feed<Item> {
  const { link, clock, prefix, name, item: itemShape, log, bell } = options
  const keep = options.keep ?? { events: KEPT_EVENTS, ms: KEPT_MS }
  /** Own events told apart: twice as many as a stream can bring back. */
  const knownEvents = 2 * (keep.events + BLOCK_EVENTS)
  const self = randomUUID()
  const watchers = new Watchers<Item>()
  const scopes = new Map<string, WatchedScope<Item>>()
  /** Own events that are done with, told or not; the oldest first. */
  const known = new Set<string>()
  /** Scopes of which something was told here that the stream does not have. */
  const torn = new Set<string>()
  let published = 0
  let isClosed = false
  let hasWarned = false
  const toKey = (scope: string) => `${prefix}:{${scope}}:feed:${name}`
  const toRing = (scope: string) => `feed:${name}:${scope}`

  function settle(event: string): void {
    known.add(event)
    for (const oldest of known) {
      if (known.size <= knownEvents) break
      known.delete(oldest)
    }
  }

  function tellOwn(
    scope: string,
    watched: WatchedScope<Item>,
    events: readonly string[],
    place: string | null = null,
  ): void {
    for (const event of events) {
      const own = watched.own.get(event)
      if (!own) continue
      watched.own.delete(event)
      settle(event)
      watchers.tell(scope, own.item, place)
    }
  }

  /** Nothing for what somebody else has written. */
  function toItems(scope: string, text: string): readonly Item[] {
    if (text === HOLE) return []
    const item = itemShape.safeParse(parseJson(text))
    if (item.success) return [item.data]
    if (!hasWarned) {
      hasWarned = true
      log.warn({ feed: name, scope }, 'the shared feed holds what this version cannot read; it is left out')
    }
    return []
  }

  /** Tells what came in: an own event as it was published, which is how it is known that it has come. */
  function tellReceived(scope: string, watched: WatchedScope<Item>, event: FeedEvent): void {
    tellOwn(scope, watched, [event.name], event.place)
    if (known.has(event.name)) return
    for (const item of toItems(scope, event.text)) watchers.tell(scope, item, event.place)
  }

  async function readAll(scope: string, watched: WatchedScope<Item>): Promise<void> {
    const listAppended = () => [...watched.own].flatMap(([event, { isAppended }]) => (isAppended ? [event] : []))
    const due = listAppended()
    const keys = [toKey(scope)]
    try {
      if (watched.place === '') {
        const now = await link.evaluate(readNow, keys, [])
        watched.place = toFirstPlace(now, clock.monotonicMs() - watched.sinceMs)
      }
      for (let isMore = true; isMore && !watched.ended.signal.aborted; ) {
        const { place } = watched
        const reading = toFeedReading(await link.evaluate(readOn, keys, toReadValues(place)), place)
        watched.place = reading.place
        for (const event of reading.events) if (!watched.ended.signal.aborted) tellReceived(scope, watched, event)
        isMore = reading.isMore
      }
      // They stood there before it was read, and have gone since: Redis has lost them.
      tellOwn(scope, watched, due)
    } catch {
      tellOwn(scope, watched, listAppended())
    }
  }

  /** Reads; who asks while it is being read gets what comes after. */
  function read(scope: string, watched: WatchedScope<Item>): Promise<void> {
    if (watched.reading) {
      watched.isWantedAgain = true
      return watched.reading
    }
    watched.reading = (async () => {
      do {
        watched.isWantedAgain = false
        await readAll(scope, watched)
      } while (watched.isWantedAgain && !watched.ended.signal.aborted)
      watched.reading = undefined
    })()
    return watched.reading
  }

  async function keepReading(scope: string, watched: WatchedScope<Item>): Promise<void> {
    const { signal } = watched.ended
    while (!signal.aborted) {
      await read(scope, watched)
      await clock.delay(EVERY_MS, signal).catch(() => undefined)
    }
  }

  function begin(scope: string): void {
    const watched: WatchedScope<Item> = {
      sinceMs: clock.monotonicMs(),
      ended: new AbortController(),
      place: '',
      own: new Map(),
      reading: undefined,
      isWantedAgain: false,
    }
    scopes.set(scope, watched)
    const stopListening = bell?.listen(toRing(scope), () => void read(scope, watched))
    watched.ended.signal.addEventListener('abort', () => stopListening?.(), { once: true })
    void keepReading(scope, watched)
  }

  function end(scope: string): void {
    const watched = scopes.get(scope)
    scopes.delete(scope)
    watched?.ended.abort()
    for (const event of watched?.own.keys() ?? []) settle(event)
  }

  async function publishSome(scope: string, events: readonly OwnNews<Item>[]): Promise<void> {
    const watched = scopes.get(scope)
    for (const { name: event, item } of events)
      if (watched) watched.own.set(event, { item, isAppended: false })
      else settle(event)
    const isTorn = torn.has(scope)
    try {
      const values = events.flatMap(({ name: event, text }) => [event, text])
      if (isTorn) values.unshift(`${self}:hole`, HOLE)
      await link.evaluate(append, [toKey(scope)], [keep.events, keep.ms, ...values])
      if (isTorn) torn.delete(scope)
    } catch {
      torn.add(scope)
      // Those before them first, wherever they may be.
      const last = events.at(-1)?.name ?? ''
      const owned = [...(watched?.own.keys() ?? [])]
      if (watched) tellOwn(scope, watched, owned.slice(0, owned.indexOf(last) + 1))
      return
    }
    for (const { name: event } of events) {
      const own = watched?.own.get(event)
      if (own) own.isAppended = true
    }
    // Rings here too.
    if (bell) bell.ring(toRing(scope))
    else if (watched && !watched.ended.signal.aborted) void read(scope, watched)
  }

  function toNews(item: Item): OwnNews<Item> {
    published += 1
    return { name: `${self}:${published}`, text: JSON.stringify(item), item }
  }

  async function readSince(scope: string, since: string): Promise<FeedPast<Item>> {
    const items: { readonly item: Item; readonly place: string }[] = []
    if (isClosed || !isPlace(since)) return { items, isWhole: false }
    let isWhole = true
    try {
      let last: string | undefined
      for (let place = since, isMore = true; isMore; ) {
        const reading = toFeedReading(await link.evaluate(readOn, [toKey(scope)], toReadValues(place)), place)
        // Of a stream that is gone, who has read it to its end knows what was the last of it.
        isWhole &&= reading.isWhole || (reading.newest === '' && scopes.get(scope)?.place === place)
        for (const event of reading.events) {
          if (event.text === HOLE) isWhole = false
          for (const item of toItems(scope, event.text)) items.push({ item, place: event.place })
        }
        last ??= reading.newest
        place = reading.place
        // What came meanwhile is for those who watch.
        isMore = reading.isMore && isPlaceBefore(place, last)
      }
    } catch {
      isWhole = false
    }
    return { items, isWhole }
  }

  return {
    async publish(scope, items) {
      for (const events of toCommands(items.map(toNews))) if (!isClosed) await publishSome(scope, events)
    },
    watch(scope, listener) {
      if (isClosed) return () => undefined
      const remove = watchers.add(scope, listener)
      if (!scopes.has(scope)) begin(scope)
      return () => {
        if (remove()) end(scope)
      }
    },
    readSince,
    close() {
      isClosed = true
      watchers.clear()
      for (const scope of [...scopes.keys()]) end(scope)
    },
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
