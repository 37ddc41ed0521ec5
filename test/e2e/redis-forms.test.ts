// Replicas over the other forms of Redis: a cluster, and a primary that sentinels replace.
import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { type Gateway, startGateway } from '#test/support/gateway.ts'
import { startCluster } from '#test/support/redis-cluster.ts'
import { startSentinelTrio } from '#test/support/redis-sentinel.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import type { Sandbox } from '../../sandbox/handle.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'

const LIMIT = 40
/** A twentieth of it is kept for outages. */
const CAPACITY = 38

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function openReplicas(url: string): Promise<{ sandbox: Sandbox; one: Gateway; other: Gateway }> {
  const sandbox = await startSandbox({ quota: { limit: LIMIT, windowSeconds: 60 } })
  opened.push(sandbox)
  const quota = { limit: LIMIT, windowSeconds: 60 }
  const open = async () => {
    const gateway = await startGateway({
      over: sandbox,
      settings: { redis: { url, prefix }, log: { level: 'warn' } },
      tencent: { quota },
      chinanetcenter: { quota },
    })
    opened.push(gateway)
    await waitUntil(
      'the quota is shared',
      async () => (await readQuota(gateway, 'tencent-main')).remaining === CAPACITY,
    )
    await waitUntil('the quota is shared', async () => (await readQuota(gateway, 'cnc-main')).remaining === CAPACITY)
    return gateway
  }
  const prefix = `w${randomUUID().slice(0, 8)}`
  return { sandbox, one: await open(), other: await open() }
}

async function readQuota(gateway: Gateway, account: string) {
  const { data } = await gateway.query('query ($name: String!) { account(name: $name) { quota { used remaining } } }', {
    name: account,
  })
  return data.account.quota
}

const ask = (gateway: Gateway, key: string) =>
  gateway.query('query ($key: String!) { stream(account: "tencent-main", key: $key) { ingest { rendition } } }', {
    key,
  })

describe('replicas over a Redis Cluster', () => {
  it('share questions, answers and the quota of accounts that lie on different nodes', {
    timeout: 300_000,
  }, async () => {
    const cluster = await startCluster()
    opened.push(cluster)
    const { sandbox, one, other } = await openReplicas(cluster.url)
    await Promise.all([ask(one, '8888_room1'), ask(other, '8888_room1')])
    expect(sandbox.countCalls()).toBe(1)
    expect((await ask(other, '8888_room1')).extensions.upstream).toMatchObject({ calls: 0, cached: 1 })
    for (let room = 2; room <= 11; room += 1) await ask(room % 2 === 0 ? one : other, `8888_room${room}`)
    for (const gateway of [one, other])
      expect(await readQuota(gateway, 'tencent-main')).toEqual({ used: 11, remaining: CAPACITY - 11 })
    expect(await readQuota(one, 'cnc-main')).toEqual({ used: 0, remaining: CAPACITY })
  })
})

describe('replicas over a Redis that sentinels watch', () => {
  it('know what they have started after the primary was replaced', { timeout: 300_000 }, async () => {
    const trio = await startSentinelTrio()
    opened.push(trio)
    const { sandbox, one, other } = await openReplicas(trio.url)
    // The copy stands still: what is started now is lost with the primary, although it was acknowledged.
    await trio.replica.freeze()
    for (let room = 1; room <= 20; room += 1) await ask(room % 2 === 0 ? one : other, `8888_room${room}`)
    await trio.primary.kill()
    await trio.replica.resume()
    await trio.waitForFailover()
    await waitUntil('both count all of it again', async () => {
      const quotas = await Promise.all([one, other].map((gateway) => readQuota(gateway, 'tencent-main')))
      return quotas.every(({ used, remaining }) => used === 20 && remaining === CAPACITY - 20)
    })
    const asked = Array.from({ length: 40 }, (_, index) => ask(index % 2 === 0 ? one : other, `8888_room${index + 40}`))
    await Promise.all(asked)
    expect(sandbox.countCalls({ provider: 'tencent' })).toBe(CAPACITY)
  })
})
