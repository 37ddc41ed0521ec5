// Questions of one operation whose prices are found out at the same time, and which are planned as one.

/** From the first question that looks up what it needs until no look-up is under way any more. */
export class PlanningRound {
  private underWay = 0
  private calls = 0
  private hasEnded = false
  private readonly end = Promise.withResolvers<void>()
  private readonly plan: (calls: number) => void

  /** @param plan called once with what all questions need together; what it throws refuses all that need anything */
  constructor(plan: (calls: number) => void) {
    this.plan = plan
  }

  /** A question begins to look up what it needs. */
  enter(): void {
    this.underWay += 1
  }

  /**
   * It knows. @param calls provider calls it needs; 0 also when the look-up failed
   * @returns resolves when the calls may be made, rejects with what `plan` threw; undefined where none are needed
   */
  leave(calls: number): Promise<void> | undefined {
    this.underWay -= 1
    this.calls += calls
    // Neighbours that begin in the same turn belong to it, however soon this one was answered.
    if (this.underWay === 0) queueMicrotask(() => process.nextTick(() => this.settle()))
    return calls === 0 ? undefined : this.end.promise
  }

  private settle(): void {
    if (this.underWay > 0 || this.hasEnded) return
    this.hasEnded = true
    try {
      this.plan(this.calls)
      this.end.resolve()
    } catch (error) {
      this.end.reject(error)
    }
  }
}
