// Paging by opaque cursors.
import { createHash } from 'node:crypto'
import { InvalidInputError } from './errors.ts'

/** How many items a page holds when the caller does not say. */
export const DEFAULT_PAGE_SIZE = 50
/** Most items on a page. */
export const MAX_PAGE_SIZE = 300

/** What a caller asks of a list. */
export interface PageRequest {
  /** 1..300; 50 when left out. */
  readonly first?: number | null | undefined
  /** A cursor of an earlier page of the same list. */
  readonly after?: string | null | undefined
}

/** One page of a list that grows. */
export interface Page<Item> {
  readonly items: readonly { readonly cursor: string; readonly item: Item }[]
  readonly hasNextPage: boolean
  /** Length of the whole list, when the provider tells it with the page. */
  readonly totalCount: number | null
}

/** Checks `first`. @throws InvalidInputError outside 1..300 */
export function toPageSize(first: number | null | undefined): number {
  if (first === null || first === undefined) return DEFAULT_PAGE_SIZE
  if (!Number.isInteger(first) || first < 1 || first > MAX_PAGE_SIZE)
    throw new InvalidInputError('first', `is ${first}; allowed are whole numbers from 1 to ${MAX_PAGE_SIZE}`)
  return first
}

/** What a list is of: its field, account and filters. A cursor of one list is refused by every other. */
export type ListScope = readonly (string | number | null)[]

/** Where a page begins: the size paging began with, and what the list needs to find the place again. */
export interface CursorPosition {
  readonly size: number
  readonly place: readonly (string | number | null)[]
}

/** An opaque cursor. @param scope what the list is of */
export function toCursor(scope: ListScope, position: CursorPosition): string {
  return Buffer.from(JSON.stringify([1, digest(scope), position.size, ...position.place])).toString('base64url')
}

/** Reads a cursor of the list `scope` is of. @throws InvalidInputError for any other text */
export function fromCursor(scope: ListScope, cursor: string): CursorPosition {
  const problem = new InvalidInputError(
    'after',
    'is no cursor of this list; pass a cursor that an earlier page of the same field, account and filters gave',
  )
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (!Array.isArray(parts)) throw problem
    const [version, of, size, ...place]: unknown[] = parts
    if (version !== 1 || of !== digest(scope) || typeof size !== 'number') throw problem
    const position = { size: toPageSize(size), place: place.filter(isPlacePart) }
    // Only what this very function wrote is accepted.
    if (toCursor(scope, position) !== cursor) throw problem
    return position
  } catch {
    throw problem
  }
}

function isPlacePart(part: unknown): part is string | number | null {
  return part === null || typeof part === 'string' || typeof part === 'number'
}

function digest(scope: ListScope): string {
  return createHash('sha256').update(JSON.stringify(scope)).digest('base64url').slice(0, 12)
}
