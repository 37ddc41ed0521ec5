import { Cluster } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { startCluster, type TestCluster } from './redis-cluster.ts'

const INSTALL_TIMEOUT_MS = 300_000

let cluster: TestCluster | undefined

afterEach(async () => {
  await cluster?.close()
})

test(
  'each of the three nodes keeps the keys of its third of the slots, and names the owner of the others',
  async () => {
    cluster = await startCluster()
    const { nodes, url } = cluster
    expect(url).toBe(`redis+cluster://${nodes.map((node) => `127.0.0.1:${node.port}`).join(',')}`)
    const owners = new Set<number>()
    for (let number = 0; number < 30; number += 1) {
      const key = `key-${number}`
      const slot = Number(await nodes[0]?.command('CLUSTER', 'KEYSLOT', key))
      const owner = Math.floor((slot * 3) / 16_384)
      owners.add(owner)
      expect(await nodes[owner]?.command('SET', key, number)).toBe('OK')
      await expect(nodes[(owner + 1) % 3]?.command('GET', key)).rejects.toThrow(
        `MOVED ${slot} 127.0.0.1:${nodes[owner]?.port}`,
      )
    }
    expect(owners.size).toBe(3)
  },
  INSTALL_TIMEOUT_MS,
)

test('a client that knows one node reaches the keys of all', async () => {
  cluster = await startCluster()
  const client = new Cluster([{ host: '127.0.0.1', port: cluster.nodes[0]?.port ?? 0 }])
  try {
    for (let number = 0; number < 30; number += 1) await client.set(`key-${number}`, number)
    const sizes = await Promise.all(cluster.nodes.map((node) => node.command('DBSIZE')))
    expect(sizes.every((size) => Number(size) > 0)).toBe(true)
    expect(sizes.reduce<number>((sum, size) => sum + Number(size), 0)).toBe(30)
  } finally {
    client.disconnect()
  }
})

test('a node that was killed has its slots again when it starts again', async () => {
  cluster = await startCluster()
  const node = cluster.nodes[1]
  await node?.kill()
  await node?.start()
  await expect.poll(() => node?.command('CLUSTER', 'INFO'), { timeout: 10_000 }).toContain('cluster_state:ok')
  expect(await node?.command('DBSIZE')).toBe(0)
})
