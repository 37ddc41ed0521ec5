import { describe, expect, it } from 'vitest'
import type { Lane } from '#contract/ask.ts'
import type { OrderWalk, Waiting } from '#upstream/order-walk.ts'
import { WaitingOrder } from '#upstream/waiting-order.ts'

let tickets = 0

function toWaiter(client: string, operation = 'a', lane: Lane = 'interactive'): Waiting {
  return { client, wish: { operation, lane }, ticket: tickets++ }
}

/** Everybody in the order of a walk. */
function list(walk: OrderWalk<Waiting>): readonly Waiting[] {
  const waiters: Waiting[] = []
  for (;;) {
    const heads = [...walk.headsOf('interactive'), ...walk.headsOf('background')]
    const [first] = heads.sort((one, other) => (walk.isBefore(one.waiter, other.waiter) ? -1 : 1))
    if (first === undefined) return waiters
    waiters.push(first.waiter)
    walk.serve(first)
  }
}

function toOrder(...waiters: readonly Waiting[]): WaitingOrder<Waiting> {
  const order = new WaitingOrder<Waiting>()
  for (const waiter of waiters) order.add(waiter)
  return order
}

describe('the order of those who wait', () => {
  it('puts interactive calls first, then lets clients take turns, then goes by arrival', () => {
    const collector = toWaiter('collector', 'a', 'background')
    const greedy = [toWaiter('greedy'), toWaiter('greedy', 'b'), toWaiter('greedy')]
    const modest = [toWaiter('modest', 'b'), toWaiter('modest')]
    const order = toOrder(collector, ...greedy, ...modest)
    expect(list(order.walk())).toEqual([greedy[0], modest[0], greedy[1], modest[1], greedy[2], collector])
  })

  it('is not changed by a walk, nor by one who is only in it', () => {
    const [first, second, newcomer] = [toWaiter('web'), toWaiter('web'), toWaiter('web')]
    const order = toOrder(first, second)
    expect(list(order.walk(newcomer))).toEqual([first, second, newcomer])
    expect(list(order.walk())).toEqual([first, second])
    expect(order.size).toBe(2)
  })

  it('remembers whose turn it was', () => {
    const served = toWaiter('greedy')
    const greedy = toWaiter('greedy')
    const modest = toWaiter('modest')
    const order = toOrder(served, greedy, modest)
    expect(order.serve(served)).toBe(true)
    expect(list(order.walk())).toEqual([modest, greedy])
  })

  it('takes nobody for served who left', () => {
    const left = toWaiter('greedy')
    const greedy = toWaiter('greedy')
    const modest = toWaiter('modest')
    const order = toOrder(left, greedy, modest)
    expect([order.delete(left), order.delete(left)]).toEqual([true, false])
    expect(list(order.walk())).toEqual([greedy, modest])
  })

  it('owes nothing to one who was away, and nothing to one whom something else held back', () => {
    const order = toOrder()
    const held = toWaiter('held', 'b')
    order.add(held)
    for (let count = 0; count < 10; count += 1) {
      const waiter = toWaiter('busy')
      order.add(waiter)
      order.serve(waiter)
    }
    const away = [toWaiter('away'), toWaiter('away')]
    const busy = [toWaiter('busy'), toWaiter('busy')]
    for (const waiter of [...away, ...busy]) order.add(waiter)
    expect(list(order.walk())).toEqual([held, away[0], away[1], busy[0], busy[1]])
  })

  it('tells how many of a client wait for an operation, and who came last', () => {
    const waiters = [toWaiter('web'), toWaiter('web', 'a', 'background'), toWaiter('web', 'b'), toWaiter('other')]
    const order = toOrder(...waiters)
    expect([...order.listCrowds('a')]).toEqual([
      ['web', { count: 2, last: waiters[1] }],
      ['other', { count: 1, last: waiters[3] }],
    ])
  })
})
