import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Lane } from '#contract/ask.ts'
import { QuotaExhaustedError } from '#model/errors.ts'
import { FakeClock, settle } from '#test/support/fake-clock.ts'
import { type QuotaModel, toQuotaModel } from '#test/support/quota-model.ts'
import { createTestQuota, toQuotaAsk } from '#test/support/test-quota.ts'
import { toBackgroundShare, toHeadroom } from '#upstream/lane-share.ts'
import { PERMIT_LIFE_MS, type Permit, type QuotaLimits } from '#upstream/quota.ts'

interface Arrive {
  readonly kind: 'arrive'
  readonly withinMs: number
  readonly operation: string
  readonly client: string
  readonly lane: Lane
}

type Command =
  | Arrive
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'abort'; readonly index: number }

interface Arrival {
  readonly number: number
  readonly arrive: Arrive
  readonly deadlineAtMs: number
  readonly controller: AbortController
  grantedAtMs?: number
  refused?: { readonly atMs: number; readonly error: unknown }
}

const toArrive = (arbitraries: { client?: fc.Arbitrary<string>; lane?: fc.Arbitrary<Lane> } = {}) =>
  fc.record({
    kind: fc.constant('arrive' as const),
    withinMs: fc.integer({ min: 0, max: 4000 }),
    operation: fc.constantFrom('a', 'b'),
    client: arbitraries.client ?? fc.constant('web'),
    lane: arbitraries.lane ?? fc.constant<Lane>('interactive'),
  })
const arrive = toArrive()
const advance = fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 1500 }) })
const abort = fc.record({ kind: fc.constant('abort' as const), index: fc.nat({ max: 30 }) })
const toAnything = (each: fc.Arbitrary<Arrive>) =>
  fc.array(fc.oneof({ weight: 5, arbitrary: each }, { weight: 3, arbitrary: advance }, abort), { maxLength: 40 })

type Limits = Pick<QuotaLimits, 'limit' | 'windowSeconds'> & Partial<QuotaLimits>

/** Runs commands against a quota and hands every arrival, and the time, to a check after each of them. */
async function play(
  limits: Limits,
  commands: readonly Command[],
  check: (arrivals: readonly Arrival[], nowMs: number, command: Command) => void,
): Promise<readonly Arrival[]> {
  const clock = new FakeClock()
  const quota = createTestQuota(limits, clock)
  const arrivals: Arrival[] = []
  const join = (each: Arrive): void => {
    const controller = new AbortController()
    const deadlineAtMs = clock.monotonicMs() + each.withinMs
    const arrival: Arrival = { number: arrivals.length, arrive: each, deadlineAtMs, controller }
    arrivals.push(arrival)
    const ask = toQuotaAsk(deadlineAtMs, {
      signal: controller.signal,
      lane: each.lane,
      caller: { name: each.client },
    })
    quota.take(each.operation, ask).then(
      ({ goodUntilMs }) => {
        arrival.grantedAtMs = goodUntilMs - PERMIT_LIFE_MS
      },
      (error) => {
        arrival.refused = { atMs: clock.monotonicMs(), error }
      },
    )
  }
  for (const command of commands) {
    if (command.kind === 'arrive') {
      join(command)
      await settle()
    } else if (command.kind === 'advance') await clock.advance(command.ms)
    else {
      arrivals[command.index]?.controller.abort(new Error('left'))
      await settle()
    }
    check(arrivals, clock.monotonicMs(), command)
  }
  await quota.close()
  await settle()
  return arrivals
}

/** Most of the times in any half-open span. */
function mostInSpan(times: readonly number[], spanMs: number): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + spanMs).length))
}

const isDefined = (value: number | undefined): value is number => value !== undefined
const grantsOf = (arrivals: readonly Arrival[]) => arrivals.map(({ grantedAtMs }) => grantedAtMs).filter(isDefined)
const isWaiting = (arrival: Arrival) => arrival.grantedAtMs === undefined && arrival.refused === undefined

const spanMs = 1250
const toLimits = (limit: number): Limits => ({ limit, windowSeconds: 1, guardMs: 250 })
const anyLimit = fc.integer({ min: 1, max: 5 })

describe('a quota under any sequence of arrivals, time and departures', () => {
  it('never exceeds its limit, loses no capacity, keeps the order and outwaits no deadline', async () => {
    await fc.assert(
      fc.asyncProperty(anyLimit, toAnything(arrive), async (limit, commands) => {
        const arrivals = await play(toLimits(limit), commands, (soFar, nowMs) => {
          const grants = grantsOf(soFar)
          const waiting = soFar.filter(isWaiting)
          expect(mostInSpan(grants, spanMs)).toBeLessThanOrEqual(limit)
          if (waiting.length > 0) expect(grants.filter((at) => at + spanMs > nowMs)).toHaveLength(limit)
          for (const { deadlineAtMs } of waiting) expect(deadlineAtMs).toBeGreaterThanOrEqual(nowMs)
        })
        const served = arrivals.filter((arrival) => arrival.grantedAtMs !== undefined)
        const inOrder = [...served].sort(
          (one, other) => (one.grantedAtMs ?? 0) - (other.grantedAtMs ?? 0) || one.number - other.number,
        )
        expect(served).toEqual(inOrder)
      }),
      { numRuns: 150 },
    )
  })

  it('refuses nobody wrongly: who comes back with exactly the time it was told gets its start then', async () => {
    await fc.assert(
      fc.asyncProperty(anyLimit, fc.array(fc.oneof(arrive, advance), { maxLength: 40 }), async (limit, commands) => {
        const clock = new FakeClock()
        const quota = createTestQuota(toLimits(limit), clock)
        const promised: { readonly dueAtMs: number; readonly permit: Promise<Permit> }[] = []
        for (const command of commands) {
          if (command.kind === 'advance') {
            await clock.advance(command.ms)
            continue
          }
          const nowMs = clock.monotonicMs()
          const error: unknown = await Promise.race([
            quota
              .take('a', toQuotaAsk(nowMs + command.withinMs))
              .then(() => undefined)
              .catch((reason) => reason),
            settle(),
          ])
          if (!(error instanceof QuotaExhaustedError)) continue
          const dueAtMs = nowMs + (error.retryAfterMs ?? 0)
          expect(dueAtMs).toBeGreaterThan(nowMs + command.withinMs)
          promised.push({ dueAtMs, permit: quota.take('a', toQuotaAsk(dueAtMs)) })
        }
        await clock.advance(60_000)
        for (const { dueAtMs, permit } of promised) expect((await permit).goodUntilMs).toBe(dueAtMs + PERMIT_LIFE_MS)
        await quota.close()
      }),
      { numRuns: 100 },
    )
  })

  it('holds the limits of single operations beside the common one, and wastes neither', async () => {
    await fc.assert(
      fc.asyncProperty(anyLimit, fc.integer({ min: 1, max: 3 }), toAnything(arrive), async (limit, own, commands) => {
        const both = { ...toLimits(limit), interfaces: { a: { limit: own, windowSeconds: 2 } } }
        const ownSpanMs = 2250
        await play(both, commands, (soFar, nowMs) => {
          const grants = grantsOf(soFar)
          const ownGrants = grantsOf(soFar.filter((arrival) => arrival.arrive.operation === 'a'))
          expect(mostInSpan(grants, spanMs)).toBeLessThanOrEqual(limit)
          expect(mostInSpan(ownGrants, ownSpanMs)).toBeLessThanOrEqual(own)
          const isFull = grants.filter((at) => at + spanMs > nowMs).length === limit
          const isOwnFull = ownGrants.filter((at) => at + ownSpanMs > nowMs).length === own
          for (const waiting of soFar.filter(isWaiting))
            expect(isFull || (waiting.arrive.operation === 'a' && isOwnFull)).toBe(true)
        })
      }),
      { numRuns: 100 },
    )
  })

  it('grants, refuses and lets wait exactly whom a plain model of taking turns does, and when', async () => {
    const clients = toArrive({ client: fc.constantFrom('greedy', 'greedy', 'modest', 'other') })
    await fc.assert(
      fc.asyncProperty(anyLimit, toAnything(clients), async (limit, commands) => {
        const model: QuotaModel = toQuotaModel(limit, spanMs)
        await play(toLimits(limit), commands, (soFar, nowMs, command) => {
          if (command.kind === 'advance') model.advanceTo(nowMs)
          else if (command.kind === 'abort') model.leave(command.index)
          else model.arrive(command.client, nowMs + command.withinMs)
          expect(
            soFar.map(({ grantedAtMs, refused }) => {
              if (grantedAtMs !== undefined) return { grantedAtMs }
              if (refused === undefined) return 'waiting'
              return refused.error instanceof QuotaExhaustedError
                ? { refusedAtMs: refused.atMs, freeAtMs: refused.atMs + (refused.error.retryAfterMs ?? 0) }
                : 'left'
            }),
          ).toEqual(model.list())
        })
      }),
      { numRuns: 300 },
    )
  })

  it('keeps each lane what is its own, and lets the background wait a span at most for its share', async () => {
    const lanes = toArrive({ lane: fc.constantFrom<Lane>('interactive', 'interactive', 'background') })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 22 }), toAnything(lanes), async (limit, commands) => {
        const share = toBackgroundShare(limit)
        const arrivals = await play(toLimits(limit), commands, (soFar, nowMs) => {
          expect(mostInSpan(grantsOf(soFar), spanMs)).toBeLessThanOrEqual(limit)
          const isBackground = ({ arrive: { lane } }: Arrival) => lane === 'background'
          const had = grantsOf(soFar.filter(isBackground)).filter((at) => at + spanMs > nowMs)
          for (const { deadlineAtMs, arrive: each } of soFar.filter(isBackground).filter(isWaiting))
            if (nowMs - (deadlineAtMs - each.withinMs) >= spanMs) expect(had.length).toBeGreaterThanOrEqual(share)
        })
        for (const { grantedAtMs, arrive: each } of arrivals) {
          if (grantedAtMs === undefined || each.lane === 'interactive') continue
          const counts = (lane: Lane) =>
            grantsOf(arrivals.filter((other) => other.arrive.lane === lane)).filter(
              (at) => at <= grantedAtMs && at + spanMs > grantedAtMs,
            ).length
          const background = counts('background')
          if (background > share) expect(background).toBeLessThanOrEqual(limit - toHeadroom(limit))
        }
      }),
      { numRuns: 150 },
    )
  })
})
