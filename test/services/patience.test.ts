import { describe, expect, it } from 'vitest'
import { UpstreamError } from '#model/errors.ts'
import { createAsk, createFakeAccount, createTestServices } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const stream = { account: 'main', key: 'room1' }

/** An account whose status call does what the test says. */
function open() {
  const clock = new FakeClock()
  let answer = () => Promise.resolve({ state: 'LIVE' as const, ingest: null })
  let calls = 0
  const account = createFakeAccount({
    getStreamStatus: () => {
      calls += 1
      return answer()
    },
  })
  const services = createTestServices(clock, [account])
  return {
    clock,
    calls: () => calls,
    setAnswer: (next: typeof answer) => {
      answer = next
    },
    /** Asks, and tells how long that took. */
    ask: async () => {
      const startedAtMs = clock.monotonicMs()
      const asked = services.getStreamStatus(stream, createAsk(clock)).then((status) => ({
        stale: status.stale,
        tookMs: clock.monotonicMs() - startedAtMs,
      }))
      await clock.advance(12_000)
      return asked
    },
  }
}

const hang = () => new Promise<never>(() => undefined)

describe('a caller for whom an older answer is kept', () => {
  it('does not wait long for a provider that hangs, and hardly at all once it has failed', async () => {
    const { ask, setAnswer } = open()
    expect(await ask()).toEqual({ stale: false, tookMs: 0 })
    setAnswer(hang)
    const first = await ask()
    expect(first.stale).toBe(true)
    expect(first.tookMs).toBeLessThanOrEqual(2100)
    setAnswer(() => Promise.reject(new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection was refused')))
  })

  it('gets a new answer at once when the provider is back', async () => {
    const { ask, setAnswer } = open()
    await ask()
    setAnswer(() => Promise.reject(new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection was refused')))
    expect(await ask()).toMatchObject({ stale: true })
    setAnswer(() => Promise.resolve({ state: 'LIVE', ingest: null }))
    expect(await ask()).toEqual({ stale: false, tookMs: 0 })
  })

  it('waits for a moment only where the account has just failed, while the newer answer is fetched all the same', async () => {
    const { clock, ask, setAnswer, calls } = open()
    await ask()
    setAnswer(() => Promise.reject(new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection was refused')))
    await ask()
    setAnswer(async () => {
      await clock.delay(1000)
      return { state: 'LIVE', ingest: null }
    })
    const impatient = await ask()
    expect(impatient.stale).toBe(true)
    expect(impatient.tookMs).toBeLessThanOrEqual(250)
    expect(calls()).toBe(3)
    // It was there a second later, and nothing is strained any more.
    expect(await ask()).toEqual({ stale: false, tookMs: 1000 })
  })
})
