// Whether it is worth a way to the store to look for an answer. Replicas that ask each other's questions find most of
// them there; a stream of questions that nobody has asked before finds none, and would pay that way for each.

/** How much the last look counts in what is taken to be usual. */
const LAST_LOOK_WEIGHT = 0.05
/**
 * Below that share of looks that found something, only one of so many is made, to learn when that changes. A look that
 * finds nothing delays who needs the time most: whoever waits for a provider, or is to be refused at once.
 */
const LEAST_SHARE = 0.5
const LOOKS_LEFT_OUT = 15

/** Learns from looks. */
export class LookWorth {
  /** Share of the last looks that found something. A process that has just begun takes everything to be there. */
  private share = 1
  private leftOut = 0

  /** Whether the next look is made. */
  isWorth(): boolean {
    if (this.share < LEAST_SHARE && this.leftOut < LOOKS_LEFT_OUT) {
      this.leftOut += 1
      return false
    }
    this.leftOut = 0
    return true
  }

  /** Told of a look. */
  learn(hasFound: boolean): void {
    this.share += LAST_LOOK_WEIGHT * (Number(hasFound) - this.share)
  }
}
