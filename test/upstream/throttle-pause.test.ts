import { describe, expect, it } from 'vitest'
import { QuotaExhaustedError, UpstreamError } from '#model/errors.ts'
import { FakeClock, settle } from '#test/support/fake-clock.ts'
import { createTestQuota, toQuotaAsk } from '#test/support/test-quota.ts'
import { ThrottlePause } from '#upstream/throttle-pause.ts'

const staying = new AbortController().signal

function start() {
  const clock = new FakeClock()
  const quota = createTestQuota({ limit: 1000, windowSeconds: 300 }, clock)
  const pause = new ThrottlePause(quota, clock)
  const refuse = (details: ConstructorParameters<typeof UpstreamError>[2], leftAtMs = clock.monotonicMs()) => {
    const error = new UpstreamError('UPSTREAM_THROTTLED', 'too often', details)
    const read = () => {
      throw error
    }
    expect(() => pause.heed(read, leftAtMs)).toThrow(error)
  }
  return {
    clock,
    quota,
    pause,
    /** A refusal that names a time. */
    tell: (retryAfterMs: number | undefined) => refuse({ retryAfterMs, retry: { times: 1, isTold: true } }),
    /** A refusal that names none; the adapter's own advice is not the provider's. */
    refuse: (leftAtMs?: number) => refuse({ retryAfterMs: 30_000, retry: { times: 1, afterMs: 30_000 } }, leftAtMs),
    succeed: (leftAtMs = clock.monotonicMs()) => expect(pause.heed(() => 'good', leftAtMs)).toBe('good'),
    /** Lets the pause end, and one millisecond more. */
    outlast: () => clock.advance(pause.restMs + 1),
  }
}

describe('a pause that the provider names', () => {
  it('lasts exactly as long as it says, for whoever shares the quota', async () => {
    const { clock, quota, pause, tell } = start()
    tell(30_500)
    let isGranted = false
    void quota.take('Get_LiveStat', toQuotaAsk(60_000)).then(() => {
      isGranted = true
    })
    await clock.advance(30_499)
    expect([pause.isOn, isGranted]).toEqual([true, false])
    await clock.advance(1)
    expect([pause.isOn, isGranted]).toEqual([false, true])
  })

  it.each([
    [99_999_999_000, 300_000],
    [0, 0],
    [-1, 0],
    [Number.NaN, 0],
    [undefined, 0],
  ])('of %s ms lasts %d ms', (retryAfterMs, restMs) => {
    const { pause, tell } = start()
    tell(retryAfterMs)
    expect(pause.restMs).toBe(restMs)
  })

  it('is not cut short by another one', () => {
    const { pause, tell } = start()
    tell(30_000)
    tell(5000)
    expect(pause.restMs).toBe(30_000)
  })
})

describe('a refusal without a time', () => {
  it('pauses for a second, then twice as long with each further one, half a minute at most', async () => {
    const { pause, refuse, outlast } = start()
    const pauses: number[] = []
    for (let count = 0; count < 8; count += 1) {
      refuse()
      pauses.push(pause.restMs)
      await outlast()
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  })

  it('is forgotten with the next success', async () => {
    const { pause, refuse, succeed, outlast } = start()
    for (let count = 0; count < 3; count += 1) {
      refuse()
      await outlast()
    }
    succeed()
    refuse()
    expect(pause.restMs).toBe(1000)
  })

  it('counts once for all calls that left before the pause, and a success of one of them not at all', async () => {
    const { clock, pause, refuse, succeed, outlast } = start()
    await clock.advance(500)
    refuse(100)
    refuse(200)
    expect(pause.restMs).toBe(1000)
    await outlast()
    refuse(300)
    expect(pause.isOn).toBe(false)
    succeed(400)
    refuse()
    expect(pause.restMs).toBe(2000)
  })

  it('adds nothing to a pause that another replica has asked for', () => {
    const { quota, pause, refuse } = start()
    quota.pause(700)
    refuse()
    expect(pause.restMs).toBe(700)
  })

  it('is told from every other failure', () => {
    const { pause } = start()
    const error = new UpstreamError('UPSTREAM_UNAVAILABLE', 'gone', { retryAfterMs: 5000, retry: { times: 2 } })
    const read = () => {
      throw error
    }
    expect(() => pause.heed(read, 0)).toThrow(error)
    expect(pause.isOn).toBe(false)
  })
})

describe('who waits for a pause', () => {
  it('goes on when it is over, however often it was made longer', async () => {
    const { clock, pause, tell } = start()
    tell(1000)
    let endedAtMs: number | undefined
    void pause.wait(10_000, staying).then(() => {
      endedAtMs = clock.monotonicMs()
    })
    await clock.advance(900)
    tell(1000)
    await clock.advance(5000)
    expect(endedAtMs).toBe(1900)
  })

  it('is told at once when it outlasts the deadline', async () => {
    const { pause, tell } = start()
    tell(30_000)
    await expect(pause.wait(30_000, staying)).rejects.toMatchObject({
      code: 'UPSTREAM_THROTTLED',
      retryAfterMs: 30_000,
      retry: { times: 0 },
    })
  })

  it('may leave', async () => {
    const { clock, pause, tell } = start()
    tell(30_000)
    const controller = new AbortController()
    const waiting = pause.wait(60_000, controller.signal).catch((error) => error)
    await settle()
    controller.abort(new Error('left'))
    expect(await waiting).toEqual(new Error('left'))
    expect(clock.waiting).toBe(0)
  })
})

describe('a quota that refuses', () => {
  const exhausted = (retryAfterMs?: number) => new QuotaExhaustedError('none', { retryAfterMs })

  it('is the provider refusing where the pause alone outlasts the deadline', () => {
    const { pause, tell } = start()
    tell(30_000)
    expect(pause.explain(exhausted(), 10_000)).toMatchObject({ code: 'UPSTREAM_THROTTLED', retryAfterMs: 30_000 })
    expect(pause.explain(exhausted(45_000), 10_000)).toMatchObject({ retryAfterMs: 45_000 })
  })

  it('is itself where the pause ends in time, where there is none, and with every other error', () => {
    const { pause, tell } = start()
    const error = exhausted(20_000)
    expect(pause.explain(error, 10_000)).toBe(error)
    tell(5000)
    expect(pause.explain(error, 10_000)).toBe(error)
    tell(30_000)
    const left = new Error('left')
    expect(pause.explain(left, 10_000)).toBe(left)
  })
})
