// Kept answers. A cache holds values with their age; whether an entry is fresh enough is its reader's decision.
import type { Instant } from '#model/time-range.ts'

/** What an entry is known by. */
export interface CacheKey {
  /** What the value is of: an account. A store in several parts keeps the entries of one scope in one of them. */
  readonly scope: string
  /** Tells it from all other entries, of other scopes too. Well-formed Unicode, as `toCacheKey` gives it. */
  readonly key: string
}

/** A kept value. Values are shared between readers and never changed: they are deeply frozen once stored. */
export interface CacheEntry<Value> {
  readonly value: Value
  /** When the provider's answer was received, as the wall clock of whoever reads the entry tells it. */
  readonly fetchedAt: Instant
  /**
   * Until when nothing newer can exist; the last instant a Date can hold means for ever. Past it the entry is stale,
   * but may still be better than nothing.
   */
  readonly freshUntil: Instant
}

/** How an entry is stored. */
export interface CacheOptions {
  /** Memory the value takes, in bytes, as well as the writer can tell. */
  readonly sizeBytes: number
  /** When the entry is of no use to anybody any more. A cache may have a cap of its own. */
  readonly keepUntil: Instant
  /**
   * True for a value that means something to this process only: it is not written where others read. Neither is a
   * value that JSON cannot tell: errors, maps, dates, NaN.
   */
  readonly isPrivate?: boolean
  /**
   * When the work that the value is from began, on `Clock.monotonicMs`, before anything kept was looked up for it: it
   * is not stored when its scope has been cleared since. Left out: it is stored all the same.
   */
  readonly begunAtMs?: number
}

/**
 * Bounded by bytes; what was used longest ago goes first. Losing an entry is always allowed. A step of the wall clock
 * makes no entry live longer or shorter: what is read after it has its instants moved along.
 */
export interface Cache {
  /** The entry under `key` that was stored with the same type, or undefined. Never throws: a broken store is an empty one. */
  get<Value>(key: CacheKey): Promise<CacheEntry<Value> | undefined>
  /** The same for many keys at once, in their order: one trip where the store is not in the process. */
  getMany<Value>(keys: readonly CacheKey[]): Promise<readonly (CacheEntry<Value> | undefined)[]>
  /**
   * Stores or replaces an entry; once it has resolved, others find it too, if the store they share answers at all.
   * Never throws.
   */
  set<Value>(key: CacheKey, entry: CacheEntry<Value>, options: CacheOptions): Promise<void>
}
