// Kept answers. A cache holds values with their age; whether an entry is fresh enough is its reader's decision.
import type { Instant } from '#model/time-range.ts'

/** A kept value. Values are shared between readers and never changed. */
export interface CacheEntry<Value> {
  readonly value: Value
  /** When the provider's answer was received. */
  readonly fetchedAt: Instant
  /** Until when nothing newer can exist. Past it the entry is stale, but may still be better than nothing. */
  readonly freshUntil: Instant
}

/** How an entry is stored. */
export interface CacheOptions {
  /** Memory the value takes, in bytes, as well as the writer can tell. */
  readonly sizeBytes: number
  /** When the entry is of no use to anybody any more. */
  readonly keepUntil: Instant
}

/** Bounded by bytes; what was used longest ago goes first. Losing an entry is always allowed. */
export interface Cache {
  /** The entry under `key` that was stored with the same type, or undefined. Never throws: a broken store is an empty one. */
  get<Value>(key: string): Promise<CacheEntry<Value> | undefined>
  /** The same for many keys at once, in their order: one trip where the store is not in the process. */
  getMany<Value>(keys: readonly string[]): Promise<readonly (CacheEntry<Value> | undefined)[]>
  /** Stores or replaces an entry. Never throws. */
  set<Value>(key: string, entry: CacheEntry<Value>, options: CacheOptions): Promise<void>
}
