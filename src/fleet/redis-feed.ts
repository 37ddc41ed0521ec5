// A feed that all replicas share, over a short stream in Redis. While somebody watches, this process asks for what is
// new; its own news comes back by the same way, and straight where Redis does not bring it.
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Clock } from '#model/clock.ts'
import { type Feed, Watchers } from './feed.ts'
import {
  append,
  EVENTS_PER_READ,
  KEPT_EVENTS,
  KEPT_MS,
  readNow,
  readOn,
  toFeedReading,
  toFirstPlace,
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
  readonly log: { warn(fields: object, message: string): void }
}

/** How often is asked for what is new, in milliseconds. */
const EVERY_MS = 1000
/** Events that one command appends. */
const EVENTS_PER_APPEND = 100
/** Own events told apart: twice as many as a stream can bring back. */
const KNOWN_EVENTS = 2 * KEPT_EVENTS

/** An event of this process that watchers have not been told yet. */
interface OwnEvent<Item> {
  readonly item: Item
  /** Whether it stands in the stream, from where it has to come. */
  isAppended: boolean
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
 * A feed over Redis. News of other replicas comes within a second; what they publish while Redis is away is theirs
 * alone, and what this one misses while its link is down comes afterwards, as far back as the stream reaches. The first
 * to watch a scope may be told what others published in the last instant before.
 */
export function createRedisFeed<Item>(options: RedisFeedOptions<Item>): Feed<Item> {
  const { link, clock, prefix, name, item: itemShape, log } = options
  const self = randomUUID()
  const watchers = new Watchers<Item>()
  const scopes = new Map<string, WatchedScope<Item>>()
  /** Own events that are done with, told or not; the oldest first. */
  const known = new Set<string>()
  let published = 0
  let isClosed = false
  let hasWarned = false
  const toKey = (scope: string) => `${prefix}:{${scope}}:feed:${name}`

  function settle(event: string): void {
    known.add(event)
    for (const oldest of known) {
      if (known.size <= KNOWN_EVENTS) break
      known.delete(oldest)
    }
  }

  function tellOwn(scope: string, watched: WatchedScope<Item>, events: readonly string[]): void {
    for (const event of events) {
      const own = watched.own.get(event)
      if (!own) continue
      watched.own.delete(event)
      settle(event)
      watchers.tell(scope, own.item)
    }
  }

  /** Tells what came in: an own event as it was published, which is how it is known that it has come. */
  function tellReceived(scope: string, watched: WatchedScope<Item>, event: string, text: string): void {
    tellOwn(scope, watched, [event])
    if (known.has(event)) return
    const item = itemShape.safeParse(parseJson(text))
    if (item.success) watchers.tell(scope, item.data)
    else if (!hasWarned) {
      hasWarned = true
      log.warn({ feed: name, scope }, 'the shared feed holds what this version cannot read; it is left out')
    }
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
        const reading = toFeedReading(await link.evaluate(readOn, keys, [place, EVENTS_PER_READ]), place)
        watched.place = reading.place
        for (const { name: event, text } of reading.events)
          if (!watched.ended.signal.aborted) tellReceived(scope, watched, event, text)
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
    void keepReading(scope, watched)
  }

  function end(scope: string): void {
    const watched = scopes.get(scope)
    scopes.delete(scope)
    watched?.ended.abort()
    for (const event of watched?.own.keys() ?? []) settle(event)
  }

  async function publishSome(scope: string, items: readonly Item[]): Promise<void> {
    const events = items.map((item) => {
      published += 1
      return { event: `${self}:${published}`, item }
    })
    const watched = scopes.get(scope)
    for (const { event, item } of events)
      if (watched) watched.own.set(event, { item, isAppended: false })
      else settle(event)
    try {
      const values = events.flatMap(({ event, item }) => [event, JSON.stringify(item)])
      await link.evaluate(append, [toKey(scope)], [KEPT_EVENTS, KEPT_MS, ...values])
    } catch {
      // Those before them first, wherever they may be.
      const last = events.at(-1)?.event ?? ''
      const owned = [...(watched?.own.keys() ?? [])]
      if (watched) tellOwn(scope, watched, owned.slice(0, owned.indexOf(last) + 1))
      return
    }
    if (!watched) return
    for (const { event } of events) {
      const own = watched.own.get(event)
      if (own) own.isAppended = true
    }
    if (!watched.ended.signal.aborted) void read(scope, watched)
  }

  return {
    async publish(scope, items) {
      for (let at = 0; at < items.length && !isClosed; at += EVENTS_PER_APPEND)
        await publishSome(scope, items.slice(at, at + EVENTS_PER_APPEND))
    },
    watch(scope, listener) {
      if (isClosed) return () => undefined
      const remove = watchers.add(scope, listener)
      if (!scopes.has(scope)) begin(scope)
      return () => {
        if (remove()) end(scope)
      }
    },
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
