// SECURITY.md keeps its word where that can be tried: its user of Redis may do what Weir does, and nothing else.
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type Gateway, startGateway } from '#test/support/gateway.ts'
import { startCluster } from '#test/support/redis-cluster.ts'
import { startRedis, type TestRedis } from '#test/support/redis-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { listProjectFiles } from '../../scripts/checks/project-files.ts'

const project = join(import.meta.dirname, '..', '..')
const page = readFileSync(join(project, 'SECURITY.md'), 'utf8')
/** Words of the `ACL SETUSER` that the page shows, its password filled in. */
const userWords = (/```acl\n([\s\S]*?)```/.exec(page)?.[1] ?? '')
  .replace(/^ACL SETUSER/, '')
  .replace('>PASSWORD', '>secret-word')
  .split(/\s+/)
  .filter((word) => word !== '')
const allowed = new Set(userWords.filter((word) => word.startsWith('+')).map((word) => word.slice(1)))

/** What the client, the link and the cluster say besides the scripts. */
const spoken = [
  'ping',
  'role',
  'select',
  'client|setname',
  'eval',
  'evalsha',
  'mget',
  'set',
  'cluster|slots',
  'cluster|info',
  'asking',
  'subscribe',
]

const open: (Gateway | TestRedis)[] = []
afterEach(async () => {
  for (const it of open.splice(0).toReversed()) await it.close()
})

function withUser(url: string): string {
  return url.replace('://', '://weir:secret-word@')
}

/** Quota, cache, flights, turns, limits. */
async function ask(gateway: Gateway): Promise<void> {
  await waitUntil('redis is there', async () => (await gateway.getJson('/readyz')).parts[0].state === 'ok')
  const { data } = await gateway.query('{ liveStreams(first: 1) { totalCount } }')
  expect(data.liveStreams.totalCount).toBeGreaterThan(0)
}

/** A screenshot, from its pop to the list. */
async function collect(gateway: Gateway): Promise<void> {
  const items = [{ stream_id: '8888_events', pic_url: '/8888_events-1.jpg' }]
  await fetch(`${gateway.sandbox.urls.control}/snapshots`, { method: 'POST', body: JSON.stringify({ items }) })
  const path = '/v1/accounts/tencent-main/streams/8888_events/snapshots'
  const isListed = async () => (await gateway.getJson(path)).items.length === 1
  // The first lease of all is waited for by itself: on a busy machine both take longer than one wait.
  await waitUntil('the screenshot is listed', isListed).catch(() => waitUntil('the screenshot is listed', isListed))
}

const settings = { limits: { requestsPerMinute: 1000 } }
const tencent = { snapshots: { collect: true, pollSeconds: 1, bucket: 'shots', cosAppId: '1250000000' } }

describe('the user of Redis', () => {
  test('may do what the code does, and nothing that it does not', async () => {
    const paths = (await listProjectFiles(project)).filter((path) => /^src\/.*\.(ts|lua)$/.test(path))
    const texts = await Promise.all(paths.map((path) => readFile(join(project, path), 'utf8')))
    const groups = ['xgroup', 'xinfo']
    const called = texts.flatMap((text) =>
      [...text.matchAll(/redis\.p?call\('([A-Z]+)'(?:, '([A-Z]+)')?/g)].map(([, name = '', part = '']) =>
        groups.includes(name.toLowerCase()) ? `${name}|${part}`.toLowerCase() : name.toLowerCase(),
      ),
    )
    expect([...allowed].toSorted()).toEqual([...new Set([...called, ...spoken])].toSorted())
  })

  test('is enough for a gateway, on a server', { timeout: 60_000 }, async () => {
    const redis = await startRedis()
    open.push(redis)
    await redis.command('ACL', 'SETUSER', ...userWords)
    const url = `${withUser(redis.url)}/1`
    const gateway = await startGateway({ settings: { ...settings, redis: { url } }, tencent })
    open.push(gateway)
    await ask(gateway)
    await collect(gateway)
    await gateway.close()
    expect(await redis.command('ACL', 'LOG')).toEqual([])
  })

  test('is enough for a gateway, on a cluster', { timeout: 60_000 }, async () => {
    const cluster = await startCluster()
    try {
      for (const node of cluster.nodes) await node.command('ACL', 'SETUSER', ...userWords)
      const gateway = await startGateway({ settings: { ...settings, redis: { url: withUser(cluster.url) } }, tencent })
      open.push(gateway)
      await ask(gateway)
      await gateway.close()
      for (const node of cluster.nodes) expect(await node.command('ACL', 'LOG')).toEqual([])
    } finally {
      await cluster.close()
    }
  })

  test('may not look around, change settings or remove what is not Weir’s', { timeout: 60_000 }, async () => {
    const redis = await startRedis()
    open.push(redis)
    await redis.command('ACL', 'SETUSER', ...userWords)
    for (const words of [
      'CONFIG GET *',
      'DEBUG SLEEP 0',
      'FLUSHALL',
      'KEYS *',
      'SCAN 0',
      'MONITOR',
      'GET other',
      'ACL LIST',
    ])
      expect([words, String(await redis.command('ACL', 'DRYRUN', 'weir', ...words.split(' ')))]).toEqual([
        words,
        expect.stringMatching(/^User weir has no permissions|no permissions to/),
      ])
  })
})
