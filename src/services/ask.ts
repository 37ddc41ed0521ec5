// The one way a question goes: cache (fresh) → single flight → provider → cache (stale). What one caller learns
// all others share; a caller that leaves ends only its own wait.
import type { Cache, CacheEntry } from '#cache/cache.ts'
import { toCacheKey } from '#cache/cache-keys.ts'
import type { Ask } from '#contract/ask.ts'
import type { CapabilityName } from '#contract/capability.ts'
import type { SingleFlight } from '#fleet/single-flight.ts'
import type { Clock } from '#model/clock.ts'
import { type ErrorCode, GatewayError, UpstreamError } from '#model/errors.ts'
import type { Instant } from '#model/time-range.ts'
import type { Answer } from './services.ts'

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
}

/** What tells one question from all others. */
export type QuestionIdentity = Pick<Question<unknown>, 'account' | 'operation' | 'parts'>

const MAX_USEFUL_MS = 400 * 86_400_000
/** Left to shared work beyond a waiter's deadline, so that it can say itself what went wrong. */
const LAST_WORD_MS = 50

/** What the asker works with. */
export interface AskerOptions {
  readonly cache: Cache
  readonly flights: SingleFlight
  readonly clock: Clock
  /** How long past its life an answer may still be shown when nothing newer can be had. */
  readonly maxStaleMs: number
}

/** Errors behind which the last known answer is shown. */
const forgivable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'QUOTA_EXHAUSTED',
  'UPSTREAM_CREDENTIAL',
  'UPSTREAM_REJECTED',
  'UPSTREAM_RESPONSE',
  'UPSTREAM_THROTTLED',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_UNAVAILABLE',
])

/** Answers questions from the cache, from others in flight, or from the provider. */
export class Asker {
  readonly clock: Clock
  private readonly cache: Cache
  private readonly flights: SingleFlight
  private readonly maxStaleMs: number

  constructor(options: AskerOptions) {
    this.cache = options.cache
    this.flights = options.flights
    this.clock = options.clock
    this.maxStaleMs = options.maxStaleMs
  }

  /** The usual way: a fresh answer from wherever it is cheapest, else a stale one, else the error. */
  async ask<Value>(question: Question<Value>, ask: Ask): Promise<Answer<Value>> {
    const kept = await this.find<Value>(question)
    if (kept && this.isGood(kept)) return this.useKept(kept, ask)
    ask.meter.plan(1)
    return this.fetch(question, kept, ask)
  }

  /** What is kept of a question, however old. */
  find<Value>(question: QuestionIdentity): Promise<CacheEntry<Value> | undefined> {
    return this.cache.get<Value>(keyOf(question))
  }

  /** The same for many questions, in their order. Counts what is looked up. @throws QueryTooComplexError for too many */
  findMany<Value>(
    questions: readonly QuestionIdentity[],
    ask: Ask,
  ): Promise<readonly (CacheEntry<Value> | undefined)[]> {
    ask.meter.look(questions.length)
    return this.cache.getMany<Value>(questions.map(keyOf))
  }

  /** Whether a kept entry still answers: within its life, or no older than `maxAgeMs`. */
  isGood(kept: CacheEntry<unknown>, maxAgeMs = 0): boolean {
    const now = this.clock.now()
    return now < kept.freshUntil || now - kept.fetchedAt < maxAgeMs
  }

  /** Counts a kept entry as this operation's answer. */
  useKept<Value>(kept: CacheEntry<Value>, ask: Ask): Answer<Value> {
    ask.meter.cached += 1
    return { value: kept.value, fetchedAt: kept.fetchedAt, freshUntil: kept.freshUntil, stale: false }
  }

  /**
   * Asks the provider, sharing the call; falls back on `kept`. The call must have been planned.
   * @param kept what was found and is not good enough, or is to be asked for once more all the same
   */
  async fetch<Value>(question: Question<Value>, kept: CacheEntry<Value> | undefined, ask: Ask): Promise<Answer<Value>> {
    const work = async (detached: Ask) => {
      // Somebody else may have asked since it was looked up: what can no longer change is asked for once.
      const known = await this.find<Value>(question)
      if (known && known !== kept && this.isGood(known)) {
        detached.meter.cached += 1
        return known
      }
      const value = await question.fetch(detached)
      const fetchedAt = this.clock.now()
      const entry = { value, fetchedAt, freshUntil: question.freshUntil(value, fetchedAt) }
      await this.keep(question, entry, question.sizeOf(value), question.usefulMs)
      return entry
    }
    try {
      const entry = await this.share(keyOf(question), work, ask, kept === undefined)
      return { value: entry.value, fetchedAt: entry.fetchedAt, freshUntil: entry.freshUntil, stale: false }
    } catch (error) {
      const fallback = this.fallBack(kept, error, ask)
      if (fallback) return fallback
      throw error
    }
  }

  /** The kept entry as a stale answer, when the error is one that stale data beats and the entry is not too old. */
  fallBack<Value>(kept: CacheEntry<Value> | undefined, error: unknown, ask: Ask): Answer<Value> | undefined {
    if (!kept || !(error instanceof GatewayError) || !forgivable.has(error.code)) return undefined
    if (this.clock.now() > kept.freshUntil + this.maxStaleMs) return undefined
    return { ...this.useKept(kept, ask), stale: true, staleBecause: error }
  }

  /**
   * Runs `work` once for all who ask for `key` at the same time. A follower whose leader ran out of time does
   * the work itself when it has time left.
   */
  async share<Value>(
    key: string,
    work: (ask: Ask) => Promise<Value>,
    ask: Ask,
    mayRunAgain = true,
    isSecond = false,
  ): Promise<Value> {
    const detached: Ask = { ...ask, signal: neverAborted }
    const startedAtMs = this.clock.monotonicMs()
    let joined = true
    const lead = () => {
      joined = false
      return work(detached)
    }
    const wait = this.limitWait(ask)
    try {
      const { value, shared } = await this.flights.run(key, lead, wait.signal)
      if (shared) ask.meter.coalesced += 1
      return value
    } catch (error) {
      const outOfTime =
        error instanceof GatewayError && (error.code === 'UPSTREAM_TIMEOUT' || error.code === 'QUOTA_EXHAUSTED')
      const now = this.clock.monotonicMs()
      // Only when time has passed since: an error that came at once would come at once again.
      const mayHelp = mayRunAgain && outOfTime && now > startedAtMs
      // What the leader's operation may cost says nothing of what this one may.
      const wasTooMuch = error instanceof GatewayError && error.code === 'QUERY_TOO_COMPLEX'
      if (joined && !isSecond && (mayHelp || wasTooMuch) && now < ask.deadlineAtMs && !ask.signal.aborted)
        return this.share(key, work, ask, false, true)
      throw error
    } finally {
      wait.end()
    }
  }

  /** A signal that ends one caller's wait: when it leaves, and at its own deadline, whoever leads the work. */
  private limitWait(ask: Ask): { readonly signal: AbortSignal; end(): void } {
    const waiting = new AbortController()
    const waited = new AbortController()
    const leave = () => waiting.abort(ask.signal.reason)
    if (ask.signal.aborted) leave()
    ask.signal.addEventListener('abort', leave, { once: true })
    this.clock.delay(ask.deadlineAtMs - this.clock.monotonicMs() + LAST_WORD_MS, waited.signal).then(
      () => waiting.abort(new UpstreamError('UPSTREAM_TIMEOUT', 'no answer came in time')),
      () => {},
    )
    return {
      signal: waiting.signal,
      end: () => {
        waited.abort()
        ask.signal.removeEventListener('abort', leave)
      },
    }
  }

  /** Stores an entry for as long as it can be of use, stale included. */
  keep<Value>(
    question: QuestionIdentity,
    entry: CacheEntry<Value>,
    sizeBytes: number,
    usefulMs = MAX_USEFUL_MS,
  ): Promise<void> {
    const keepUntil = Math.min(entry.freshUntil + this.maxStaleMs, entry.fetchedAt + usefulMs)
    return this.cache.set(keyOf(question), entry, { sizeBytes, keepUntil })
  }
}

/** Shared work is bounded by its deadline, not by any caller's patience. */
const neverAborted = new AbortController().signal

function keyOf(question: QuestionIdentity): string {
  return toCacheKey([question.account, question.operation, ...question.parts])
}
