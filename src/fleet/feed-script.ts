// What a shared feed asks of Redis: a short stream per scope, which forgets its oldest entries.
import { z } from 'zod'
import type { FleetScript } from './fleet-link.ts'

/** Most entries that a stream holds, roughly: Redis drops whole blocks of them. */
export const KEPT_EVENTS = 1000
/** How long a stream is kept after its last entry, in milliseconds: far longer than anybody takes to come back. */
export const KEPT_MS = 600_000
/** Most entries of one answer. */
export const EVENTS_PER_READ = 200

/** Appends events. Values: the two bounds, then the name and the text of each. */
export const append: FleetScript = {
  name: 'feed_append',
  lua: `
    for at = 3, #ARGV, 2 do
      redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'event', ARGV[at], 'item', ARGV[at + 1])
    end
    return redis.call('PEXPIRE', KEYS[1], ARGV[2])`,
}

/** The time in milliseconds of the server that numbers the events: their places begin with it. */
export const readNow: FleetScript = {
  name: 'feed_now',
  lua: `
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)`,
}

/** Where those read on who watch since so many milliseconds before the server's time was known. */
export function toFirstPlace(now: unknown, sinceMs: number): string {
  // After everything that was numbered in the millisecond before.
  return `${z.int().parse(now) - Math.ceil(sinceMs) - 1}-18446744073709551615`
}

/**
 * Reads what came after a place. Values: the place, and how many entries at most. Answers the newest entry there is,
 * and the entries.
 */
export const readOn: FleetScript = {
  name: 'feed_read',
  lua: `
    local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
    return { newest and newest[1] or '', redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2]) }`,
}

/** An answer of `readOn`. */
const readingShape = z.tuple([
  z.string(),
  z.array(z.tuple([z.string(), z.array(z.string())]).transform(([place, fields]) => ({ place, fields }))),
])

/** What a reading has found. */
export interface FeedReading {
  /** Where the next one begins. */
  readonly place: string
  /** Whether there is more to be read at once. */
  readonly isMore: boolean
  /** Name and text of each event; a text is whatever somebody has written there. */
  readonly events: readonly { readonly name: string; readonly text: string }[]
}

/** @param from the place that was read from. @throws ZodError when it is no answer of `readOn` */
export function toFeedReading(answer: unknown, from: string): FeedReading {
  const [newest, entries] = readingShape.parse(answer)
  const place = entries.at(-1)?.place ?? from
  return {
    // The newest entry lies before the place when the store has lost its last writes, or its clock went back.
    place: newest !== '' && isBefore(newest, place) ? newest : place,
    isMore: entries.length === EVENTS_PER_READ,
    events: entries.map(({ fields }) => ({ name: findField(fields, 'event'), text: findField(fields, 'item') })),
  }
}

function findField(fields: readonly string[], name: string): string {
  const at = fields.findIndex((field, index) => index % 2 === 0 && field === name)
  return at === -1 ? '' : (fields[at + 1] ?? '')
}

/** Whether an id of a stream comes before another: milliseconds, a hyphen, a number up to 2^64. */
function isBefore(one: string, other: string): boolean {
  const [oneMs = 0n, oneNumber = 0n] = one.split('-').map(BigInt)
  const [otherMs = 0n, otherNumber = 0n] = other.split('-').map(BigInt)
  return oneMs === otherMs ? oneNumber < otherNumber : oneMs < otherMs
}
