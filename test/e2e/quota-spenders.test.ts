// Two clients over one account, one of them greedy: who has spent its quota, on both faces and in the metrics.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FakeClock } from '#test/support/fake-clock.ts'
import { type Gateway, type Json, startGateway } from '#test/support/gateway.ts'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'

const HOUR_MS = 3_600_000
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const as = (key: string) => ({ authorization: `Bearer ${key}` })
const SPENDERS = `{ account(name: "tencent-main") {
  quota { limit used windowSeconds exhaustedAt spenders { client operation calls savedByCache savedBySharing } }
} }`

let clock: FakeClock
let sandbox: Sandbox
let gateway: Gateway

const rooms = (count: number) => Array.from({ length: count }, (_, index) => `8888_room${index + 1}`)

/** Six hours of a stream, which lie well in the past: three or four windows. */
function history(key: string): string {
  const to = Math.floor(clock.now() / HOUR_MS) * HOUR_MS - 2 * HOUR_MS
  const range = `from: "${new Date(to - 6 * HOUR_MS).toISOString()}", to: "${new Date(to).toISOString()}"`
  return `{ stream(account: "tencent-main", key: "${key}") { pushSamples(${range}) { fetchedAt } } }`
}

beforeAll(async () => {
  clock = new FakeClock(Date.UTC(2026, 10, 21, 12, 30))
  sandbox = await startSandbox({ now: () => clock.now() })
  gateway = await startGateway({
    over: sandbox,
    settings: {
      log: { level: 'warn' },
      access: {
        mode: 'keys',
        keys: [
          { name: 'operator', sha256: sha256('operator'), role: 'ops' },
          { name: 'elsewhere', sha256: sha256('elsewhere'), role: 'ops', accounts: ['cnc-main'] },
          { name: 'greedy', sha256: sha256('greedy') },
          { name: 'modest', sha256: sha256('modest') },
        ],
      },
    },
    overrides: { clock, keepsAnswers: false },
  })
  // The greedy one pays for what both of them see.
  for (const key of rooms(5)) await gateway.query(history(key), {}, as('greedy'))
  for (const key of rooms(4)) await gateway.query(history(key), {}, as('modest'))
  const state = '{ stream(account: "tencent-main", key: "8888_room1") { ingest { rendition } } }'
  await gateway.query(state, {}, as('modest'))
})
afterAll(async () => {
  await gateway.close()
  await sandbox.close()
})

describe('who spends the quota', () => {
  it('is told to operators, most calls first, and what each was saved', async () => {
    const { data, errors } = await gateway.query(SPENDERS, {}, as('operator'))
    expect(errors).toBeUndefined()
    const { spenders, used, windowSeconds } = data.account.quota
    expect(windowSeconds).toBe(300)
    expect(spenders).toEqual([
      { client: 'greedy', operation: 'PUSH_SAMPLES', calls: 15, savedByCache: 0, savedBySharing: 0 },
      { client: 'modest', operation: 'STREAM_STATE', calls: 1, savedByCache: 0, savedBySharing: 0 },
      { client: 'modest', operation: 'PUSH_SAMPLES', calls: 0, savedByCache: 12, savedBySharing: 0 },
    ])
    // What the provider has counted is what somebody has spent.
    const calls = spenders.reduce((sum: number, spender: { calls: number }) => sum + spender.calls, 0)
    expect(calls).toBe(used)
    expect(calls).toBe(gateway.sandbox.countCalls())
  })

  it('is the same by REST', async () => {
    const { data } = await gateway.query(SPENDERS, {}, as('operator'))
    for (const path of ['/v1/accounts?name=tencent-main', '/v1/accounts/tencent-main']) {
      const body: Json = await (await gateway.get(path, as('operator'))).json()
      const { quota } = body.items?.[0] ?? body
      // The second has asked for the totals of the account.
      const others = quota.spenders.filter(({ client }: { client: string }) => client !== 'operator')
      expect(others).toEqual(data.account.quota.spenders)
      expect(quota.exhaustedAt).toBe(data.account.quota.exhaustedAt)
    }
  })

  it('is not told to anybody else, nor is there any trace of others', async () => {
    const { data, errors } = await gateway.query(SPENDERS, {}, as('modest'))
    expect(data.account.quota).toMatchObject({ limit: 300, spenders: null })
    expect(errors).toMatchObject([{ path: ['account', 'quota', 'spenders'], extensions: { code: 'FORBIDDEN' } }])
    const text = await (await gateway.get('/v1/accounts', as('modest'))).text()
    expect(JSON.parse(text).items[0].quota.spenders).toBeNull()
    expect(text + JSON.stringify(data) + JSON.stringify(errors)).not.toContain('greedy')
    const hidden = await gateway.query(SPENDERS, {}, as('elsewhere'))
    expect(hidden.data.account).toBeNull()
    expect(JSON.stringify(hidden)).not.toContain('greedy')
  })

  it('stands in the metrics, and so does where answers came from', async () => {
    const text = await (await gateway.get('/metrics', as('operator'))).text()
    const account = 'account="tencent-main"'
    for (const line of [
      `weir_client_calls_total{${account},client="greedy",operation="listPushSamples"} 15`,
      `weir_client_saved_total{${account},client="modest",operation="listPushSamples",by="cache"} 12`,
      `weir_given_total{${account},operation="listPushSamples",from="asked",freshness="fresh"} 5`,
      `weir_given_total{${account},operation="listPushSamples",from="kept",freshness="fresh"} 4`,
      `weir_given_age_seconds_count{${account},operation="listPushSamples"} 9`,
    ])
      expect(text.split('\n')).toContain(line)
    const elsewhere = await (await gateway.get('/metrics', as('elsewhere'))).text()
    expect(elsewhere).not.toContain('greedy')
  })

  it('foresees when the quota is used up once somebody asks so much', async () => {
    expect(await gateway.query(SPENDERS, {}, as('operator'))).toMatchObject({
      data: { account: { quota: { exhaustedAt: null } } },
    })
    for (let round = 0; round < 6; round += 1) {
      await clock.advance(9000)
      await Promise.all(
        rooms(15).map((key) =>
          gateway.query(
            `{ stream(account: "tencent-main", key: "${key}") { ingest { rendition } } }`,
            {},
            as('greedy'),
          ),
        ),
      )
    }
    const { data } = await gateway.query(SPENDERS, {}, as('operator'))
    const { exhaustedAt, used } = data.account.quota
    expect(used).toBeGreaterThan(90)
    // 105 of late in 60 s; those that are known leave the window at the same time.
    expect(Date.parse(exhaustedAt) - clock.now()).toBeGreaterThan(60_000)
    expect(Date.parse(exhaustedAt) - clock.now()).toBeLessThan(300_000)
    const text = await (await gateway.get('/metrics', as('operator'))).text()
    expect(text).toMatch(/^weir_quota_exhausted_in_seconds\{account="tencent-main"\} \d/m)
    expect(text).not.toMatch(/^weir_quota_exhausted_in_seconds\{account="cnc-main"\}/m)
  })
})
