// When whose turn comes: the queue and the ledger's plan, run forward together.
import type { Lane } from '#contract/ask.ts'
import type { Head, OrderWalk, Waiting } from './order-walk.ts'
import type { StartPlan, StartWish } from './start-ledger.ts'
import type { WaitingOrder } from './waiting-order.ts'

/** The background is asked for first: that one of its calls waits changes what is free for the others. */
const lanes: readonly Lane[] = ['background', 'interactive']

/** One that waits for a start, until a time on `Clock.monotonicMs`. */
export interface BoundWaiting extends Waiting {
  readonly wish: StartWish
  readonly deadlineAtMs: number
}

/** When a start is free for the head of a line, everybody else left aside. */
export interface FreeHead<Waiter> {
  readonly head: Head<Waiter>
  /** On `Clock.monotonicMs`; infinity when it is not known. */
  readonly atMs: number
}

/** When a start is free for each head. */
export function listFreeHeads<Waiter extends BoundWaiting>(
  walk: OrderWalk<Waiter>,
  plan: StartPlan,
  fromMs: number,
): readonly FreeHead<Waiter>[] {
  return lanes.flatMap((lane) =>
    walk.headsOf(lane).map((head) => ({ head, atMs: plan.freeAt(head.waiter.wish, fromMs) })),
  )
}

/** The head whose turn is next: the earliest, and of those the first in the order. */
export function findNext<Waiter extends BoundWaiting>(
  walk: OrderWalk<Waiter>,
  plan: StartPlan,
  fromMs: number,
): FreeHead<Waiter> | undefined {
  let next: FreeHead<Waiter> | undefined
  for (const each of listFreeHeads(walk, plan, fromMs))
    if (
      next === undefined ||
      each.atMs < next.atMs ||
      (each.atMs === next.atMs && walk.isBefore(each.head.waiter, next.head.waiter))
    )
      next = each
  return next
}

/** Those whose turn comes after their deadlines. @param newcomer one that might join, and may be among them */
export function findLate<Waiter extends BoundWaiting>(
  order: WaitingOrder<Waiter>,
  plan: StartPlan,
  fromMs: number,
  newcomer?: Waiter,
): readonly Waiter[] {
  const late: Waiter[] = []
  for (const { head, atMs } of forecast(order.walk(newcomer), plan, fromMs))
    if (atMs > head.waiter.deadlineAtMs) late.push(head.waiter)
  return late
}

/** When the turn of one that joins would come; infinity when that is not known. */
export function planTurn<Waiter extends BoundWaiting>(
  order: WaitingOrder<Waiter>,
  plan: StartPlan,
  fromMs: number,
  newcomer: Waiter,
): number {
  for (const { head, atMs } of forecast(order.walk(newcomer), plan, fromMs)) if (head.waiter === newcomer) return atMs
  return Number.POSITIVE_INFINITY
}

/** Everybody's turn, one after the other, gates left aside. Whoever comes too late leaves without a start. */
function* forecast<Waiter extends BoundWaiting>(
  walk: OrderWalk<Waiter>,
  plan: StartPlan,
  fromMs: number,
): Generator<FreeHead<Waiter>> {
  let nowMs = fromMs
  for (let next = findNext(walk, plan, nowMs); next !== undefined; next = findNext(walk, plan, nowMs)) {
    yield next
    const { head, atMs } = next
    if (atMs === Number.POSITIVE_INFINITY || atMs > head.waiter.deadlineAtMs) {
      walk.skip(head)
      continue
    }
    nowMs = atMs
    plan.add(head.waiter.wish, nowMs)
    walk.serve(head)
  }
}
