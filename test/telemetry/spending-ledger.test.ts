import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GivenAnswer } from '#contract/given-answer.ts'
import { SpendingLedger } from '#telemetry/spending-ledger.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const WINDOW_MS = 300_000

function createLedger(replicas = 1) {
  const clock = new FakeClock()
  const ledger = new SpendingLedger({ accounts: [{ name: 'main', windowSeconds: 300 }], replicas, clock })
  return { clock, ledger }
}

const answer: GivenAnswer = {
  account: 'main',
  operation: 'listPushSamples',
  client: 'wall',
  from: 'kept',
  isStale: false,
  ageMs: 2000,
  savedByCache: 3,
  savedBySharing: 0,
}

describe('the ledger', () => {
  it('tells who spent what in the last window, and since the start', async () => {
    const { clock, ledger } = createLedger()
    ledger.called('main', 'greedy', 'listPushSamples')
    ledger.called('main', 'greedy', 'listPushSamples')
    ledger.gave(answer)
    ledger.gave({ ...answer, from: 'shared', savedByCache: 0, savedBySharing: 1 })
    const spent = [
      { client: 'greedy', operation: 'listPushSamples', calls: 2, savedByCache: 0, savedBySharing: 0 },
      { client: 'wall', operation: 'listPushSamples', calls: 0, savedByCache: 3, savedBySharing: 1 },
    ]
    expect(ledger.listSpending('main')).toEqual(spent)
    await clock.advance(WINDOW_MS * 1.03)
    expect(ledger.listSpending('main')).toEqual([])
    expect(ledger.listTotals('main')).toEqual(spent)
  })

  it('counts what an answer saved that was sent again whole, and no such answer of an account it does not know', () => {
    const { ledger } = createLedger()
    ledger.saved('main', 'wall', 'listPushSamples', 4)
    ledger.saved('other-account', 'wall', 'listPushSamples', 4)
    expect(ledger.listSpending('main')).toEqual([
      { client: 'wall', operation: 'listPushSamples', calls: 0, savedByCache: 4, savedBySharing: 0 },
    ])
    expect(ledger.listSpending('other-account')).toEqual([])
    expect(ledger.listGiven('main').size).toBe(0)
  })

  it('counts answers by where they came from, how fresh and how old they were', () => {
    const { ledger } = createLedger()
    ledger.gave(answer)
    ledger.gave({ ...answer, isStale: true, ageMs: 90_000_000, savedByCache: 0 })
    ledger.gave({ ...answer, from: 'asked', ageMs: 0 })
    const given = ledger.listGiven('main').get('listPushSamples')
    expect(given?.fresh).toEqual({ kept: 1, shared: 0, asked: 1 })
    expect(given?.stale).toEqual({ kept: 1, shared: 0, asked: 0 })
    expect(given?.ages.counts).toEqual([1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    expect(given?.ages.sum).toBe(90_002)
  })

  it('tells 200 clients apart, and the others as one', () => {
    const { ledger } = createLedger()
    for (let index = 0; index < 1000; index += 1) ledger.called('main', `client ${index}`, 'listPushSamples')
    const rows = ledger.listSpending('main')
    expect(rows).toHaveLength(201)
    expect(rows.find(({ client }) => client === 'other')?.calls).toBe(800)
    ledger.called('main', 'client 7', 'getLiveReading')
    expect(ledger.listSpending('main').filter(({ client }) => client === 'client 7')).toHaveLength(2)
  })

  it('makes room for a new client where another one has not been there for a window', async () => {
    const { clock, ledger } = createLedger()
    for (let index = 0; index < 200; index += 1) ledger.called('main', `old ${index}`, 'listPushSamples')
    await clock.advance(WINDOW_MS * 0.6)
    ledger.called('main', 'old 3', 'listPushSamples')
    ledger.called('main', 'unknown', 'listPushSamples')
    await clock.advance(WINDOW_MS * 0.6)
    ledger.called('main', 'new', 'listPushSamples')
    const clients = ledger.listTotals('main').map(({ client }) => client)
    expect(clients).toHaveLength(201)
    expect(clients).toContain('new')
    expect(clients).toContain('old 3')
    expect(clients).toContain('other')
    expect(clients).not.toContain('old 0')
  })

  it('counts nothing of accounts that it does not know', () => {
    const { ledger } = createLedger()
    ledger.called('gone', 'wall', 'listPushSamples')
    ledger.gave({ ...answer, account: 'gone' })
    expect(ledger.listSpending('gone')).toEqual([])
    expect(ledger.listGiven('gone').size).toBe(0)
    expect(ledger.findExhaustionMs('gone', { windowSeconds: 300, used: 0, remaining: 1 })).toBeNull()
  })

  it('foresees the end of a quota from the calls of the last minute', async () => {
    const { clock, ledger } = createLedger()
    const quota = (used: number) => ({ windowSeconds: 300, used, remaining: 300 - used })
    for (let second = 0; second < 60; second += 1) {
      await clock.advance(1000)
      for (let call = 0; call < 3; call += 1) ledger.called('main', 'greedy', 'listPushSamples')
    }
    // 3 a second come and 180 in 300 s go: 120 take 50 s.
    expect(ledger.findExhaustionMs('main', quota(180))).toBeCloseTo(50_000, -3)
    await clock.advance(66_000)
    expect(ledger.findExhaustionMs('main', quota(180))).toBeNull()
  })

  it('agrees with a list of all that it was told', () => {
    const event = fc.record({
      afterCells: fc.integer({ min: 0, max: 30 }),
      client: fc.constantFrom('a', 'b', 'c'),
      operation: fc.constantFrom('listPushSamples', 'getLiveReading'),
      saved: fc.integer({ min: 0, max: 5 }),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        // Whole cells: what lies in a window is then the same for both.
        let nowMs = 0
        const ledger = new SpendingLedger({
          accounts: [{ name: 'main', windowSeconds: 300 }],
          replicas: 1,
          clock: { monotonicMs: () => nowMs },
        })
        const told: { atMs: number; name: string; calls: number; saved: number }[] = []
        for (const { afterCells, client, operation, saved } of events) {
          nowMs += afterCells * (WINDOW_MS / 50)
          if (saved === 0) ledger.called('main', client, operation)
          else ledger.gave({ ...answer, client, operation, savedByCache: saved })
          told.push({ atMs: nowMs, name: `${client} ${operation}`, calls: saved === 0 ? 1 : 0, saved })
        }
        const recent = told.filter(({ atMs }) => atMs >= nowMs - WINDOW_MS)
        for (const name of new Set(told.map((row) => row.name))) {
          const sum = (list: typeof told, field: 'calls' | 'saved') =>
            list.filter((row) => row.name === name).reduce((total, row) => total + row[field], 0)
          const find = (rows: ReturnType<SpendingLedger['listTotals']>) =>
            rows.find(({ client, operation }) => `${client} ${operation}` === name)
          expect(find(ledger.listTotals('main'))).toMatchObject({
            calls: sum(told, 'calls'),
            savedByCache: sum(told, 'saved'),
          })
          expect(find(ledger.listSpending('main'))?.calls ?? 0).toBe(sum(recent, 'calls'))
          expect(find(ledger.listSpending('main'))?.savedByCache ?? 0).toBe(sum(recent, 'saved'))
        }
      }),
    )
  })
})
