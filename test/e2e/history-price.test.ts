// What it costs to watch a history that moves on with the time, counted by the provider itself: calls, and rows sent.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '#model/clock.ts'
import { type Gateway, startGateway } from '#test/support/gateway.ts'
import { openTestRedis, type SharedRedis } from '#test/support/redis-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import type { Sandbox } from '../../sandbox/handle.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'

const HOUR_MS = 3_600_000
const WINDOW_MS = 2 * HOUR_MS
const LOOK_EVERY_MS = 10_000
const LOOKS = HOUR_MS / LOOK_EVERY_MS
/** What replicas may take to start. */
const FIRST_LOOK_MS = 30_000
const EDGE = Math.floor(Date.now() / WINDOW_MS) * WINDOW_MS - WINDOW_MS
/** How many look at the same thing; `WEIR_PRICE_VIEWERS` asks for more. */
const VIEWERS = Number(process.env['WEIR_PRICE_VIEWERS'] ?? 3)
const LIVE = '8888_room1'
const OFFLINE = '8888_offline'

/** When the hour begins: at the worst moments for windows of two hours, and for rows of 5 and of 60 s. */
const moments = [
  { moment: 'inside a window', startsAt: EDGE + 0.4 * HOUR_MS },
  { moment: 'just before an edge', startsAt: EDGE - 1500 },
  { moment: 'just behind an edge', startsAt: EDGE + 1000 },
  { moment: 'half an hour before an edge, in a tick', startsAt: EDGE - 0.5 * HOUR_MS + 32_500 },
  { moment: 'late in the first half of a window', startsAt: EDGE + HOUR_MS - 2500 },
]

type Field = 'playSamples' | 'pushSamples'

/** What a look costs at most. */
interface Price {
  readonly calls: number
  readonly rows: number
}

const prices: Readonly<Record<Field, Price>> = {
  playSamples: { calls: 64, rows: 600 },
  pushSamples: { calls: 365, rows: 6500 },
}

let redis: SharedRedis
let sandbox: Sandbox
let startsAt = 0
let elapsedMs = 0
let begunAtMs = 0
const open: Gateway[] = []

/** Time passes by leaps, for the replicas and for the provider alike; between them, at its own pace. */
const clock: Clock = {
  now: () => Math.floor(startsAt + elapsedMs + performance.now() - begunAtMs),
  monotonicMs: () => elapsedMs + performance.now(),
  delay: systemClock.delay,
}

function restart(from: number): void {
  startsAt = from
  elapsedMs = 0
  begunAtMs = performance.now()
}

/** Leaps to a moment of the hour, unless it has come by itself. */
function leapTo(offsetMs: number): void {
  elapsedMs = Math.max(elapsedMs, offsetMs - (performance.now() - begunAtMs))
}

beforeAll(async () => {
  redis = await openTestRedis()
}, 300_000)
afterAll(() => redis.close())
afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()))
  await sandbox.close()
})

/** Starts replicas over one provider; of several, over one Redis too. The hour begins now. */
async function openReplicas(count: number, from: number): Promise<readonly Gateway[]> {
  restart(from - FIRST_LOOK_MS)
  const quota = { limit: 100_000, windowSeconds: 300 }
  sandbox = await startSandbox({ streams: 4, now: clock.now, quota })
  const prefix = `w${randomUUID().slice(0, 8)}`
  const replicas = await Promise.all(
    Array.from({ length: count }, () =>
      startGateway({
        over: sandbox,
        settings: { log: { level: 'warn' }, ...(count > 1 ? { redis: { url: redis.url, prefix } } : {}) },
        tencent: { quota },
        overrides: { clock, fleetTime: { toFleet: (instant) => instant }, commandTimeoutMs: 10_000 },
      }),
    ),
  )
  open.push(...replicas)
  for (const replica of replicas)
    await waitUntil('the replicas share their quota', async () => {
      const { data } = await replica.query('{ account(name: "tencent-main") { quota { remaining } } }')
      return data.account.quota.remaining > 90_000 && (await isReady(replica, count))
    })
  sandbox.resetCalls()
  return replicas
}

async function isReady(replica: Gateway, count: number): Promise<boolean> {
  const { parts } = await replica.getJson('/readyz')
  return count === 1 || (parts[0].name === 'redis' && parts[0].state === 'ok')
}

const iso = (instant: number) => new Date(instant).toISOString()

async function look(gateway: Gateway, field: Field, key: string) {
  const { data, errors } = await gateway.query(
    `query ($key: String!, $from: DateTime!, $to: DateTime!) { stream(account: "tencent-main", key: $key) {
      ${field}(from: $from, to: $to, everySeconds: 3600) { stale missing { code } samples { observedAt } } } }`,
    { key, from: iso(clock.now() - 6 * HOUR_MS), to: iso(clock.now()) },
  )
  expect(errors).toBeUndefined()
  expect(data.stream[field]).toMatchObject({ stale: false, missing: [] })
  return data.stream[field].samples.length
}

/**
 * Looks every ten seconds for an hour.
 * @param spreadMs over how much of each ten seconds the viewers are spread; 0: all in one moment
 */
async function watch(
  replicas: readonly Gateway[],
  field: Field,
  { viewers = 1, spreadMs = 0, key = LIVE } = {},
): Promise<Price> {
  for (let turn = 0; turn < LOOKS; turn += 1) {
    const lookAs = (viewer: number) => {
      const gateway = replicas[(turn + viewer) % replicas.length]
      if (!gateway) throw new Error('no such replica')
      return look(gateway, field, key)
    }
    const turnBeginsMs = FIRST_LOOK_MS + turn * LOOK_EVERY_MS
    leapTo(turnBeginsMs)
    if (spreadMs === 0) await Promise.all(Array.from({ length: viewers }, (_, viewer) => lookAs(viewer)))
    else
      for (let viewer = 0; viewer < viewers; viewer += 1) {
        leapTo(turnBeginsMs + (viewer * spreadMs) / viewers)
        await lookAs(viewer)
      }
  }
  const calls = sandbox.listCalls()
  return { calls: calls.length, rows: calls.reduce((sum, { rows }) => sum + rows, 0) }
}

function expectWithin(price: Price, limit: Price): void {
  expect(price, JSON.stringify(price)).toEqual({
    calls: Math.min(price.calls, limit.calls),
    rows: Math.min(price.rows, limit.rows),
  })
}

describe.for(['playSamples', 'pushSamples'] as const)('the last 6 h of %s, looked at every 10 s for 1 h', (field) => {
  it.for(moments)('cost one viewer no more than that, begun $moment', { timeout: 120_000 }, async ({ startsAt }) => {
    expectWithin(await watch(await openReplicas(1, startsAt), field), prices[field])
  })

  it('cost many viewers on 3 replicas no more than one', { timeout: 300_000 }, async () => {
    const replicas = await openReplicas(3, EDGE - 25_500)
    expectWithin(await watch(replicas, field, { viewers: VIEWERS }), prices[field])
  })

  it('cost no more where nothing is pushed', { timeout: 120_000 }, async () => {
    const price = await watch(await openReplicas(1, EDGE - 1500), field, { key: OFFLINE })
    expectWithin(price, prices[field])
  })
})

describe('a history that many look at, each at a moment of his own', () => {
  it('costs what it costs one where a row lasts longer than the looks are apart', { timeout: 300_000 }, async () => {
    const price = await watch(await openReplicas(3, EDGE - 1500), 'playSamples', {
      viewers: VIEWERS,
      spreadMs: LOOK_EVERY_MS,
    })
    expectWithin(price, prices.playSamples)
  })

  it('costs what it costs one where they look within the life of a row', { timeout: 300_000 }, async () => {
    const price = await watch(await openReplicas(3, EDGE - 1500), 'pushSamples', { viewers: VIEWERS, spreadMs: 4500 })
    expectWithin(price, prices.pushSamples)
  })

  it('costs a call every 5 s where there is always one to whom no older row is shown', {
    timeout: 300_000,
  }, async () => {
    const price = await watch(await openReplicas(1, EDGE - 1500), 'pushSamples', {
      viewers: VIEWERS,
      spreadMs: LOOK_EVERY_MS,
    })
    expectWithin(price, { calls: 4 + 720, rows: 4321 + 720 + 3 * 721 })
  })
})
