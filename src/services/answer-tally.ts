// What answers were put together from, counted in provider calls while it happens, and told once for a question.
import type { Ask } from '#contract/ask.ts'
import type { AnswerObserver, GivenAnswer } from '#contract/given-answer.ts'
import type { Clock } from '#model/clock.ts'
import type { QuestionIdentity } from './question.ts'
import type { Freshness } from './views.ts'

/** Of one question, whose parts each stand for a provider call. Made once for it, and not for its parts. */
export class AnswerTally {
  /** Calls that what was kept stood in for. */
  kept = 0
  /** Calls of others that were waited for. */
  shared = 0
  /** Calls of its own. */
  asked = 0

  /** Where the whole is from: one call of its own makes it its own. Stale parts count as none, so that they alone are kept. */
  get from(): GivenAnswer['from'] {
    if (this.asked > 0) return 'asked'
    return this.shared > 0 ? 'shared' : 'kept'
  }

  /** Makes it that of a question that a single call of its own would have answered, however many it was part of. */
  foldToOne(): void {
    const { from } = this
    this.shared = from === 'shared' ? 1 : 0
    this.kept = from === 'kept' && this.kept > 0 ? 1 : 0
  }
}

/** Tells of answers. */
export class AnswerTeller {
  private readonly clock: Pick<Clock, 'now'>
  private readonly observer: AnswerObserver | undefined

  /** @param observer nobody is told when left out */
  constructor(clock: Pick<Clock, 'now'>, observer: AnswerObserver | undefined) {
    this.clock = clock
    this.observer = observer
  }

  /** Tells of an answer that is about to be given. */
  tell(
    { account, operation }: Pick<QuestionIdentity, 'account' | 'operation'>,
    { caller, meter }: Pick<Ask, 'caller' | 'meter'>,
    { fetchedAt, stale }: Pick<Freshness, 'fetchedAt' | 'stale'>,
    tally: AnswerTally,
  ): void {
    if (!this.observer) return
    meter.save(account, operation, tally.kept)
    this.observer.gave({
      account,
      operation,
      client: caller.name,
      from: tally.from,
      isStale: stale,
      // A clock that was set back makes nothing younger than now.
      ageMs: Math.max(0, this.clock.now() - fetchedAt),
      savedByCache: tally.kept,
      savedBySharing: tally.shared,
    })
  }
}
