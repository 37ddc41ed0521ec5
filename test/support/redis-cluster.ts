// Three masters that share the keys, real ones.
import { startRedis, type TestRedis } from './redis-server.ts'
import { waitUntil } from './wait-until.ts'

const SLOTS = 16_384

/** A cluster of three masters without replicas. */
export interface TestCluster {
  /** `redis+cluster://127.0.0.1:<port>,127.0.0.1:<port>,127.0.0.1:<port>`. */
  readonly url: string
  /** The masters, in the order of the thirds of the slots that are theirs. */
  readonly nodes: readonly TestRedis[]
  /** Kills all three and removes their files. */
  readonly close: () => Promise<void>
}

/** Starts the three and waits until each of them knows who has every slot. */
export async function startCluster(): Promise<TestCluster> {
  const nodes: TestRedis[] = []
  const close = async () => {
    await Promise.all(nodes.map((node) => node.close()))
  }
  try {
    for (let count = 0; count < 3; count += 1) nodes.push(await startRedis({ settings: clusterSettings }))
    await Promise.all(nodes.map((node, index) => giveSlots(node, index, nodes.length)))
    await introduce(nodes)
    await waitUntil('every node of the cluster knows who has every slot', () => allReady(nodes))
    return { url: `redis+cluster://${nodes.map((node) => `127.0.0.1:${node.port}`).join(',')}`, nodes, close }
  } catch (error) {
    await close()
    throw error
  }
}

const clusterSettings = ['cluster-enabled yes', 'cluster-config-file nodes.conf', 'cluster-node-timeout 2000']

/** Gives a node its share of the slots, and an epoch of its own: from equal ones the nodes would first have to part. */
async function giveSlots(node: TestRedis, index: number, count: number): Promise<void> {
  const first = Math.floor((SLOTS * index) / count)
  const last = Math.floor((SLOTS * (index + 1)) / count) - 1
  await node.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
  await node.command('CLUSTER', 'ADDSLOTSRANGE', first, last)
}

/** Everybody to everybody: gossip alone takes a second more. */
async function introduce(nodes: readonly TestRedis[]): Promise<void> {
  for (const node of nodes)
    for (const other of nodes) if (node !== other) await node.command('CLUSTER', 'MEET', '127.0.0.1', other.port)
}

async function allReady(nodes: readonly TestRedis[]): Promise<boolean> {
  const reports = await Promise.all(nodes.map((node) => node.command('CLUSTER', 'INFO')))
  const wanted = ['cluster_state:ok', `cluster_slots_assigned:${SLOTS}`, `cluster_known_nodes:${nodes.length}`]
  return reports.every((report) => wanted.every((line) => String(report).includes(line)))
}
