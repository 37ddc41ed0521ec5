import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { QuotaExhaustedError } from '#model/errors.ts'
import { describeQuota } from '#test/contract/quota-kit.ts'
import { FakeClock, settle } from '#test/support/fake-clock.ts'
import { createMemoryQuota } from '#upstream/memory-quota.ts'
import type { Permit, QuotaLimits } from '#upstream/quota.ts'

describeQuota('memory', {
  windowSeconds: 300,
  guardMs: 2000,
  toleranceMs: 0,
  open: (limits) => {
    const clock = new FakeClock()
    return Promise.resolve({
      quota: createMemoryQuota(limits, clock),
      monotonicMs: () => clock.monotonicMs(),
      advance: (ms) => clock.advance(ms),
    })
  },
})

type Command =
  | { readonly kind: 'arrive'; readonly withinMs: number; readonly operation: string }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'abort'; readonly index: number }

interface Arrival {
  readonly number: number
  readonly operation: string
  readonly deadlineAtMs: number
  readonly controller: AbortController
  grantedAtMs?: number
  refused?: { readonly atMs: number; readonly error: unknown }
}

const arrive = fc.record({
  kind: fc.constant('arrive' as const),
  withinMs: fc.integer({ min: 0, max: 4000 }),
  operation: fc.constantFrom('a', 'b'),
})
const advance = fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 1500 }) })
const abort = fc.record({ kind: fc.constant('abort' as const), index: fc.nat({ max: 30 }) })

/** Runs commands against a quota and hands every arrival, and the time, to a check after each of them. */
async function play(
  limits: QuotaLimits,
  commands: readonly Command[],
  check: (arrivals: readonly Arrival[], nowMs: number) => void,
): Promise<readonly Arrival[]> {
  const clock = new FakeClock()
  const quota = createMemoryQuota(limits, clock)
  const arrivals: Arrival[] = []
  const join = (operation: string, deadlineAtMs: number): Arrival => {
    const controller = new AbortController()
    const arrival: Arrival = { number: arrivals.length, operation, deadlineAtMs, controller }
    arrivals.push(arrival)
    quota.take(operation, { lane: 'interactive', signal: controller.signal, deadlineAtMs }).then(
      ({ grantedAtMs }) => {
        arrival.grantedAtMs = grantedAtMs
      },
      (error) => {
        arrival.refused = { atMs: clock.monotonicMs(), error }
      },
    )
    return arrival
  }
  for (const command of commands) {
    if (command.kind === 'arrive') {
      join(command.operation, clock.monotonicMs() + command.withinMs)
      await settle()
    } else if (command.kind === 'advance') await clock.advance(command.ms)
    else {
      arrivals[command.index]?.controller.abort(new Error('left'))
      await settle()
    }
    check(arrivals, clock.monotonicMs())
  }
  quota.close()
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

describe('a memory quota under any sequence of arrivals, time and departures', () => {
  const spanMs = 1250
  const limits = (limit: number): QuotaLimits => ({ limit, windowSeconds: 1, guardMs: 250, interfaces: {} })
  const anyLimit = fc.integer({ min: 1, max: 5 })
  const anything = fc.array(fc.oneof({ weight: 5, arbitrary: arrive }, { weight: 3, arbitrary: advance }, abort), {
    maxLength: 40,
  })

  it('never exceeds its limit, loses no capacity, keeps the order and outwaits no deadline', async () => {
    await fc.assert(
      fc.asyncProperty(anyLimit, anything, async (limit, commands) => {
        const arrivals = await play(limits(limit), commands, (soFar, nowMs) => {
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
        const quota = createMemoryQuota(limits(limit), clock)
        const { signal } = new AbortController()
        const promised: { readonly dueAtMs: number; readonly permit: Promise<Permit> }[] = []
        for (const command of commands) {
          if (command.kind === 'advance') {
            await clock.advance(command.ms)
            continue
          }
          const nowMs = clock.monotonicMs()
          const error: unknown = await Promise.race([
            quota
              .take('a', { lane: 'interactive', signal, deadlineAtMs: nowMs + command.withinMs })
              .then(() => undefined)
              .catch((reason) => reason),
            settle(),
          ])
          if (!(error instanceof QuotaExhaustedError)) continue
          const dueAtMs = nowMs + (error.retryAfterMs ?? 0)
          expect(dueAtMs).toBeGreaterThan(nowMs + command.withinMs)
          promised.push({
            dueAtMs,
            permit: quota.take('a', { lane: 'interactive', signal, deadlineAtMs: dueAtMs }),
          })
        }
        await clock.advance(60_000)
        for (const { dueAtMs, permit } of promised) expect((await permit).grantedAtMs).toBeCloseTo(dueAtMs, 0)
        quota.close()
      }),
      { numRuns: 100 },
    )
  })

  it('holds the limits of single operations beside the common one, and wastes neither', async () => {
    await fc.assert(
      fc.asyncProperty(anyLimit, fc.integer({ min: 1, max: 3 }), anything, async (limit, own, commands) => {
        const both = { ...limits(limit), interfaces: { a: { limit: own, windowSeconds: 2 } } }
        const ownSpanMs = 2250
        await play(both, commands, (soFar, nowMs) => {
          const grants = grantsOf(soFar)
          const ownGrants = grantsOf(soFar.filter(({ operation }) => operation === 'a'))
          expect(mostInSpan(grants, spanMs)).toBeLessThanOrEqual(limit)
          expect(mostInSpan(ownGrants, ownSpanMs)).toBeLessThanOrEqual(own)
          const isFull = grants.filter((at) => at + spanMs > nowMs).length === limit
          const isOwnFull = ownGrants.filter((at) => at + ownSpanMs > nowMs).length === own
          for (const { operation } of soFar.filter(isWaiting))
            expect(isFull || (operation === 'a' && isOwnFull)).toBe(true)
        })
      }),
      { numRuns: 100 },
    )
  })
})

describe('a memory quota under load', () => {
  it('uses all of its limit under steady demand', async () => {
    const clock = new FakeClock()
    const quota = createMemoryQuota({ limit: 10, windowSeconds: 1, guardMs: 250, interfaces: {} }, clock)
    let granted = 0
    for (let turn = 0; turn < 100; turn += 1) {
      for (let call = 0; call < 5; call += 1)
        quota
          .take('a', {
            lane: 'interactive',
            signal: new AbortController().signal,
            deadlineAtMs: clock.monotonicMs() + 500,
          })
          .then(
            () => {
              granted += 1
            },
            () => undefined,
          )
      await clock.advance(125)
    }
    // 12.5 s hold ten windows of 1.25 s.
    expect(granted).toBeGreaterThanOrEqual(100)
    quota.close()
  })

  it('bounds its queue', async () => {
    const clock = new FakeClock()
    const quota = createMemoryQuota({ limit: 1, windowSeconds: 1, guardMs: 0, interfaces: {} }, clock)
    const ask = {
      lane: 'interactive',
      signal: new AbortController().signal,
      deadlineAtMs: Number.POSITIVE_INFINITY,
    } as const
    const refused: unknown[] = []
    for (let call = 0; call < 1003; call += 1) quota.take('a', ask).catch((error) => refused.push(error))
    await settle()
    expect(refused).toHaveLength(2)
    expect(refused[0]).toMatchObject({ code: 'QUOTA_EXHAUSTED', retryAfterMs: 1_001_000 })
    quota.close()
  })

  it('reckons without those whose deadline comes before their turn', async () => {
    const clock = new FakeClock()
    const interfaces = { a: { limit: 1, windowSeconds: 2 } }
    const quota = createMemoryQuota({ limit: 1, windowSeconds: 1, guardMs: 0, interfaces }, clock)
    const take = (operation: string, deadlineAtMs: number) =>
      quota.take(operation, { lane: 'interactive', signal: new AbortController().signal, deadlineAtMs })
    await take('a', 0)
    // Would come to its turn at 2000, but is overtaken: its own limit did not let it start before.
    const overtaken = take('a', 2050)
    overtaken.catch(() => undefined)
    await clock.advance(1990)
    await take('b', 1990)
    await clock.advance(20)
    const next = take('b', 2990)
    await clock.advance(1000)
    await expect(overtaken).rejects.toMatchObject({ code: 'QUOTA_EXHAUSTED', retryAfterMs: 1940 })
    expect(await next).toEqual({ grantedAtMs: 2990 })
    quota.close()
  })

  it('leaves no timer behind when all have left', async () => {
    const clock = new FakeClock()
    const quota = createMemoryQuota({ limit: 1, windowSeconds: 1, guardMs: 0, interfaces: {} }, clock)
    const controller = new AbortController()
    await quota.take('a', { lane: 'interactive', signal: controller.signal, deadlineAtMs: 10_000 })
    const waiting = quota.take('a', { lane: 'interactive', signal: controller.signal, deadlineAtMs: 10_000 })
    await settle()
    expect(clock.waiting).toBe(1)
    controller.abort(new Error('left'))
    await expect(waiting).rejects.toThrow('left')
    expect(clock.waiting).toBe(0)
    quota.close()
  })

  it('leaves no timer behind when it is closed', async () => {
    const clock = new FakeClock()
    const quota = createMemoryQuota({ limit: 1, windowSeconds: 1, guardMs: 0, interfaces: {} }, clock)
    const signal = new AbortController().signal
    const takes = [1, 2, 3].map(() => quota.take('a', { lane: 'interactive', signal, deadlineAtMs: 10_000 }))
    await settle()
    expect(clock.waiting).toBe(1)
    quota.close()
    await Promise.allSettled(takes)
    expect(clock.waiting).toBe(0)
  })
})
