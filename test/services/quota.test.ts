import { describe, expect, it } from 'vitest'
import type { Spending } from '#contract/readings.ts'
import type { Caller } from '#model/caller.ts'
import { createServices } from '#services/create-services.ts'
import { createAsk, createFakeAccount, toServiceOptions } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const reader: Caller = { name: 'wall', role: 'reader', accounts: 'all' }
const row = { client: 'wall', operation: 'listPushSamples', calls: 0, savedByCache: 0, savedBySharing: 0 }

function createRig(rows: readonly Spending[] = [], leftMs: number | null = null) {
  const clock = new FakeClock()
  const services = createServices({
    ...toServiceOptions(clock, [createFakeAccount({})]),
    spending: {
      listSpending: (account) => (account === 'main' ? rows : []),
      findExhaustionMs: () => leftMs,
    },
  })
  return { clock, services, ask: createAsk(clock) }
}

describe('the quota of an account', () => {
  it('says when it is used up at the pace of late', async () => {
    const { clock, services, ask } = createRig([], 1234.5)
    expect(await services.getQuota('main', ask)).toMatchObject({ limit: 300, exhaustedAt: clock.now() + 1235 })
  })

  it('says nothing where that does not use it up, or nobody knows', async () => {
    const { clock, services, ask } = createRig()
    expect(await services.getQuota('main', ask)).toMatchObject({ exhaustedAt: null })
    const blind = createServices(toServiceOptions(clock, [createFakeAccount({})]))
    expect(await blind.getQuota('main', ask)).toMatchObject({ exhaustedAt: null })
    expect(blind.listQuotaSpenders('main', ask)).toEqual([])
  })
})

describe('who spends a quota', () => {
  it('is told with most calls first, then with most saved, in the words of the schema', () => {
    const { services, ask } = createRig([
      { ...row, client: 'b', savedByCache: 4 },
      { ...row, client: 'a', savedByCache: 4 },
      { ...row, client: 'c', operation: 'getLiveReading', savedBySharing: 5 },
      { ...row, client: 'greedy', operation: 'listLiveStreams', calls: 2 },
    ])
    expect(services.listQuotaSpenders('main', ask).map(({ client, operation }) => [client, operation])).toEqual([
      ['greedy', 'LIVE_STREAMS'],
      ['c', 'LIVE_STAT'],
      ['a', 'PUSH_SAMPLES'],
      ['b', 'PUSH_SAMPLES'],
    ])
  })

  it('are the fifty who spend most', () => {
    const { services, ask } = createRig(
      Array.from({ length: 80 }, (_, index) => ({ ...row, client: `client ${index}`, calls: index })),
    )
    const calls = services.listQuotaSpenders('main', ask).map((spender) => spender.calls)
    expect(calls).toEqual(Array.from({ length: 50 }, (_, index) => 79 - index))
  })

  it('is for ops alone, and of no account that the caller may not see', () => {
    const { clock, services } = createRig()
    const refused = expect.objectContaining({ code: 'FORBIDDEN' })
    for (const account of ['main', 'gone'])
      expect(() => services.listQuotaSpenders(account, createAsk(clock, { caller: reader }))).toThrow(refused)
    const elsewhere: Caller = { name: 'ops', role: 'ops', accounts: new Set(['spare']) }
    expect(() => services.listQuotaSpenders('main', createAsk(clock, { caller: elsewhere }))).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    )
  })
})
