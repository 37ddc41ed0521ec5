import { describe, expect, it } from 'vitest'
import { type ErrorCode, QuotaExhaustedError, UpstreamError, type UpstreamErrorCode } from '#model/errors.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { BREAK_MS, Breaker } from '#upstream/breaker.ts'

function start() {
  const clock = new FakeClock()
  const changes: boolean[] = []
  const breaker = new Breaker(clock, (isOpen) => changes.push(isOpen))
  let reached = 0
  const run = (error?: Error): Promise<ErrorCode | 'good' | 'other'> =>
    breaker
      .run(() => {
        reached += 1
        return error === undefined ? Promise.resolve('good' as const) : Promise.reject(error)
      })
      .catch((reason) => (reason instanceof UpstreamError ? reason.code : 'other'))
  const fail = (times: number, code: UpstreamErrorCode = 'UPSTREAM_TIMEOUT') =>
    Promise.all(Array.from({ length: times }, () => run(new UpstreamError(code, 'failed'))))
  return { clock, breaker, changes, run, fail, reached: () => reached }
}

describe('a breaker', () => {
  it('opens when ten calls failed', async () => {
    const { breaker, fail } = start()
    await fail(9)
    expect(breaker.isOpen).toBe(false)
    await fail(1)
    expect(breaker.isOpen).toBe(true)
  })

  it('opens at 60 % of the last twenty and not below', async () => {
    const { breaker, run, fail } = start()
    for (let count = 0; count < 20; count += 1) await run()
    await fail(11)
    expect(breaker.isOpen).toBe(false)
    await fail(1)
    expect(breaker.isOpen).toBe(true)
  })

  it('refuses at once while open, and says until when', async () => {
    const { clock, breaker, run, fail, reached } = start()
    await fail(10)
    await clock.advance(2000)
    await expect(breaker.run(() => Promise.resolve())).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      retryAfterMs: BREAK_MS - 2000,
    })
    expect(await run()).toBe('UPSTREAM_UNAVAILABLE')
    expect(reached()).toBe(10)
  })

  it('lets one call at a time try, and closes when it is answered', async () => {
    const { clock, breaker, run, fail, reached } = start()
    await fail(10)
    await clock.advance(BREAK_MS)
    const { promise, resolve } = Promise.withResolvers<void>()
    const trial = breaker.run(() => promise)
    expect(await run()).toBe('UPSTREAM_UNAVAILABLE')
    expect(reached()).toBe(10)
    resolve()
    await trial
    expect(breaker.isOpen).toBe(false)
    // The failures from before are forgotten; it takes ten calls again.
    await fail(8)
    expect(breaker.isOpen).toBe(false)
  })

  it('stays open for another while when the trial fails', async () => {
    const { clock, breaker, run, fail } = start()
    await fail(10)
    await clock.advance(BREAK_MS)
    await fail(1)
    await clock.advance(BREAK_MS - 1)
    expect(await run()).toBe('UPSTREAM_UNAVAILABLE')
    await clock.advance(1)
    expect(await run()).toBe('good')
    expect(breaker.isOpen).toBe(false)
  })

  it('tells each change once', async () => {
    const { clock, changes, run, fail } = start()
    await fail(15)
    await clock.advance(BREAK_MS)
    await fail(1)
    expect(changes).toEqual([true])
    await clock.advance(BREAK_MS)
    await run()
    await run()
    expect(changes).toEqual([true, false])
  })

  it('is not moved by a step of the wall clock', async () => {
    const { clock, run, fail } = start()
    await fail(10)
    clock.stepWall(-600_000)
    await clock.advance(BREAK_MS)
    expect(await run()).toBe('good')
  })

  it.each(['UPSTREAM_CREDENTIAL', 'UPSTREAM_REJECTED', 'UPSTREAM_THROTTLED'] as const)(
    'is not opened by %s',
    async (code) => {
      const { breaker, fail } = start()
      await fail(30, code)
      expect(breaker.isOpen).toBe(false)
    },
  )

  it('learns nothing from our own limiter or a caller that left, in a trial neither', async () => {
    const { clock, breaker, run, fail } = start()
    for (let count = 0; count < 30; count += 1) await run(new QuotaExhaustedError('none', {}))
    expect(breaker.isOpen).toBe(false)
    await fail(10)
    await clock.advance(BREAK_MS)
    expect(await run(new Error('left'))).toBe('other')
    expect(breaker.isOpen).toBe(true)
    expect(await run()).toBe('UPSTREAM_UNAVAILABLE')
    await clock.advance(BREAK_MS)
    expect(await run()).toBe('good')
  })

  it('ignores how calls from before it opened end', async () => {
    const { breaker, fail } = start()
    const { promise, resolve } = Promise.withResolvers<void>()
    const early = breaker.run(() => promise)
    await fail(10)
    resolve()
    await early
    expect(breaker.isOpen).toBe(true)
  })
})
