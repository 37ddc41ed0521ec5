// What can be asked, and how its answer is kept.
import type { CacheKey } from '#cache/cache.ts'
import { toCacheKey } from '#cache/cache-keys.ts'
import type { Ask } from '#contract/ask.ts'
import type { CapabilityName } from '#contract/capability.ts'
import type { Instant } from '#model/time-range.ts'

/** Something to know, whoever asks. */
export interface Question<Value> {
  readonly account: string
  readonly operation: CapabilityName
  /** What tells it from other questions of that operation. */
  readonly parts: readonly (string | number | null)[]
  /** Asks the provider. */
  readonly fetch: (ask: Ask) => Promise<Value>
  /** Until when nothing newer can exist. */
  readonly freshUntil: (value: Value, fetchedAt: Instant) => Instant
  /** About how much memory the value takes, in bytes. */
  readonly sizeOf: (value: Value) => number
  /** How long an answer is of use to anybody, however long it stays true; 400 days when left out. */
  readonly usefulMs?: number
  /** Whether an answer means something to this process only; none does when left out. */
  readonly isPrivate?: (value: Value) => boolean
}

/** Work that its callers share. What it does is told by its result, and by what is kept once it is done. */
export interface AskedWork<Value> {
  /**
   * Does it, within the deadline of the ask it is given. Others may have asked since it was looked up, and what can no
   * longer change is asked for once.
   * @param recalled what `recall` says now that nobody else is at it
   * @param leave is told of what is being kept of it, for which no caller waits
   */
  readonly run: (
    ask: Ask,
    recalled: Promise<Value | undefined>,
    leave: (keeping: Promise<unknown>) => void,
  ) => Promise<Value>
  /** What others have left of it in the cache; undefined when that does not answer. */
  readonly recall: () => Promise<Value | undefined>
}

/** What tells one question from all others. */
export type QuestionIdentity = Pick<Question<unknown>, 'account' | 'operation' | 'parts'>

/** How an entry is kept; see the fields of `Question`. */
export interface KeepOptions {
  readonly sizeBytes: number
  /** When the work it is from began; see `CacheOptions`. */
  readonly begunAtMs: number
  readonly usefulMs?: number | undefined
  readonly isPrivate?: boolean | undefined
}

/** Names what is kept of a question, and the work that asks it. */
export function toQuestionKey({ account, operation, parts }: QuestionIdentity): CacheKey {
  return { scope: account, key: toCacheKey([account, operation, ...parts]) }
}
