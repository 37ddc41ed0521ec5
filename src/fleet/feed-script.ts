// What a shared feed asks of Redis: a short stream per scope, which forgets its oldest entries.
import { z } from 'zod'
import { isPlaceBefore } from './feed.ts'
import type { FleetScript } from './fleet-link.ts'

/** Most entries that a stream holds where nothing else is said, roughly: Redis drops whole blocks of them. */
export const KEPT_EVENTS = 1000
/**
 * How long a stream is kept after its last entry where nothing else is said, in milliseconds: far longer than anybody
 * takes to come back.
 */
export const KEPT_MS = 600_000
/** How many more entries a stream may hold than it is to: as many as Redis puts into a block. */
export const BLOCK_EVENTS = 100
/** Most entries of one command, or of one answer. */
const EVENTS_PER_COMMAND = 100
/** A command, or an answer, that is that long is given no more events, in characters: others use the link too. */
const COMMAND_LENGTH = 262_144

/** An event that is to be appended. */
export interface NewEvent {
  /** Nobody else's. */
  readonly name: string
  /** JSON, or whatever somebody has written there. */
  readonly text: string
}

/** Splits events into those of one command each. */
export function* toCommands<Event extends NewEvent>(events: readonly Event[]): Generator<readonly Event[]> {
  let command: Event[] = []
  let length = 0
  for (const event of events) {
    command.push(event)
    length += event.text.length
    if (command.length < EVENTS_PER_COMMAND && length < COMMAND_LENGTH) continue
    yield command
    command = []
    length = 0
  }
  if (command.length > 0) yield command
}

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
 * Reads what came after a place. Values: those of `toReadValues`. Answers the oldest and the newest entry there is, and
 * as many of the entries as fit.
 */
export const readOn: FleetScript = {
  name: 'feed_read',
  lua: `
    local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
    if not oldest then return { '', '', {} } end
    local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1][1]
    local most, longest = tonumber(ARGV[2]), tonumber(ARGV[3])
    local entries, length, place = {}, 0, ARGV[1]
    repeat
      local some = redis.call('XRANGE', KEYS[1], '(' .. place, '+', 'COUNT', 10)
      for _, entry in ipairs(some) do
        entries[#entries + 1] = entry
        for _, text in ipairs(entry[2]) do length = length + #text end
        place = entry[1]
        if #entries >= most or length >= longest then return { oldest[1], newest, entries } end
      end
    until #some < 10
    return { oldest[1], newest, entries }`,
}

/** What `readOn` is told. */
export function toReadValues(place: string): readonly (string | number)[] {
  return [place, EVENTS_PER_COMMAND, COMMAND_LENGTH]
}

/** An answer of `readOn`. */
const readingShape = z.tuple([
  z.string(),
  z.string(),
  z.array(z.tuple([z.string(), z.array(z.string())]).transform(([place, fields]) => ({ place, fields }))),
])

/** What a reading has found. */
export interface FeedReading {
  /** Where the next one begins. */
  readonly place: string
  /** Whether there is more to be read at once. */
  readonly isMore: boolean
  /** Whether nothing that came after the place was dropped, as far as the stream itself tells: it holds older entries. */
  readonly isWhole: boolean
  /** The newest entry there is; empty where there is none. */
  readonly newest: string
  readonly events: readonly FeedEvent[]
}

/** An entry of the stream. */
export interface FeedEvent extends NewEvent {
  /** Its id. */
  readonly place: string
}

/** @param from the place that was read from. @throws ZodError when it is no answer of `readOn` */
export function toFeedReading(answer: unknown, from: string): FeedReading {
  const [oldest, newest, entries] = readingShape.parse(answer)
  const place = entries.at(-1)?.place ?? from
  return {
    // The newest entry lies before the place when the store has lost its last writes, or its clock went back.
    place: newest !== '' && isPlaceBefore(newest, place) ? newest : place,
    isMore: entries.length > 0 && isPlaceBefore(place, newest),
    isWhole: oldest !== '' && !isPlaceBefore(from, oldest) && !isPlaceBefore(newest, from),
    newest,
    events: entries.map((entry) => ({
      name: findField(entry.fields, 'event'),
      text: findField(entry.fields, 'item'),
      place: entry.place,
    })),
  }
}

function findField(fields: readonly string[], name: string): string {
  const at = fields.findIndex((field, index) => index % 2 === 0 && field === name)
  return at === -1 ? '' : (fields[at + 1] ?? '')
}
