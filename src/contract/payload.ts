// Reads what a provider sent, trusting none of it: every reader takes anything and answers with a checked value or
// says that there is none. Nothing here throws, and nothing repeats what it read.
import { Buffer } from 'node:buffer'

/** A JSON object as sent. Read it with `fieldOf`, which sees own properties only. */
export type PayloadObject = Readonly<Record<string, unknown>>

/** Most a count may be: the largest integer both faces can carry. */
const MAX_COUNT = 2 ** 31 - 1
/** Deepest nesting of an answer: what is read lies five levels down. */
const MAX_LEVELS = 32
const NUMBER_TEXT = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/

/**
 * Parses a JSON body. A byte order mark is skipped. Bytes that are no UTF-8 become U+FFFD: one stream with a name in
 * another encoding must not hide the others. Integers beyond 2^53, which a number cannot hold, come as texts.
 * @returns undefined when it is no JSON, or nested deeper than anything worth reading
 */
export function parseJson(body: Uint8Array): unknown {
  const text = new TextDecoder().decode(body)
  try {
    const value: unknown = JSON.parse(text)
    switch (inspect(value, MAX_LEVELS)) {
      case 'plain':
        return value
      case 'lossy':
        return JSON.parse(text, keepLongInteger)
      case 'deep':
        return undefined
    }
  } catch {
    return undefined
  }
}

/** What there is to say of a value: `lossy` holds a number that may have been an integer too long for one. */
type Inspection = 'plain' | 'lossy' | 'deep'

/**
 * Looks through a parsed value, which may have at most so many levels of objects and lists. Of thousands of rows: it
 * calls itself for what has to be looked into, and makes no list of what an object holds.
 */
function inspect(value: unknown, levels: number): Inspection {
  if (isPlain(value)) return 'plain'
  if (typeof value === 'number') return 'lossy'
  if (levels === 0) return 'deep'
  let found: Inspection = 'plain'
  if (Array.isArray(value)) {
    for (const item of value) {
      if (isPlain(item)) continue
      const inside = inspect(item, levels - 1)
      if (inside === 'deep') return inside
      if (inside === 'lossy') found = inside
    }
  } else if (isObject(value)) {
    for (const name in value) {
      const item = value[name]
      if (isPlain(item)) continue
      const inside = inspect(item, levels - 1)
      if (inside === 'deep') return inside
      if (inside === 'lossy') found = inside
    }
  }
  return found
}

/** Whether a parsed value is as it was sent, and holds no others. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'number') return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER
  return typeof value !== 'object' || value === null
}

// The third argument, the source text of a value, is missing from the library's types.
function keepLongInteger(_key: string, value: unknown, ...rest: readonly unknown[]): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = fieldOf(toObject(rest[0]) ?? {}, 'source')
  return typeof source === 'string' && /^-?\d+$/.test(source) ? source : value
}

/** The value when it is a JSON object; undefined for lists, null and everything else. */
export function toObject(value: unknown): PayloadObject | undefined {
  return isObject(value) ? value : undefined
}

function isObject(value: unknown): value is PayloadObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)
}

/** An own property: a name such as `constructor` that was not sent is not there. */
export function fieldOf(object: PayloadObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** Whether a value is one of the ways to send nothing: missing, null, `""`, `[]`, `{}`. */
export function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.keys(value).length === 0
}

/** Items of a list; one of them when a single object was sent, none for nothing; undefined when it is no list. */
export function toRows(value: unknown): readonly unknown[] | undefined {
  if (isNothing(value)) return []
  if (Array.isArray(value)) return value
  return isObject(value) ? [value] : undefined
}

/** A number, finite, of any sign; also as text with blanks around it. Null for everything else. */
function toFinite(value: unknown): number | null {
  const number = typeof value === 'string' && NUMBER_TEXT.test(value.trim()) ? Number(value) : value
  // The sum takes the sign from -0, which would show up as such.
  return typeof number === 'number' && Number.isFinite(number) ? number + 0 : null
}

/**
 * A measurement ≥ 0, at most 2^53, also as text.
 * @param unit what one is worth: with a unit the result is a whole number, free of the noise of binary fractions
 */
export function toMeasure(value: unknown, unit?: number): number | null {
  const number = toFinite(value)
  if (number === null || number < 0) return null
  const measure = unit === undefined ? number : Math.round(number * unit)
  return measure <= Number.MAX_SAFE_INTEGER ? measure : null
}

/** A count from 0 to 2^31 - 1, also as text; a fraction is rounded. */
export function toCount(value: unknown): number | null {
  const count = toMeasure(value, 1)
  return count !== null && count <= MAX_COUNT ? count : null
}

/** A whole number of any sign, also as text: codes and enumerations. */
export function toInteger(value: unknown): number | null {
  const number = toFinite(value)
  return number !== null && Number.isSafeInteger(number) ? number : null
}

/** A text that is more than blanks, unchanged; integers count as their digits. Null for everything else. */
export function toText(value: unknown): string | null {
  if (typeof value === 'string') return value.trim() === '' ? null : value
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value + 0) : null
}

/** An address that a browser may be sent to: http or https, and no character that could end an attribute or a line. */
export function toWebAddress(value: unknown): string | null {
  const text = toText(value)?.trim() ?? ''
  if (!URL.canParse(text)) return null
  const { protocol, href } = new URL(text)
  if (protocol !== 'http:' && protocol !== 'https:') return null
  return /[\s\p{Cc}\p{Cs}<>"'\\]/u.test(text) ? href : text
}
