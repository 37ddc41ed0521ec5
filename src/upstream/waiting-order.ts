// The order of those who wait for a start: interactive calls before background ones, the clients of a lane by turns,
// the calls of a client as they came. It knows nothing of time, quotas or gates.
import { ClientTurns } from './client-turns.ts'
import { OrderWalk, type Waiting } from './order-walk.ts'

/** How many of a client wait for an operation. */
export interface Crowd<Waiter> {
  readonly count: number
  /** Who came last. */
  readonly last: Waiter
}

/** Everybody who waits. */
export class WaitingOrder<Waiter extends Waiting> {
  private readonly lines = new Map<string, Set<Waiter>>()
  private readonly turns = { interactive: new ClientTurns(), background: new ClientTurns() }
  private count = 0

  /** How many wait. */
  get size(): number {
    return this.count
  }

  /** Everybody, line by line. */
  *[Symbol.iterator](): Generator<Waiter> {
    for (const line of this.lines.values()) yield* line
  }

  /** Puts one at the end of its line. */
  add(waiter: Waiter): void {
    const name = toLineName(waiter)
    const line = this.lines.get(name) ?? new Set()
    this.lines.set(name, line.add(waiter))
    this.count += 1
  }

  /** Lets one go that gives up its place. @returns whether it was waiting */
  delete(waiter: Waiter): boolean {
    const name = toLineName(waiter)
    const line = this.lines.get(name)
    if (line?.delete(waiter) !== true) return false
    if (line.size === 0) this.lines.delete(name)
    this.count -= 1
    return true
  }

  /** Lets one go whose turn it was. @returns whether it was waiting */
  serve(waiter: Waiter): boolean {
    const wasWaiting = this.delete(waiter)
    if (wasWaiting) {
      this.turns[waiter.wish.lane].use(waiter.client)
      this.turns[waiter.wish.lane].prune()
    }
    return wasWaiting
  }

  /** Those who wait for an operation, by client. */
  listCrowds(operation: string): ReadonlyMap<string, Crowd<Waiter>> {
    const crowds = new Map<string, Crowd<Waiter>>()
    for (const waiter of this) {
      if (waiter.wish.operation !== operation) continue
      const known = crowds.get(waiter.client)
      const last = known !== undefined && known.last.ticket > waiter.ticket ? known.last : waiter
      crowds.set(waiter.client, { count: (known?.count ?? 0) + 1, last })
    }
    return crowds
  }

  /** Those who want the same, client by client. */
  lists(): Iterable<ReadonlySet<Waiter>> {
    return this.lines.values()
  }

  /** Goes through the order as it is now, without changing it. @param newcomer one that might join */
  walk(newcomer?: Waiter): OrderWalk<Waiter> {
    const rests = new Map([...this.lines].map(([name, line]): [string, Iterator<Waiter>] => [name, line.values()]))
    if (newcomer !== undefined) {
      const name = toLineName(newcomer)
      rests.set(name, iterate(this.lines.get(name) ?? [], newcomer))
    }
    const { interactive, background } = this.turns
    return new OrderWalk(rests.values(), { interactive: interactive.copy(), background: background.copy() })
  }
}

function* iterate<Waiter>(line: Iterable<Waiter>, newcomer: Waiter): Generator<Waiter> {
  yield* line
  yield newcomer
}

/** Those of the same name stand in one line. */
export function toLineName({ wish, client }: Waiting): string {
  return JSON.stringify([wish.lane, wish.operation, client])
}
