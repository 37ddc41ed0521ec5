// What every question carries along, from the edge down to the provider call.
import type { Caller } from '#model/caller.ts'
import { QueryTooComplexError } from '#model/errors.ts'
import { FOREVER, type Instant } from '#model/time-range.ts'
import { PlanningRound } from './planning-round.ts'

/** Interactive reads go first; background collection keeps a share of its own. */
export type Lane = 'interactive' | 'background'

/** Most kept pieces one operation may look up. */
const MAX_PIECES = 20_000

/** Most accounts and capabilities that an operation's savings are told of; those of others are not. */
const MOST_SAVED = 20

/** Provider calls that something kept stood in for. */
export interface SavedCalls {
  readonly account: string
  /** Name of a capability. */
  readonly operation: string
  readonly calls: number
}

/** Counts what one operation costs, and refuses to let it cost more than it may. */
export class Meter {
  /** Provider calls started: attempts whose bytes have left. */
  calls = 0
  /** Answers taken from a cache. */
  cached = 0
  /** Answers shared with another question in flight. */
  coalesced = 0
  /** Rows of provider answers that were left out because they could not be read. */
  unreadableRows = 0
  /** Until when asking again gives the same, on the wall clock: the shortest life of all that went in so far. */
  holdsUntil: Instant = FOREVER
  private readonly savedCalls: SavedCalls[] = []
  private planned = 0
  private looked = 0
  private readonly maxProviderCalls: number
  private renewals: Meter | undefined
  private round: PlanningRound | undefined

  /** @param maxProviderCalls most provider calls the operation may plan, retries not counted */
  constructor(maxProviderCalls = Number.POSITIVE_INFINITY) {
    this.maxProviderCalls = maxProviderCalls
  }

  /** Notes that something went into the answer that holds until then. */
  hold(until: Instant): void {
    if (until < this.holdsUntil) this.holdsUntil = until
  }

  /** What was kept stood in for so far, by account and capability. */
  get saved(): readonly SavedCalls[] {
    return this.savedCalls
  }

  /** Notes provider calls that something kept stood in for. */
  save(account: string, operation: string, calls: number): void {
    if (calls === 0) return
    const index = this.savedCalls.findIndex((one) => one.account === account && one.operation === operation)
    const known = this.savedCalls[index]
    if (known) this.savedCalls[index] = { ...known, calls: known.calls + calls }
    else if (this.savedCalls.length < MOST_SAVED) this.savedCalls.push({ account, operation, calls })
  }

  /** Notes that something of this moment went into the answer. */
  holdNot(): void {
    this.holdsUntil = Number.NEGATIVE_INFINITY
  }

  /**
   * Counts what the operation sets off and does not wait for. It may plan as many provider calls as the operation
   * itself, so that an old answer given at once never sets off more than a new one would have cost.
   */
  get behind(): Meter {
    this.renewals ??= new Meter(this.maxProviderCalls)
    return this.renewals
  }

  /**
   * Announces how many kept pieces (windows, days) are about to be looked up: cheap one by one, but an operation that
   * wants all days of a thousand streams would hold up everybody. @throws QueryTooComplexError over the limit
   */
  look(pieces: number): void {
    if (this.looked + pieces > MAX_PIECES)
      throw new QueryTooComplexError(
        `the operation spans ${this.looked + pieces} or more windows or days of streams; allowed are ${MAX_PIECES}. Ask for a shorter range or fewer streams`,
      )
    this.looked += pieces
  }

  /** Whether so many further provider calls could be announced. */
  canPlan(calls: number): boolean {
    return this.planned + calls <= this.maxProviderCalls
  }

  /** Announces provider calls before any of them is started. @throws QueryTooComplexError over the limit */
  plan(calls: number): void {
    if (!this.canPlan(calls))
      throw new QueryTooComplexError(
        `the operation needs ${this.planned + calls} or more provider calls; allowed are ${this.maxProviderCalls} (queries.maxProviderCalls). Ask for a shorter range or fewer streams`,
      )
    this.planned += calls
  }

  /**
   * Looks up what a question needs, and plans it together with every other question whose look-up is under way: they
   * are all let through or all refused, so that what a list's items need too much of is not spent on the first of them.
   * A question that needs no call waits for nobody and is never refused.
   * @param lookUp must not wait for another question of this operation
   * @param toCalls how many provider calls are needed after what was found
   * @throws QueryTooComplexError over the limit
   */
  async planTogether<Found>(lookUp: () => Promise<Found>, toCalls: (found: Found) => number): Promise<Found> {
    this.round ??= new PlanningRound((calls) => {
      this.round = undefined
      this.plan(calls)
    })
    const { round } = this
    round.enter()
    let found: Found
    let calls = 0
    let allowed: Promise<void> | undefined
    try {
      found = await lookUp()
      calls = toCalls(found)
    } finally {
      allowed = round.leave(calls)
    }
    if (allowed) await allowed
    return found
  }
}

/** The circumstances of a question. */
export interface Ask {
  readonly caller: Caller
  readonly lane: Lane
  /** Aborts when the caller leaves: gives up this caller's wait, never a call that others share. */
  readonly signal: AbortSignal
  /** On `Clock.monotonicMs`: when the caller stops waiting. */
  readonly deadlineAtMs: number
  readonly meter: Meter
  /** The capability whose operation makes the calls, as the account's table names it; nobody has said before it is asked. */
  readonly capability?: string
}
