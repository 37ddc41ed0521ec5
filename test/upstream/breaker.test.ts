import { describe, expect, it } from 'vitest'
import { type ErrorCode, QuotaExhaustedError, UpstreamError, type UpstreamErrorCode } from '#model/errors.ts'
import { FakeClock, settle } from '#test/support/fake-clock.ts'
import { BREAK_MS, Breaker, type CallWatch } from '#upstream/breaker.ts'

const TIME_MS = 10_000

function start(mayTry: () => Promise<boolean> = () => Promise.resolve(true)) {
  const clock = new FakeClock()
  const changes: boolean[] = []
  const breaker = new Breaker({ clock, mayTry, onChange: (isOpen) => changes.push(isOpen) })
  let reached = 0
  const run = (error?: Error): Promise<ErrorCode | 'good' | 'other'> =>
    breaker
      .run(() => {
        reached += 1
        return error === undefined ? Promise.resolve('good' as const) : Promise.reject(error)
      }, TIME_MS)
      .catch((reason) => (reason instanceof UpstreamError ? reason.code : 'other'))
  const fail = (times: number, code: UpstreamErrorCode = 'UPSTREAM_TIMEOUT') =>
    Promise.all(Array.from({ length: times }, () => run(new UpstreamError(code, 'failed'))))
  const succeed = (times: number) => Promise.all(Array.from({ length: times }, () => run()))
  /** A call that has left and is answered when the test says so. */
  const hang = (timeMs = TIME_MS) => {
    const end = Promise.withResolvers<void>()
    let watch: CallWatch | undefined
    const ended = breaker
      .run((given) => {
        watch = given
        given.left()
        return end.promise
      }, timeMs)
      .catch((error) => error)
    return { ended, end: end.resolve, fail: end.reject, watch: () => watch }
  }
  return { clock, breaker, changes, run, fail, succeed, hang, reached: () => reached }
}

describe('a breaker', () => {
  it('opens when twenty calls failed, and not before', async () => {
    const { breaker, fail } = start()
    await fail(19)
    expect(breaker.isOpen).toBe(false)
    await fail(1)
    expect(breaker.isOpen).toBe(true)
  })

  it('opens when more than half of the calls failed', async () => {
    const { breaker, fail, succeed } = start()
    await succeed(13)
    await fail(13)
    await succeed(12)
    await fail(12)
    expect(breaker.isOpen).toBe(false)
    await fail(1)
    expect(breaker.isOpen).toBe(true)
  })

  it('looks at the last thirty seconds', async () => {
    const { clock, breaker, fail, succeed } = start()
    await succeed(500)
    await fail(10)
    await clock.advance(29_999)
    await succeed(1)
    await fail(10)
    expect(breaker.isOpen).toBe(false)
    await clock.advance(1)
    // What happened thirty seconds ago is over: ten of eleven is too little to tell.
    await fail(8)
    expect(breaker.isOpen).toBe(false)
    await fail(1)
    expect(breaker.isOpen).toBe(true)
  })

  it('opens for as many failures in a row, whatever went well before', async () => {
    const { breaker, run, fail, succeed } = start()
    await succeed(500)
    await fail(19)
    await run()
    await fail(19)
    expect(breaker.isOpen).toBe(false)
    await fail(1)
    expect(breaker.isOpen).toBe(true)
  })

  it('counts failures in a row only of the last thirty seconds', async () => {
    const { clock, breaker, fail } = start()
    await fail(19)
    await clock.advance(30_000)
    await fail(19)
    expect(breaker.isOpen).toBe(false)
  })

  it('refuses at once while open, and says until when', async () => {
    const { clock, breaker, run, fail, reached } = start()
    await fail(20)
    await clock.advance(2000)
    await expect(breaker.run(() => Promise.resolve(), TIME_MS)).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      retryAfterMs: BREAK_MS - 2000,
    })
    expect(await run()).toBe('UPSTREAM_UNAVAILABLE')
    expect(reached()).toBe(20)
  })

  it('lets one call at a time try, and closes when it is answered', async () => {
    const { clock, breaker, run, fail, hang, reached } = start()
    await fail(20)
    await clock.advance(BREAK_MS)
    const trial = hang()
    await settle()
    expect(await run()).toBe('UPSTREAM_UNAVAILABLE')
    expect(reached()).toBe(20)
    trial.end()
    await trial.ended
    expect(breaker.isOpen).toBe(false)
    // The failures from before are forgotten.
    await fail(19)
    expect(breaker.isOpen).toBe(false)
  })

  it('stays open for another while when the trial fails', async () => {
    const { clock, breaker, run, fail } = start()
    await fail(20)
    await clock.advance(BREAK_MS)
    await fail(1)
    await clock.advance(BREAK_MS - 1)
    expect(await run()).toBe('UPSTREAM_UNAVAILABLE')
    await clock.advance(1)
    expect(await run()).toBe('good')
    expect(breaker.isOpen).toBe(false)
  })

  it('lets nobody try while another replica does, and asks again a second later', async () => {
    let isOurs = false
    let asked = 0
    const { clock, breaker, run, fail, reached } = start(() => {
      asked += 1
      return Promise.resolve(isOurs)
    })
    await fail(20)
    await clock.advance(BREAK_MS)
    await expect(breaker.run(() => Promise.resolve(), TIME_MS)).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      retryAfterMs: 1000,
    })
    expect(await run()).toBe('UPSTREAM_UNAVAILABLE')
    expect([reached(), asked]).toEqual([20, 1])
    isOurs = true
    await clock.advance(1000)
    expect(await run()).toBe('good')
    expect(asked).toBe(2)
  })

  it('tells each change once', async () => {
    const { clock, changes, run, fail } = start()
    await fail(30)
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
    await fail(20)
    clock.stepWall(-600_000)
    await clock.advance(BREAK_MS)
    expect(await run()).toBe('good')
  })

  it.each(['UPSTREAM_CREDENTIAL', 'UPSTREAM_REJECTED', 'UPSTREAM_THROTTLED'] as const)(
    'is not opened by %s',
    async (code) => {
      const { breaker, fail } = start()
      await fail(60, code)
      expect(breaker.isOpen).toBe(false)
    },
  )

  it('learns nothing from our own limiter or a caller that left, in a trial neither', async () => {
    const { clock, breaker, run, fail } = start()
    for (let count = 0; count < 30; count += 1) await run(new QuotaExhaustedError('none', {}))
    await fail(19)
    expect(breaker.isOpen).toBe(false)
    await fail(1)
    expect(breaker.isOpen).toBe(true)
    await clock.advance(BREAK_MS)
    expect(await run(new Error('left'))).toBe('other')
    expect(breaker.isOpen).toBe(true)
    expect(await run()).toBe('UPSTREAM_UNAVAILABLE')
    await clock.advance(BREAK_MS)
    expect(await run()).toBe('good')
  })

  it('ignores how calls from before it opened end, even when it has closed again', async () => {
    const { clock, breaker, run, fail, hang } = start()
    const early = hang()
    const slow = Array.from({ length: 30 }, () => hang())
    await fail(20)
    early.end()
    await early.ended
    expect(breaker.isOpen).toBe(true)
    await clock.advance(BREAK_MS)
    expect(await run()).toBe('good')
    for (const call of slow) call.fail(new UpstreamError('UPSTREAM_TIMEOUT', 'late'))
    await Promise.all(slow.map(({ ended }) => ended))
    expect(breaker.isOpen).toBe(false)
  })
})

describe('a slow call', () => {
  it('counts when it becomes slow, so that a hanging provider opens the breaker before its deadline', async () => {
    const { clock, breaker, hang } = start()
    for (let count = 0; count < 20; count += 1) hang()
    await clock.advance(4999)
    expect(breaker.isOpen).toBe(false)
    await clock.advance(1)
    expect(breaker.isOpen).toBe(true)
  })

  it.each([
    [4000, 2000],
    [60_000, 5000],
    [Number.POSITIVE_INFINITY, 5000],
  ])('of one that has %d ms is one that is not answered after %d ms', async (timeMs, slowMs) => {
    const { clock, breaker, hang } = start()
    for (let count = 0; count < 20; count += 1) hang(timeMs)
    await clock.advance(slowMs - 1)
    expect(breaker.isOpen).toBe(false)
    await clock.advance(1)
    expect(breaker.isOpen).toBe(true)
  })

  it('is not counted again when it ends', async () => {
    const { clock, breaker, fail, succeed, hang } = start()
    const calls = Array.from({ length: 10 }, () => hang())
    await clock.advance(5000)
    for (const [index, call] of calls.entries())
      if (index % 2 === 0) call.end()
      else call.fail(new UpstreamError('UPSTREAM_TIMEOUT', 'late'))
    await Promise.all(calls.map(({ ended }) => ended))
    await succeed(11)
    // 11 of 22 are bad now, then 12 of 23.
    await fail(1)
    expect(breaker.isOpen).toBe(false)
    await fail(1)
    expect(breaker.isOpen).toBe(true)
  })

  it('is only one that the provider keeps waiting: time before it leaves and between attempts is ours', async () => {
    const { clock, breaker, hang } = start()
    const calls = Array.from({ length: 30 }, () => hang())
    await clock.advance(4000)
    for (const call of calls) call.watch()?.ended()
    await clock.advance(5000)
    for (const call of calls) call.watch()?.left()
    await clock.advance(4999)
    expect(breaker.isOpen).toBe(false)
    for (const call of calls) call.end()
    await Promise.all(calls.map(({ ended }) => ended))
    expect(clock.waiting).toBe(0)
    await clock.advance(10_000)
    expect(breaker.isOpen).toBe(false)
  })

  it('that was the trial keeps the breaker open, however it ends', async () => {
    const { clock, breaker, run, fail, hang } = start()
    await fail(20)
    await clock.advance(BREAK_MS)
    const trial = hang()
    await clock.advance(5000)
    trial.end()
    await trial.ended
    expect(breaker.isOpen).toBe(true)
    expect(await run()).toBe('UPSTREAM_UNAVAILABLE')
    await clock.advance(BREAK_MS)
    expect(await run()).toBe('good')
    expect(breaker.isOpen).toBe(false)
  })
})
