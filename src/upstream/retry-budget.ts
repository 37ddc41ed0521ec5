// Keeps retries from multiplying the load on a provider that is already failing.

/** Retries earned by one call: retries stay under this share of the calls. */
const EARNED_PER_CALL = 0.1
/** Retries a fresh start may use before any call has earned one. */
const INITIAL_RETRIES = 3
/** Most retries that quiet times save up. */
const MAX_SAVED = 10

/** Retries that an account may still make: at no time more than 3 plus a tenth of its calls. */
export class RetryBudget {
  private saved = INITIAL_RETRIES

  /** A call was made. */
  earn(): void {
    this.saved = Math.min(MAX_SAVED, this.saved + EARNED_PER_CALL)
  }

  /** Pays for a retry. @returns false when there is nothing left to pay with */
  spend(): boolean {
    if (this.saved < 1) return false
    this.saved -= 1
    return true
  }
}
