// How a snapshot is written into the account's index in Redis: one text, which sorts by bytes as the list does by time
// and id, and which holds all that is known of it.
import { z } from 'zod'
import type { Snapshot } from '#model/snapshot.ts'
import { FOREVER, type Instant } from '#model/time-range.ts'
import type { SnapshotPlace } from './snapshot-store.ts'

/** An instant is written in two halves, so that no number along the way has more bits than a number holds exactly. */
const HALF = 2 ** 28
/** Makes the upper half of every instant positive. */
const SHIFT = 2 ** 25
const HALF_DIGITS = 7
const INSTANT_DIGITS = 2 * HALF_DIGITS

/** Lua that defines `toInstantText(instant)`, which writes as `toInstantText` does. */
export const luaInstantText = `
local function toInstantText(instant)
  return string.format('%07x%07x', math.floor(instant / ${HALF}) + ${SHIFT}, instant % ${HALF})
end`

/** An instant as 14 characters that sort as instants do. @param instant whole, in ±(FOREVER + 1) */
export function toInstantText(instant: Instant): string {
  const upper = Math.floor(instant / HALF)
  const digits = [upper + SHIFT, instant - upper * HALF].map((half) => half.toString(16).padStart(HALF_DIGITS, '0'))
  return digits.join('')
}

function fromInstantText(text: string): Instant {
  const [upper, lower] = [text.slice(0, HALF_DIGITS), text.slice(HALF_DIGITS, INSTANT_DIGITS)]
  return (Number.parseInt(upper, 16) - SHIFT) * HALF + Number.parseInt(lower, 16)
}

/** A place that an index can be asked for: whoever names one may have made it up. Nothing is behind that of no time. */
export function toPossiblePlace({ orderedAt, id }: SnapshotPlace): SnapshotPlace {
  if (Number.isNaN(orderedAt)) return { orderedAt: -FOREVER, id: '' }
  const possible = Math.min(Math.max(Math.ceil(orderedAt), -FOREVER), FOREVER + 1)
  return { orderedAt: possible, id: possible === orderedAt ? id : '' }
}

const recordShape = z.tuple([
  z.string(),
  z.string().nullable(),
  z.number().nullable(),
  z.number().nullable(),
  // From its taking to its receiving, in milliseconds; null when nobody knows when it was taken.
  z.number().nullable(),
])

/** A snapshot as it stands in the index. */
export function writeEntry(snapshot: Snapshot, orderedAt: Instant): string {
  const { id, key, url, width, height, takenAt, receivedAt } = snapshot
  const record: z.infer<typeof recordShape> = [key, url, width, height, takenAt === null ? null : receivedAt - takenAt]
  return toInstantText(orderedAt) + id + JSON.stringify(record)
}

/** Reads an entry of the account's index. @throws when it is none */
export function readEntry(
  account: string,
  entry: string,
): { readonly snapshot: Snapshot; readonly place: SnapshotPlace } {
  // No id holds a bracket.
  const end = entry.indexOf('[')
  const id = entry.slice(INSTANT_DIGITS, end)
  const orderedAt = fromInstantText(entry)
  const [key, url, width, height, lagMs] = recordShape.parse(JSON.parse(entry.slice(end)))
  const takenAt = lagMs === null ? null : orderedAt
  const snapshot = { id, account, key, takenAt, width, height, url, receivedAt: orderedAt + (lagMs ?? 0) }
  return { snapshot, place: { orderedAt, id } }
}
