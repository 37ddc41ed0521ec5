import { connect } from 'node:net'
import { pipeline } from 'node:stream'
import { createServer, getCACertificates, type Server, setDefaultCACertificates } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { FleetLink, FleetScript } from '#fleet/fleet-link.ts'
import { openLink, runLinkProcess } from '#test/support/link-rig.ts'
import { startCluster, type TestCluster } from '#test/support/redis-cluster.ts'
import { type SentinelTrio, startSentinelTrio } from '#test/support/redis-sentinel.ts'
import { startRedis, type TestRedis } from '#test/support/redis-server.ts'
import { createSelfSigned } from '#test/support/self-signed.ts'

const put: FleetScript = {
  name: 'put',
  lua: "redis.call('SET', KEYS[1], ARGV[1]) redis.call('SET', KEYS[2], ARGV[2]) return redis.call('GET', KEYS[1])",
}
const accounts = Array.from({ length: 30 }, (_, index) => `account-${index}`)
const keysOf = (account: string) => [`weir-test:{${account}}:1`, `weir-test:{${account}}:2`]

const noop = () => undefined

const links: FleetLink[] = []
function open(...options: Parameters<typeof openLink>) {
  const rig = openLink(...options)
  links.push(rig.link)
  return rig
}
afterEach(async () => {
  await Promise.all(links.splice(0).map((link) => link.close()))
})

describe('a server behind TLS', () => {
  const authorities = getCACertificates('default')
  let redis: TestRedis
  let front: Server
  let url: string
  let authority: string
  beforeAll(async () => {
    redis = await startRedis()
    const { key, cert } = createSelfSigned('localhost', Date.now() - 60_000, Date.now() + 3_600_000)
    front = createServer({ key, cert }, (socket) => pipeline(socket, connect(redis.port, '127.0.0.1'), socket, noop))
    front.on('tlsClientError', noop)
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
    const address = front.address()
    url = `rediss://localhost:${typeof address === 'object' ? address?.port : 0}`
    authority = cert
  }, 60_000)
  afterEach(() => setDefaultCACertificates(authorities))
  afterAll(async () => {
    front.close()
    await redis.close()
  })

  test('is up when its certificate can be believed', async () => {
    setDefaultCACertificates([authority])
    const { link, waitFor } = open(url)
    await waitFor('up', 3000)
    expect(await link.getMany(['k'])).toEqual([null])
  })

  test('is silent when it cannot', async () => {
    const { link, lines } = open(url)
    await expect.poll(() => lines).toHaveLength(1)
    expect(link.state().health).toBe('silent')
    expect(lines[0]?.fields).toMatchObject({ reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  })
})

describe('a primary that sentinels know', { timeout: 30_000 }, () => {
  let trio: SentinelTrio
  beforeAll(async () => {
    trio = await startSentinelTrio()
  }, 60_000)
  afterAll(() => trio.close())

  test('is left for the new one after a failover', async () => {
    const { link, waitFor } = open(trio.url)
    await waitFor('up', 3000)
    expect(await link.evaluate(put, keysOf('a'), ['x', 'y'])).toBe('x')
    await trio.primary.kill()
    await waitFor('refused', 2000)
    await trio.waitForFailover()
    await waitFor('up', 3000)
    expect(link.state().connection).toBeGreaterThan(1)
    expect(await link.evaluate(put, keysOf('a'), ['z', 'y'])).toBe('z')
    expect(await trio.replica.command('GET', 'weir-test:{a}:1')).toBe('z')
  })

  test('is found although a sentinel says nothing', async () => {
    await trio.sentinels[0]?.freeze()
    try {
      const { waitFor } = open(trio.url)
      await waitFor('up', 3000)
    } finally {
      await trio.sentinels[0]?.resume()
    }
  })

  test('leaves nothing open', async () => {
    expect(await runLinkProcess(trio.url, 'up')).toBe('up')
    expect(await runLinkProcess(trio.url, 'begun')).toBe('silent')
  })

  test('counts as gone only when no sentinel may know another', async () => {
    await trio.replica.kill()
    const { waitFor } = open(trio.url)
    await waitFor('refused', 5000)
    await trio.sentinels[0]?.freeze()
    try {
      await waitFor('silent', 5000)
    } finally {
      await trio.sentinels[0]?.resume()
    }
    await waitFor('refused', 5000)
    await trio.sentinels[0]?.kill()
    await waitFor('refused', 5000)
  })

  test('is out of reach, not gone, when all sentinels are', async () => {
    await Promise.all(trio.sentinels.map((sentinel) => sentinel.kill()))
    const { link, lines } = open(trio.url)
    await expect.poll(() => lines).toHaveLength(1)
    expect(lines[0]?.fields).toMatchObject({ reason: 'NO_SENTINEL' })
    expect(link.state().health).toBe('silent')
  })
})

describe('a cluster', { timeout: 30_000 }, () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await startCluster()
  }, 60_000)
  afterAll(() => cluster.close())

  test('gets the keys of every account to where they belong', async () => {
    const { link, waitFor } = open(cluster.url)
    await waitFor('up', 3000)
    const answers = accounts.map((account) => link.evaluate(put, keysOf(account), [account, 'y']))
    expect(await Promise.all(answers)).toEqual(accounts)
    const values = await Promise.all(accounts.map((account) => link.getMany(keysOf(account))))
    const single = await Promise.all(accounts.map((account) => link.get(keysOf(account)[0] ?? '')))
    expect(values.map(([value]) => value?.toString())).toEqual(accounts)
    expect(single.map(String)).toEqual(accounts)
    await link.set('weir-test:{b}:1', Buffer.from('v'), 1000)
    expect(Math.abs((await link.readTimeMs()) - Date.now())).toBeLessThan(1000)
    const sizes = await Promise.all(cluster.nodes.map((node) => node.command('DBSIZE')))
    expect(Math.min(...sizes.map(Number))).toBeGreaterThan(0)
    expect(link.state()).toMatchObject({ health: 'up', connection: 1 })
  })

  test('is up once every master answers, and lost with any of them', async () => {
    const { link, waitFor } = open(cluster.url)
    await waitFor('up', 3000)
    await cluster.nodes[2]?.freeze()
    try {
      await waitFor('silent', 2000)
    } finally {
      await cluster.nodes[2]?.resume()
    }
    await waitFor('up', 10_000)
    expect(link.state().connection).toBeGreaterThan(1)
    const answers = accounts.map((account) => link.evaluate(put, keysOf(account), [account, 'y']))
    expect(await Promise.all(answers)).toEqual(accounts)
  })

  test('that refuses the password is silent, and says why', async () => {
    const { link, lines } = open(cluster.url.replace('//', '//nobody:the-secret@'))
    await expect.poll(() => lines).toHaveLength(1)
    expect(link.state().health).toBe('silent')
    expect(lines[0]?.fields).toMatchObject({ reason: 'WRONGPASS' })
    expect(JSON.stringify(lines)).not.toContain('secret')
  })

  test('leaves nothing open', async () => {
    expect(await runLinkProcess(cluster.url, 'up')).toBe('up')
    expect(await runLinkProcess(cluster.url, 'begun')).toBe('silent')
  })

  test('is found through one node, and gone only when all are that it was known to have', async () => {
    const { link, waitFor } = open(cluster.url.replace(/,.*$/, ''))
    await waitFor('up', 10_000)
    await cluster.nodes[0]?.kill()
    await waitFor('silent', 2000)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(link.state().health).toBe('silent')
    await cluster.nodes[1]?.kill()
    await cluster.nodes[2]?.kill()
    await waitFor('refused', 5000)
    const ages: number[] = []
    for (let time = 0; time < 20; time += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      ages.push(performance.now() - link.state().confirmedAtMs)
    }
    expect(Math.max(...ages)).toBeLessThan(700)
    await Promise.all(cluster.nodes.map((node) => node.start()))
    await waitFor('up', 15_000)
    expect(link.state().connection).toBeGreaterThan(1)
  })
})
