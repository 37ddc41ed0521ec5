// Several gateways over one Redis and one provider: what they cost together, counted at the provider.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '#model/clock.ts'
import { type Gateway, startGateway } from '#test/support/gateway.ts'
import { openTestRedis, type SharedRedis } from '#test/support/redis-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import type { Sandbox } from '../../sandbox/handle.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'

const HOUR_MS = 3_600_000
/** On the grid, so that the hour that passes ends one window. */
const startedAt = Math.floor(Date.now() / (2 * HOUR_MS)) * 2 * HOUR_MS - 2 * HOUR_MS + 0.5 * HOUR_MS

let redis: SharedRedis
let sandbox: Sandbox
let prefix: string
let elapsedMs = 0
const open: Gateway[] = []

/** Time passes by leaps, for the replicas and for the provider alike; between them, at its own pace. */
const clock: Clock = {
  now: () => startedAt + elapsedMs + Math.floor(performance.now()),
  monotonicMs: () => elapsedMs + performance.now(),
  delay: systemClock.delay,
}

beforeAll(async () => {
  redis = await openTestRedis()
}, 300_000)
afterAll(() => redis.close())

beforeEach(async () => {
  prefix = `w${randomUUID().slice(0, 8)}`
  sandbox = await startSandbox({ streams: 40, now: clock.now, quota: { limit: 100_000, windowSeconds: 300 } })
})
afterEach(async () => {
  await closeAll()
  await sandbox.close()
})

async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()))
}

/** Starts replicas that share a Redis, whose time is theirs. */
async function openReplicas(count: number): Promise<readonly Gateway[]> {
  const replicas = await Promise.all(
    Array.from({ length: count }, () =>
      startGateway({
        over: sandbox,
        settings: { redis: { url: redis.url, prefix }, log: { level: 'warn' } },
        tencent: { quota: { limit: 100_000, windowSeconds: 300 } },
        overrides: { clock, fleetTime: { toFleet: (instant) => instant }, commandTimeoutMs: 10_000 },
      }),
    ),
  )
  open.push(...replicas)
  for (const replica of replicas)
    await waitUntil('the replicas share their quota', async () => {
      const { data } = await replica.query('{ account(name: "tencent-main") { quota { remaining } } }')
      return data.account.quota.remaining > 90_000 && (await isInReach(replica))
    })
  sandbox.resetCalls()
  return replicas
}

async function isInReach(replica: Gateway): Promise<boolean> {
  const { parts } = await replica.getJson('/readyz')
  return parts[0].name === 'redis' && parts[0].state === 'ok'
}

const iso = (instant: number) => new Date(instant).toISOString()

/** The last six hours of a stream, in hours: long answers are not what is measured. */
function askHistory(gateway: Gateway) {
  return gateway.query(
    `query ($from: DateTime!, $to: DateTime!) { stream(account: "tencent-main", key: "8888_room1") {
      playSamples(from: $from, to: $to, everySeconds: 3600) { stale missing { code } samples { observedAt } } } }`,
    { from: iso(clock.now() - 6 * HOUR_MS), to: iso(clock.now()) },
  )
}

describe('replicas over one Redis', () => {
  it('ask the provider once for 500 identical questions, and all give the same answer', async () => {
    const replicas = await openReplicas(3)
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        replicas[index % 3]?.query(
          '{ stream(account: "tencent-main", key: "8888_room7") { live { onlineViewers fetchedAt } } }',
        ),
      ),
    )
    expect(sandbox.countCalls()).toBe(1)
    const readings = new Set(answers.map((answer) => answer?.data.stream.live.onlineViewers))
    expect(readings.size).toBe(1)
    const calls = answers.reduce((sum, answer) => sum + (answer?.extensions.upstream.calls ?? 0), 0)
    expect(calls).toBe(1)
  })

  it('ask for no closed window again after all of them were restarted', async () => {
    const [first] = await openReplicas(2)
    if (first) await askHistory(first)
    expect(sandbox.countCalls()).toBe(4)
    await closeAll()
    elapsedMs += 61_000
    const replicas = await openReplicas(2)
    for (const replica of replicas) expect((await askHistory(replica)).errors).toBeUndefined()
    // The open one alone.
    expect(sandbox.countCalls()).toBe(1)
  })

  it('find nothing that was kept under the same name for another account', async () => {
    const [first] = await openReplicas(1)
    if (first) await askHistory(first)
    const elsewhere = await startSandbox({
      streams: 40,
      now: clock.now,
      credentials: { tencent: { appId: 1250000001, apiKey: '0123456789abcdef0123456789abcdef' } },
    })
    const other = await startGateway({
      over: elsewhere,
      settings: { redis: { url: redis.url, prefix } },
      overrides: { clock, fleetTime: { toFleet: (instant) => instant }, commandTimeoutMs: 10_000 },
    })
    open.push(other)
    await waitUntil('Redis is in reach', () => isInReach(other))
    await askHistory(other)
    expect(elsewhere.countCalls()).toBe(4)
    await closeAll()
    await elsewhere.close()
  })

  it('show what another of them has asked when the provider fails, and say that it is old', async () => {
    const [one, other] = await openReplicas(2)
    if (one) await askHistory(one)
    sandbox.setFault({ kind: 'error' })
    elapsedMs += 61_000
    const answer = other && (await askHistory(other))
    expect(answer?.errors).toBeUndefined()
    expect(answer?.data.stream.playSamples).toMatchObject({ stale: true })
    expect(answer?.data.stream.playSamples.samples.length).toBeGreaterThanOrEqual(6)
  })
})
