import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UpstreamError } from '#model/errors.ts'
import { FakeClock, settle } from '#test/support/fake-clock.ts'
import { withRetries } from '#upstream/retry.ts'
import { RetryBudget } from '#upstream/retry-budget.ts'

function start(errors: readonly unknown[], overrides: { deadlineAtMs?: number; mayRepeat?: () => boolean } = {}) {
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
      budget: new RetryBudget(),
      deadlineAtMs: 10_000,
      signal: controller.signal,
      mayRepeat: () => true,
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
  it('never allows more retries than three and a tenth of the calls', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (spends) => {
        const budget = new RetryBudget()
        let calls = 0
        let retries = 0
        for (const wantsToSpend of spends) {
          if (wantsToSpend) retries += budget.spend() ? 1 : 0
          else {
            calls += 1
            budget.earn()
          }
          expect(retries).toBeLessThanOrEqual(3 + calls * 0.1 + 1e-9)
        }
      }),
    )
  })
})
