// A way through the order of those who wait, in time with as many as there are.
import type { Lane } from '#contract/ask.ts'
import type { ClientTurns } from './client-turns.ts'
import { Heap } from './heap.ts'

/** One who waits. */
export interface Waiting {
  /** What is wanted. Those of one client, lane and operation stand in one line. */
  readonly wish: { readonly lane: Lane; readonly operation: string }
  readonly client: string
  /** Place in the order of arrival, over everybody. */
  readonly ticket: number
}

/** The first of those of a lane who want the same. */
export interface Head<Waiter> {
  readonly waiter: Waiter
}

/** The first of a line, and the turn it had when it was last looked at. */
interface LineHead<Waiter> {
  readonly waiter: Waiter
  readonly rest: Iterator<Waiter>
  turn: number
}

/** Lines of the same lane and operation, one of each client. */
interface Group<Waiter> {
  readonly turns: ClientTurns
  /** Those whose turn has come, by arrival. */
  readonly ready: Heap<LineHead<Waiter>>
  /** The others, by turn. */
  readonly later: Heap<LineHead<Waiter>>
}

/** Goes through an order from head to head. */
export class OrderWalk<Waiter extends Waiting> {
  private readonly turns: Readonly<Record<Lane, ClientTurns>>
  private readonly groups: Readonly<Record<Lane, Map<string, Group<Waiter>>>> = {
    interactive: new Map(),
    background: new Map(),
  }

  /** @param lines one for each client, lane and operation. @param turns are used up on the way */
  constructor(lines: Iterable<Iterator<Waiter>>, turns: Readonly<Record<Lane, ClientTurns>>) {
    this.turns = turns
    for (const line of lines) this.advance(line)
  }

  /** For each operation of a lane, whose turn it is. */
  headsOf(lane: Lane): readonly Head<Waiter>[] {
    return [...this.groups[lane].values()].map(findFirst).filter((head) => head !== undefined)
  }

  /** Whether it is the turn of `one` before that of `other`. */
  isBefore(one: Waiter, other: Waiter): boolean {
    const { lane } = one.wish
    if (lane !== other.wish.lane) return lane === 'interactive'
    const ahead = this.turns[lane].nextOf(one.client) - this.turns[lane].nextOf(other.client)
    return ahead < 0 || (ahead === 0 && one.ticket < other.ticket)
  }

  /** Goes past a head that has its turn. */
  serve(head: Head<Waiter>): void {
    this.turns[head.waiter.wish.lane].use(head.waiter.client)
    this.skip(head)
  }

  /** Goes past a head that leaves without a turn. */
  skip(head: Head<Waiter>): void {
    const line = this.remove(head)
    if (line !== undefined) this.advance(line.rest)
  }

  /** Leaves out a head and all behind it. */
  block(head: Head<Waiter>): void {
    this.remove(head)
  }

  private remove({ waiter }: Head<Waiter>): LineHead<Waiter> | undefined {
    const group = this.groups[waiter.wish.lane].get(waiter.wish.operation)
    if (group?.ready.first?.waiter === waiter) return group.ready.pop()
    return group?.later.first?.waiter === waiter ? group.later.pop() : undefined
  }

  private advance(rest: Iterator<Waiter>): void {
    const { value, done } = rest.next()
    if (done !== true) file(this.groupOf(value), { waiter: value, rest, turn: 0 })
  }

  private groupOf({ wish }: Waiter): Group<Waiter> {
    const groups = this.groups[wish.lane]
    const group = groups.get(wish.operation) ?? {
      turns: this.turns[wish.lane],
      ready: new Heap<LineHead<Waiter>>((one, other) => one.waiter.ticket < other.waiter.ticket),
      later: new Heap<LineHead<Waiter>>(
        (one, other) => one.turn < other.turn || (one.turn === other.turn && one.waiter.ticket < other.waiter.ticket),
      ),
    }
    groups.set(wish.operation, group)
    return group
  }
}

/** Puts a head where it belongs as turns are now. */
function file<Waiter extends Waiting>({ turns, ready, later }: Group<Waiter>, line: LineHead<Waiter>): void {
  line.turn = turns.nextOf(line.waiter.client)
  if (line.turn > turns.last) later.push(line)
  else ready.push(line)
}

/** Turns have been used since the heads were filed, and only those at the top are looked at again. */
function findFirst<Waiter extends Waiting>(group: Group<Waiter>): Head<Waiter> | undefined {
  const { turns, ready, later } = group
  const isStale = (line: LineHead<Waiter>) => turns.nextOf(line.waiter.client) > Math.max(line.turn, turns.last)
  const refile = (heap: Heap<LineHead<Waiter>>, mustMove: (line: LineHead<Waiter>) => boolean) => {
    for (let { first } = heap; first !== undefined && mustMove(first); { first } = heap) {
      heap.pop()
      file(group, first)
    }
  }
  refile(later, (line) => line.turn <= turns.last || isStale(line))
  refile(ready, isStale)
  return ready.first ?? later.first
}
