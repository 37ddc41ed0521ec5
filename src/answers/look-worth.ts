// Whether it is worth a way to the store to look for an answer. Replicas that ask each other's questions find most of
// them there; a stream of questions that nobody has asked before finds none, and would pay that way for each. A look
// that finds nothing delays who needs the time most: whoever waits for a provider, or is to be refused at once.

/**
 * Most looks that are left out before one is made, to learn whether there is something to find again. More than 100, so
 * that looks in vain are not what the slowest hundredth of requests is about.
 */
const MOST_LEFT_OUT = 255
/** Looks in vain before any is left out, and how many of them one that finds something makes up for. */
const PATIENCE = 16
const MADE_UP_FOR = 2
/** How much faster looks come back than they became rare. */
const WAY_BACK = 4

/** Learns from looks: in vain for long they become ever rarer, and come back with the first that finds something. */
export class LookWorth {
  /** A process that has just begun takes everything to be there. */
  private patience = PATIENCE
  /** How many looks are left out after each that is made. */
  private gap = 0
  private leftOut = 0

  /** Whether the next look is made. */
  isWorth(): boolean {
    if (this.leftOut < this.gap) {
      this.leftOut += 1
      return false
    }
    this.leftOut = 0
    return true
  }

  /** Told of a look. */
  learn(hasFound: boolean): void {
    if (hasFound) {
      this.gap = Math.floor(this.gap / WAY_BACK)
      this.patience = Math.min(PATIENCE, this.patience + MADE_UP_FOR)
    } else if (this.patience > 0) {
      this.patience -= 1
    } else {
      this.gap = Math.min(MOST_LEFT_OUT, 2 * this.gap + 1)
    }
  }
}
