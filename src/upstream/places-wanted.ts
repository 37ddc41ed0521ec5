// How many places in the shared line one process wants, and how many it has said it does.
import type { FleetLimit } from './fleet-plans.ts'
import type { TimedWish, WaitingCalls } from './start-ledger.ts'
import { type LanesWaiting, nobody } from './starts-terms.ts'
import type { StartsView } from './starts-view.ts'

/** The calls of one process that wait for starts, as the shared log is told of them. */
export class PlacesWanted {
  private wanted: LanesWaiting = nobody
  private told: LanesWaiting = nobody
  /** Of wishes that are on their way to the log: those that keep their places until they are there. */
  private readonly underWay = new Map<readonly TimedWish[], readonly TimedWish[]>()
  /** Limits of interfaces, in the order of their logs. */
  private readonly interfaces: readonly (readonly [operation: string, limit: FleetLimit])[]

  constructor(interfaces: ReadonlyMap<string, FleetLimit>) {
    this.interfaces = [...interfaces]
  }

  /** Whether any call waits. */
  isAny(): boolean {
    return this.wanted.interactive.count + this.wanted.background.count > 0
  }

  /** Whether the log has been told of those that wait now. */
  isTold(): boolean {
    const { wanted, told } = this
    return wanted.interactive.count === told.interactive.count && wanted.background.count === told.background.count
  }

  /** Those that wait now. @param view the log as last seen */
  want(calls: readonly WaitingCalls[], view: StartsView | undefined): void {
    this.wanted = calls.reduce((lanes, { wish, count, lastDeadlineAtMs }) => {
      const places = Math.min(count, this.roomOf(wish.operation, view))
      return places > 0 ? add(lanes, { ...wish, waitsUntilMs: lastDeadlineAtMs }, places) : lanes
    }, nobody)
  }

  /** Starts are about to be taken for these, which do not count as waiting any more. @param view the log as last seen */
  begin(wishes: readonly TimedWish[], view: StartsView | undefined): void {
    this.underWay.set(wishes, this.listWaiting(wishes, view))
  }

  /** What to tell the log with the next call. @param wishes that go with it */
  tell(wishes: readonly TimedWish[] = []): LanesWaiting {
    this.told = this.wanted
    for (const [key, waiting] of this.underWay) if (key !== wishes) this.told = addAll(this.told, waiting)
    return wishes.reduce((lanes, wish) => add(lanes, wish, 0), this.told)
  }

  /** The log has answered these. @param refused those that have got places instead of starts, and wait again */
  hear(wishes: readonly TimedWish[], refused: readonly TimedWish[], view: StartsView): void {
    this.end(wishes)
    const waiting = this.listWaiting(refused, view)
    this.told = addAll(this.told, waiting)
    this.wanted = addAll(this.wanted, waiting)
  }

  /** These are not on their way any more, whether or not there was an answer. */
  end(wishes: readonly TimedWish[]): void {
    this.underWay.delete(wishes)
  }

  /** Who waits for the limit of an interface would hold up others in the line of the account. */
  private listWaiting(wishes: readonly TimedWish[], view: StartsView | undefined): readonly TimedWish[] {
    return wishes.filter((wish) => wish.waitsUntilMs !== undefined && this.roomOf(wish.operation, view) > 0)
  }

  private roomOf(operation: string, view: StartsView | undefined): number {
    const index = this.interfaces.findIndex(([name]) => name === operation)
    const limit = this.interfaces[index]?.[1]
    return limit === undefined ? Number.POSITIVE_INFINITY : limit.parts.capacity - (view?.logs[index + 1]?.used ?? 0)
  }
}

function addAll(lanes: LanesWaiting, wishes: readonly TimedWish[]): LanesWaiting {
  return wishes.reduce((sum, wish) => add(sum, wish, 1), lanes)
}

function add(lanes: LanesWaiting, { lane, waitsUntilMs = 0 }: TimedWish, count: number): LanesWaiting {
  const known = lanes[lane]
  return { ...lanes, [lane]: { count: known.count + count, untilMs: Math.max(known.untilMs, waitsUntilMs) } }
}
