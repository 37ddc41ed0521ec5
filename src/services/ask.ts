// The one way a question goes: cache (fresh) → single flight → provider → cache (stale). What one caller learns
// all others share, in other processes too; a caller that leaves ends only its own wait.
import type { Cache, CacheEntry } from '#cache/cache.ts'
import type { Ask } from '#contract/ask.ts'
import type { AnswerObserver } from '#contract/given-answer.ts'
import type { FlightName, SingleFlight } from '#fleet/single-flight.ts'
import type { Clock } from '#model/clock.ts'
import { GatewayError } from '#model/errors.ts'
import { AnswerTally, AnswerTeller } from './answer-tally.ts'
import { BackgroundRefresh, type RevalidateOptions } from './background-refresh.ts'
import { isForgivable } from './forgivable.ts'
import { Patience } from './patience.ts'
import { type AskedWork, type KeepOptions, type Question, type QuestionIdentity, toQuestionKey } from './question.ts'
import type { Answer } from './views.ts'
import { limitWait } from './wait-limit.ts'

const MAX_USEFUL_MS = 400 * 86_400_000

/** What the asker works with. */
export interface AskerOptions {
  readonly cache: Cache
  readonly flights: SingleFlight
  readonly clock: Clock
  /** How long past its life an answer may still be shown when nothing newer can be had. */
  readonly maxStaleMs: number
  /** Longest time that an answer is kept, however long it stays true. Left out: no limit. */
  readonly maxKeepMs?: number
  /** When an old answer is given at once and renewed behind the caller's back. Left out: never. */
  readonly revalidate?: RevalidateOptions
  /** Told of every answer. Left out: nobody is. */
  readonly answers?: AnswerObserver | undefined
}

/** How work is shared. */
export interface ShareOptions {
  /** Whether an older answer can be given instead: then nobody waits long for a newer one, which is fetched all the same. */
  readonly hasFallback?: boolean
  /** Whether a follower whose leader ran out of time may do it itself; true when left out. */
  readonly mayRunAgain?: boolean
  /** Counts where the result came from, as one call. */
  readonly tally?: AnswerTally | undefined
}

/** Answers questions from the cache, from others in flight, or from the provider. */
export class Asker {
  readonly clock: Clock
  readonly teller: AnswerTeller
  private readonly cache: Cache
  private readonly flights: SingleFlight
  private readonly maxStaleMs: number
  private readonly maxKeepMs: number
  private readonly background: BackgroundRefresh
  private readonly patience: Patience

  constructor(options: AskerOptions) {
    this.cache = options.cache
    this.flights = options.flights
    this.clock = options.clock
    this.teller = new AnswerTeller(options.clock, options.answers)
    this.maxStaleMs = options.maxStaleMs
    this.maxKeepMs = options.maxKeepMs ?? Number.POSITIVE_INFINITY
    this.patience = new Patience(options.clock)
    const { withinMs, deadlineMs } = options.revalidate ?? { withinMs: 0, deadlineMs: 0 }
    this.background = new BackgroundRefresh(this.clock, {
      withinMs: Math.min(withinMs, this.maxStaleMs),
      deadlineMs,
    })
  }

  /** The usual way: a fresh answer from wherever it is cheapest, else a stale one, else the error. */
  async ask<Value>(question: Question<Value>, ask: Ask): Promise<Answer<Value>> {
    const { kept, answer } = await ask.meter.planTogether(
      () => this.lookUp(question, ask),
      ({ answer }) => (answer ? 0 : 1),
    )
    const tally = new AnswerTally()
    if (answer && !answer.stale) tally.kept = 1
    const given = answer ?? (await this.fetch(question, kept, ask, tally))
    this.teller.tell(question, ask, given, tally)
    return given
  }

  private async lookUp<Value>(question: Question<Value>, ask: Ask) {
    const kept = await this.find<Value>(question)
    if (kept && this.isGood(kept)) return { kept, answer: this.useKept(kept, ask) }
    if (kept && this.isOverdue(kept)) return { kept, answer: this.useOverdue(question, kept, ask) }
    return { kept, answer: undefined }
  }

  /** What is kept of a question, however old. */
  find<Value>(question: QuestionIdentity): Promise<CacheEntry<Value> | undefined> {
    return this.cache.get<Value>(toQuestionKey(question))
  }

  /** The same for many questions, in their order. Counts what is looked up. @throws QueryTooComplexError for too many */
  findMany<Value>(
    questions: readonly QuestionIdentity[],
    ask: Ask,
  ): Promise<readonly (CacheEntry<Value> | undefined)[]> {
    ask.meter.look(questions.length)
    return this.cache.getMany<Value>(questions.map(toQuestionKey))
  }

  /** Whether a kept entry still answers: within its life, or no older than `maxAgeMs`. */
  isGood(kept: CacheEntry<unknown>, maxAgeMs = 0): boolean {
    const now = this.clock.now()
    return now < kept.freshUntil || now - kept.fetchedAt < maxAgeMs
  }

  /** Whether an entry that does not answer any more is given all the same while a newer one is fetched. */
  isOverdue(kept: CacheEntry<unknown>): boolean {
    return this.background.isOverdue(kept)
  }

  /**
   * Counts a kept entry as this operation's answer.
   * @param life until when it goes on being that, where this is not its own life
   */
  useKept<Value>(kept: CacheEntry<Value>, ask: Ask, life = kept.freshUntil): Answer<Value> {
    ask.meter.cached += 1
    ask.meter.hold(Math.min(life, kept.fetchedAt + this.maxKeepMs))
    return { value: kept.value, fetchedAt: kept.fetchedAt, freshUntil: kept.freshUntil, stale: false }
  }

  /**
   * Gives an overdue entry, marked stale, and asks the question anew without the caller.
   * @param calls provider calls to be planned for it; 0 where its own work plans them
   */
  useOverdue<Value>(question: Question<Value>, kept: CacheEntry<Value>, ask: Ask, calls = 1): Answer<Value> {
    this.renew(toQuestionKey(question), calls, ask, (own) => this.fetch(question, kept, own))
    return this.useStale(kept, ask)
  }

  /** Has something asked anew that nobody waits for, once at a time. */
  renew(flight: FlightName, calls: number, ask: Ask, work: (ask: Ask) => Promise<unknown>): void {
    this.background.start(flight.key, ask, async (own) => {
      own.meter.plan(calls)
      await work(own)
    })
  }

  /** Counts a kept entry that is past its life as this operation's answer. */
  useStale<Value>(kept: CacheEntry<Value>, ask: Ask): Answer<Value> {
    ask.meter.holdNot()
    return { ...this.useKept(kept, ask), stale: true }
  }

  /**
   * What is kept now of some questions, when it answers all of them and each entry is newer than what was in hand.
   * @param inHand per question an entry that was found and did not do; undefined where any entry that is good will do
   */
  async recall<Value>(
    questions: readonly QuestionIdentity[],
    inHand: readonly (CacheEntry<Value> | undefined)[],
  ): Promise<readonly CacheEntry<Value>[] | undefined> {
    const known = (await this.cache.getMany<Value>(questions.map(toQuestionKey))).filter((entry, index) => {
      // Ages tell entries apart, identity does not: the same entry read twice from afar is two objects.
      const fetchedAt = inHand[index]?.fetchedAt ?? Number.NEGATIVE_INFINITY
      return entry !== undefined && entry.fetchedAt > fetchedAt && this.isGood(entry)
    })
    const entries = known.filter((entry) => entry !== undefined)
    return entries.length === questions.length ? entries : undefined
  }

  /**
   * Asks the provider, sharing the call; falls back on `kept`. The call must have been planned.
   * @param kept what was found and is not good enough, or is to be asked for once more all the same
   * @param tally of the answer that it becomes, or becomes a part of; a stale one counts as nothing
   */
  async fetch<Value>(
    question: Question<Value>,
    kept: CacheEntry<Value> | undefined,
    ask: Ask,
    tally?: AnswerTally,
  ): Promise<Answer<Value>> {
    const recall = async () => (await this.recall<Value>([question], [kept]))?.[0]
    const run: AskedWork<CacheEntry<Value>>['run'] = async (detached, recalled, leave) => {
      const begunAtMs = this.clock.monotonicMs()
      const known = await recalled
      if (known) {
        detached.meter.cached += 1
        return known
      }
      // Nothing is an answer too: a null or an empty list is kept for its pace like any other value, so that what is
      // not there is not asked for without end. An error never is; who asks next may fare better.
      const value = await question.fetch(detached)
      const fetchedAt = this.clock.now()
      const entry = { value, fetchedAt, freshUntil: question.freshUntil(value, fetchedAt) }
      leave(
        this.keep(question, entry, {
          sizeBytes: question.sizeOf(value),
          begunAtMs,
          usefulMs: question.usefulMs,
          isPrivate: question.isPrivate?.(value),
        }),
      )
      return entry
    }
    try {
      const entry = await this.share(toQuestionKey(question), { run, recall }, ask, {
        hasFallback: this.isOfUse(kept),
        mayRunAgain: kept === undefined,
        tally,
      })
      return { value: entry.value, fetchedAt: entry.fetchedAt, freshUntil: entry.freshUntil, stale: false }
    } catch (error) {
      const fallback = this.fallBack(kept, error, ask)
      if (fallback) return fallback
      throw error
    }
  }

  /** The kept entry as a stale answer, when the error is one that stale data beats and the entry is not too old. */
  fallBack<Value>(kept: CacheEntry<Value> | undefined, error: unknown, ask: Ask): Answer<Value> | undefined {
    if (!kept || !isForgivable(error) || !this.isOfUse(kept)) return undefined
    return { ...this.useStale(kept, ask), staleBecause: error }
  }

  /** Whether an entry is there and not too old to be shown for want of anything newer. */
  isOfUse(kept: CacheEntry<unknown> | undefined): boolean {
    return kept !== undefined && this.clock.now() <= kept.freshUntil + this.maxStaleMs
  }

  /**
   * Does the work once for all who want the same at the same time. A follower whose leader ran out of time does it
   * itself when it has time left. @throws what the work throws; UpstreamError `UPSTREAM_TIMEOUT` when the wait is over
   */
  async share<Value>(
    flight: FlightName,
    work: AskedWork<Value>,
    ask: Ask,
    { hasFallback = false, mayRunAgain = true, tally }: ShareOptions = {},
    isSecond = false,
  ): Promise<Value> {
    // What is asked for now, with whatever becomes of it, tells nothing of what would be said to who asks again.
    ask.meter.holdNot()
    const detached: Ask = { ...ask, signal: neverAborted }
    const startedAtMs = this.clock.monotonicMs()
    let joined = true
    let isRecalled = false
    const keeping: Promise<unknown>[] = []
    const run = async (recalled: Promise<Value | undefined>) => {
      joined = false
      recalled.then(
        (known) => {
          isRecalled = known !== undefined
        },
        () => undefined,
      )
      try {
        const value = await work.run(detached, recalled, (kept) => keeping.push(kept.catch(() => undefined)))
        this.patience.learn(flight.scope, true)
        return value
      } catch (error) {
        if (isForgivable(error)) this.patience.learn(flight.scope, false)
        throw error
      }
    }
    const untilMs = hasFallback ? this.patience.toLimitMs(flight.scope, ask.deadlineAtMs) : ask.deadlineAtMs
    const wait = limitWait({ signal: ask.signal, deadlineAtMs: untilMs }, this.clock)
    try {
      const { value, shared } = await this.flights.run(
        flight,
        { run, recall: work.recall, left: () => Promise.all(keeping) },
        wait.signal,
      )
      if (shared) ask.meter.coalesced += 1
      if (tally) tally[shared ? 'shared' : isRecalled ? 'kept' : 'asked'] += 1
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
        return this.share(flight, work, ask, { hasFallback, mayRunAgain: false, tally }, true)
      throw error
    } finally {
      wait.end()
    }
  }

  /** Stores an entry for as long as it can be of use, stale included. */
  keep<Value>(
    question: QuestionIdentity,
    entry: CacheEntry<Value>,
    { sizeBytes, begunAtMs, ...options }: KeepOptions,
  ): Promise<void> {
    const { usefulMs = MAX_USEFUL_MS, isPrivate = false } = options
    const keepUntil = Math.min(entry.freshUntil + this.maxStaleMs, entry.fetchedAt + usefulMs)
    return this.cache.set(toQuestionKey(question), entry, { sizeBytes, keepUntil, isPrivate, begunAtMs })
  }
}

/** Shared work is bounded by its deadline, not by any caller's patience. */
const neverAborted = new AbortController().signal
