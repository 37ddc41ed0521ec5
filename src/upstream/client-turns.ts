/**
 * Turns of the clients of a lane: start-time fair queueing. A client's next turn comes one after its last, but never
 * before the last turn of anybody: who was away is owed nothing, and who wants most gets no more than the others.
 */
export class ClientTurns {
  private current = 0
  private readonly next = new Map<string, number>()

  /** The turn that was used last. */
  get last(): number {
    return this.current
  }

  /** The turn a client may use; grows only. */
  nextOf(client: string): number {
    return Math.max(this.current, this.next.get(client) ?? 0)
  }

  /** A client uses its turn. */
  use(client: string): void {
    this.current = this.nextOf(client)
    this.next.set(client, this.current + 1)
  }

  /** Forgets clients of whom there is nothing to remember. */
  prune(): void {
    for (const [client, turn] of this.next) if (turn <= this.current) this.next.delete(client)
  }

  /** The same turns, to be used up elsewhere. */
  copy(): ClientTurns {
    const copy = new ClientTurns()
    copy.current = this.current
    for (const [client, turn] of this.next) copy.next.set(client, turn)
    return copy
  }
}
