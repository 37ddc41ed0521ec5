import { describe, expect, it } from 'vitest'
import { QuotaExhaustedError, UpstreamError } from '#model/errors.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { Health } from '#upstream/health.ts'

const timeout = new UpstreamError('UPSTREAM_TIMEOUT', 'late')

async function start() {
  const clock = new FakeClock()
  const health = new Health(clock)
  const startedAt = clock.now()
  await clock.advance(1000)
  return { clock, health, startedAt }
}

describe('health', () => {
  it('is up since the start before any call', async () => {
    const { health, startedAt } = await start()
    expect(health.read()).toEqual({ state: 'UP', since: startedAt, lastErrorCode: null })
  })

  it('says since when it is what it is, however often that is confirmed', async () => {
    const { clock, health, startedAt } = await start()
    health.failed(timeout, false)
    await clock.advance(1000)
    health.failed(new UpstreamError('UPSTREAM_THROTTLED', 'too often'), false)
    expect(health.read()).toEqual({
      state: 'DEGRADED',
      since: startedAt + 1000,
      lastErrorCode: 'UPSTREAM_THROTTLED',
    })
    await clock.advance(1000)
    health.succeeded(false)
    await clock.advance(1000)
    health.succeeded(false)
    expect(health.read()).toMatchObject({ state: 'UP', since: startedAt + 3000 })
  })

  it('is down from the moment a breaker opens until none is open', async () => {
    const { clock, health, startedAt } = await start()
    health.broke()
    await clock.advance(1000)
    health.failed(timeout, true)
    health.succeeded(true)
    expect(health.read()).toEqual({ state: 'DOWN', since: startedAt + 1000, lastErrorCode: 'UPSTREAM_TIMEOUT' })
    health.succeeded(false)
    expect(health.read()).toMatchObject({ state: 'UP', since: startedAt + 2000 })
  })

  it('is not touched by what did not happen at the provider', async () => {
    const { health, startedAt } = await start()
    health.failed(new QuotaExhaustedError('none', {}), false)
    health.failed(new Error('left'), false)
    expect(health.read()).toEqual({ state: 'UP', since: startedAt, lastErrorCode: null })
  })
})
