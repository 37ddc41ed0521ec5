import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UpstreamError } from '#model/errors.ts'
import { FakeClock, settle } from '#test/support/fake-clock.ts'
import { type RetryTerms, withRetries } from '#upstream/retry.ts'
import { RetryBudget } from '#upstream/retry-budget.ts'

function start(errors: readonly unknown[], overrides: Partial<RetryTerms> = {}) {
  const clock = new FakeClock()
  const controller = new AbortController()
  const attemptsAtMs: number[] = []
  const outcome = withRetries(
    () => {
      const error = errors[attemptsAtMs.length]
      attemptsAtMs.push(clock.monotonicMs())
      return error === undefined ? Promise.resolve('good') : Promise.reject(error)
    },
    {
      clock,
      random: () => 0.5,
      budget: new RetryBudget(clock),
      deadlineAtMs: 10_000,
      signal: controller.signal,
      mayRepeat: () => true,
      pausedForMs: () => 0,
      ...overrides,
    },
  ).catch((error) => error)
  return { clock, controller, attemptsAtMs, outcome }
}

const unavailable = new UpstreamError('UPSTREAM_UNAVAILABLE', 'gone')

describe('withRetries', () => {
  it('backs off longer with each attempt', async () => {
    const { clock, attemptsAtMs, outcome } = start([unavailable, unavailable])
    await clock.advance(10_000)
    expect(await outcome).toBe('good')
    expect(attemptsAtMs).toEqual([0, 100, 300])
  })

  it('makes at most three attempts, whatever the advice', async () => {
    const eager = new UpstreamError('UPSTREAM_RESPONSE', 'odd', { retry: { times: 9 } })
    const { clock, attemptsAtMs, outcome } = start([eager, eager, eager, eager])
    await clock.advance(10_000)
    expect(await outcome).toBe(eager)
    expect(attemptsAtMs).toHaveLength(3)
  })

  it('waits as long as the error asks', async () => {
    const slowly = new UpstreamError('UPSTREAM_THROTTLED', 'slow down', { retry: { times: 1, afterMs: 4000 } })
    const { clock, attemptsAtMs, outcome } = start([slowly])
    await clock.advance(10_000)
    expect(await outcome).toBe('good')
    expect(attemptsAtMs).toEqual([0, 4000])
  })

  it.each([
    [500, 3000],
    [3000, 500],
  ])('waits for the later of its advice and a pause: %d ms and %d ms', async (afterMs, pausedMs) => {
    const slowly = new UpstreamError('UPSTREAM_THROTTLED', 'slow down', { retry: { times: 1, afterMs } })
    const { clock, attemptsAtMs, outcome } = start([slowly], { pausedForMs: () => pausedMs })
    await clock.advance(10_000)
    expect(await outcome).toBe('good')
    expect(attemptsAtMs).toEqual([0, 3000])
  })

  it('gives up at once when a pause reaches the deadline', async () => {
    const { clock, outcome } = start([unavailable], { pausedForMs: () => 10_000 })
    expect(await outcome).toBe(unavailable)
    expect(clock.monotonicMs()).toBe(0)
  })

  it('gives up at once when the wait would reach the deadline', async () => {
    const slowly = new UpstreamError('UPSTREAM_THROTTLED', 'slow down', { retry: { times: 1, afterMs: 10_000 } })
    const { clock, outcome } = start([slowly])
    expect(await outcome).toBe(slowly)
    expect(clock.monotonicMs()).toBe(0)
  })

  it.each([
    ['an error that says so', new UpstreamError('UPSTREAM_CREDENTIAL', 'wrong key'), {}],
    ['an error that is none of the provider', new Error('bug'), {}],
    ['a call that must not be repeated', unavailable, { mayRepeat: () => false }],
  ])('does not repeat after %s', async (_title, error, overrides) => {
    const { clock, attemptsAtMs, outcome } = start([error], overrides)
    await clock.advance(1000)
    expect(await outcome).toBe(error)
    expect(attemptsAtMs).toHaveLength(1)
  })

  it('ends a wait when the caller leaves', async () => {
    const { clock, controller, outcome } = start([unavailable])
    await settle()
    controller.abort(new Error('left'))
    expect(await outcome).toEqual(new Error('left'))
    expect(clock.waiting).toBe(0)
  })
})

describe('a retry budget', () => {
  it('never lets the ten seconds before a retry hold more than three and more than a tenth of their calls', () => {
    const step = fc.oneof(
      fc.record({ waitMs: fc.integer({ min: 0, max: 4000 }) }),
      fc.record({ calls: fc.integer({ min: 1, max: 80 }) }),
      fc.record({ retries: fc.integer({ min: 1, max: 20 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        let nowMs = 0
        const budget = new RetryBudget({ monotonicMs: () => nowMs })
        const calls: number[] = []
        const retries: number[] = []
        const inSpan = (times: readonly number[]) => times.filter((atMs) => atMs > nowMs - 10_000).length
        for (const each of steps) {
          if ('waitMs' in each) nowMs += each.waitMs
          if ('calls' in each)
            for (let count = 0; count < each.calls; count += 1) {
              budget.earn()
              calls.push(nowMs)
            }
          if (!('retries' in each)) continue
          for (let count = 0; count < each.retries; count += 1) {
            const mayHave = Math.max(3, 0.1 * inSpan(calls))
            const isGranted = budget.spend()
            // Never more, and never less.
            expect(isGranted).toBe(inSpan(retries) + 1 <= mayHave)
            if (isGranted) retries.push(nowMs)
          }
        }
      }),
    )
  })

  it('has three retries for a few calls, and three again ten seconds later', () => {
    let nowMs = 0
    const budget = new RetryBudget({ monotonicMs: () => nowMs })
    const spend = (times: number) => Array.from({ length: times }, () => budget.spend())
    expect(spend(4)).toEqual([true, true, true, false])
    nowMs = 9999
    expect(spend(1)).toEqual([false])
    nowMs = 10_000
    expect(spend(4)).toEqual([true, true, true, false])
  })
})
