// Many who watch over several replicas: what they cost the provider together, and what each of them hears.
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type Clock, systemClock } from '#model/clock.ts'
import { type Gateway, startGateway } from '#test/support/gateway.ts'
import { openTestRedis, type SharedRedis } from '#test/support/redis-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { startTcpProxy, type TcpProxy } from '../../bench/faults/rig/tcp-proxy.ts'
import { compareSequences } from '../../bench/live/sequences.ts'
import type { Sighting } from '../../bench/live/subscription.ts'
import type { Sandbox } from '../../sandbox/handle.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'

const TICK_MS = 5000
const REPLICAS = 3
const keys = ['8888_a', '8888_b', '8888_c', '8888_d', '8888_e', '8888_f']

let redis: SharedRedis
const closers: (() => unknown)[] = []

beforeAll(async () => {
  redis = await openTestRedis()
}, 300_000)
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})
afterAll(() => redis.close())

/** A provider with streams that are pushed without a pause. */
async function openProvider(now: () => number): Promise<Sandbox> {
  const sandbox = await startSandbox({ streams: 0, now, quota: { limit: 100_000, windowSeconds: 300 } })
  closers.push(() => sandbox.close())
  sandbox.tencentStreams.start(...keys)
  return sandbox
}

/** Replicas over one Redis, each with a way there of its own. */
async function openReplicas(sandbox: Sandbox, clock: Clock) {
  const prefix = `w${randomUUID().slice(0, 8)}`
  const { hostname, port } = new URL(redis.url)
  const opened: { readonly gateway: Gateway; readonly way: TcpProxy }[] = []
  for (let index = 0; index < REPLICAS; index += 1) {
    const way = await startTcpProxy({ host: hostname, port: Number(port) })
    closers.push(() => way.close())
    const gateway = await startGateway({
      over: sandbox,
      settings: { redis: { url: `redis://127.0.0.1:${way.port}`, prefix }, log: { level: 'warn' } },
      tencent: { quota: { limit: 100_000, windowSeconds: 300 } },
      overrides: { clock, fleetTime: { toFleet: (instant) => instant } },
    })
    closers.push(() => gateway.close())
    opened.push({ gateway, way })
  }
  for (const { gateway } of opened)
    await waitUntil('Redis is in reach', async () => (await gateway.getJson('/readyz')).parts[0].state === 'ok')
  return opened
}

/** A subscriber of its own connection. */
interface Viewer {
  readonly replica: number
  readonly key: string
  readonly sightings: Sighting[]
  leave(): void
}

function watch(gateway: Gateway, replica: number, key: string): Viewer {
  const sightings: Sighting[] = []
  const client = createClient({
    url: `${gateway.address.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: false,
    onNonLazyError: () => undefined,
  })
  const query = `subscription { pushSample(account: "tencent-main", key: "${key}") { observedAt bitrateBitsPerSecond } }`
  client.subscribe<{ pushSample: { observedAt: string } }>(
    { query },
    {
      next: ({ data }) => {
        if (data)
          sightings.push({ observedAtMs: Date.parse(data.pushSample.observedAt), arrivedAtMs: performance.now() })
      },
      error: () => undefined,
      complete: () => undefined,
    },
  )
  const leave = () => void client.dispose()
  closers.push(leave)
  return { replica, key, sightings, leave }
}

/** So many on each stream, shared out over the replicas. */
const watchAll = (replicas: readonly { readonly gateway: Gateway }[], onEach: number): readonly Viewer[] =>
  keys.flatMap((key, stream) =>
    Array.from({ length: onEach }, (_, round) => (stream + round) % REPLICAS).flatMap((replica) => {
      const gateway = replicas[replica]?.gateway
      return gateway ? [watch(gateway, replica, key)] : []
    }),
  )

const everybodyHears = (viewers: readonly Viewer[], samples: number) => {
  const counts = viewers.map(({ sightings }) => sightings.length + samples)
  return waitUntil(`everybody has heard of ${samples} more samples`, async () =>
    viewers.every(({ sightings }, index) => sightings.length >= (counts[index] ?? 0)),
  )
}

const compare = (viewers: readonly Viewer[]) =>
  compareSequences(viewers.map(({ key, sightings }) => ({ key, sessions: [{ isResumed: false, sightings }] })))

const spotless = { repeated: 0, disordered: 0, missing: 0 }

describe('subscribers of three replicas', () => {
  it('cost the provider what one on each stream costs, hear each sample once and in order, and nothing when they are gone', async () => {
    const speed = 5
    const startedAt = Date.now()
    const began = performance.now()
    const elapsedMs = () => (performance.now() - began) * speed
    /** The machine's time, but faster; for the provider too. */
    const clock: Clock = {
      now: () => Math.floor(startedAt + elapsedMs()),
      monotonicMs: elapsedMs,
      delay: (ms, signal) => systemClock.delay(ms / speed, signal),
    }
    const sandbox = await openProvider(clock.now)
    const replicas = await openReplicas(sandbox, clock)

    /** Calls in so many ticks, from between two of them on. */
    const countCalls = async (ticks: number) => {
      sandbox.resetCalls()
      await waitUntil('the provider is read', async () => sandbox.countCalls() > 0)
      await delay(TICK_MS / 2 / speed)
      sandbox.resetCalls()
      await delay((ticks * TICK_MS) / speed)
      return sandbox.countCalls()
    }

    const few = watchAll(replicas, 1)
    await everybodyHears(few, 1)
    const callsOfFew = await countCalls(2)
    const many = [...few, ...watchAll(replicas, 9)]
    expect(many).toHaveLength(60)
    await everybodyHears(many, 1)
    const callsOfMany = await countCalls(2)
    // One page of the list tells of all of them.
    expect([callsOfFew, callsOfMany]).toEqual([2, 2])
    expect(compare(many)).toMatchObject(spotless)

    for (const viewer of many) viewer.leave()
    await delay((2 * TICK_MS) / speed)
    sandbox.resetCalls()
    await delay((2 * TICK_MS) / speed)
    expect(sandbox.countCalls()).toBe(0)
  }, 60_000)

  it('go on hearing when the replica that reads the provider is cut off: after one tick more at most, nothing twice', async () => {
    const sandbox = await openProvider(Date.now)
    const replicas = await openReplicas(sandbox, systemClock)
    const viewers = watchAll(replicas, 2)
    await everybodyHears(viewers, 2)
    const held = await Promise.all(replicas.map(async ({ gateway }) => (await gateway.get('/metrics')).text()))
    const holder = held.findIndex((text) => /^weir_sampler_lease_held\{.*account="tencent-main".*\} 1$/m.test(text))
    expect(holder).toBeGreaterThanOrEqual(0)
    replicas[holder]?.way.hold()
    const others = viewers.filter(({ replica }) => replica !== holder)
    await everybodyHears(others, 1)
    const comparison = compare(others)
    expect(comparison).toMatchObject(spotless)
    expect(comparison.longestPauseMs).toBeLessThanOrEqual(2 * TICK_MS)
    replicas[holder]?.way.release()
  }, 60_000)
})
