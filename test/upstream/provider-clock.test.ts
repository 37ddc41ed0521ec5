import { describe, expect, it } from 'vitest'
import { ProviderClock } from '#upstream/provider-clock.ts'

const NOON = Date.UTC(2026, 5, 1, 12)
const MINUTE_MS = 60_000

function start() {
  let nowMs = NOON
  const clock = new ProviderClock({ now: () => nowMs })
  const refuse = (aheadMs: number) =>
    clock.learn({ headers: { date: new Date(nowMs + aheadMs).toUTCString() }, receivedAt: nowMs })
  return { clock, refuse, step: (ms: number) => (nowMs += ms) }
}

describe('the time at a provider', () => {
  it("is this machine's until a signature is refused", () => {
    expect(start().clock.now()).toBe(NOON)
  })

  it('is what the provider said when it refused, ahead or behind', () => {
    for (const aheadMs of [10 * MINUTE_MS, -10 * MINUTE_MS]) {
      const { clock, refuse, step } = start()
      expect(refuse(aheadMs)).toBe(aheadMs)
      step(5000)
      expect(clock.now()).toBe(NOON + aheadMs + 5000)
    }
  })

  it('is no news the second time, nor when it is close to ours', () => {
    const { refuse } = start()
    expect(refuse(29_000)).toBeUndefined()
    expect(refuse(10 * MINUTE_MS)).toBe(10 * MINUTE_MS)
    expect(refuse(10 * MINUTE_MS + 2000)).toBeUndefined()
  })

  it("is this machine's again once its clock has been put right", () => {
    const { clock, refuse, step } = start()
    refuse(10 * MINUTE_MS)
    step(10 * MINUTE_MS)
    expect(refuse(0)).toBe(0)
    expect(clock.now()).toBe(NOON + 10 * MINUTE_MS)
  })

  it('is not believed when it is hours away, or cannot be read', () => {
    const { clock, refuse } = start()
    expect(refuse(16 * MINUTE_MS)).toBeUndefined()
    expect(clock.learn({ headers: { date: 'yesterday' }, receivedAt: NOON })).toBeUndefined()
    expect(clock.learn({ headers: {}, receivedAt: NOON })).toBeUndefined()
    expect(clock.now()).toBe(NOON)
  })
})
