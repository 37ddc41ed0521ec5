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

/** Checks a page size. @throws InvalidInputError outside 1..300 */
function toPageSize(first: number): number {
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

/** Where a page begins, as asked: its size, and the place behind which it begins; null at the beginning. */
export interface PagePosition {
  readonly size: number
  readonly place: CursorPosition['place'] | null
}

/**
 * Cursors of one list. A cursor is a place, not a permission: it is bound to its list by a digest, so that one of
 * another list is a mistake that is noticed, and every place it can name is one its holder may ask for anyway.
 */
export class ListCursors {
  private readonly digest: string

  /** @param scope what the list is of */
  constructor(scope: ListScope) {
    this.digest = createHash('sha256').update(JSON.stringify(scope)).digest('base64url').slice(0, 12)
  }

  /** An opaque cursor. */
  write(position: CursorPosition): string {
    return Buffer.from(JSON.stringify([1, this.digest, position.size, ...position.place])).toString('base64url')
  }

  /** Where the asked page begins. Without `first` it is as large as paging began with. @throws InvalidInputError */
  readPosition(query: PageRequest): PagePosition {
    const wanted = query.first === null || query.first === undefined ? undefined : toPageSize(query.first)
    if (query.after === null || query.after === undefined) return { size: wanted ?? DEFAULT_PAGE_SIZE, place: null }
    const { size, place } = this.read(query.after)
    return { size: wanted ?? size, place }
  }

  private read(cursor: string): CursorPosition {
    const problem = new InvalidInputError(
      'after',
      'is no cursor of this list; pass a cursor that an earlier page of the same field, account and filters gave',
    )
    try {
      const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
      if (!Array.isArray(parts)) throw problem
      const [version, digest, size, ...place]: unknown[] = parts
      if (version !== 1 || digest !== this.digest || typeof size !== 'number') throw problem
      const position = { size: toPageSize(size), place: place.filter(isPlacePart) }
      // One place has one spelling.
      if (this.write(position) !== cursor) throw problem
      return position
    } catch {
      throw problem
    }
  }
}

function isPlacePart(part: unknown): part is string | number | null {
  return part === null || typeof part === 'string' || typeof part === 'number'
}
