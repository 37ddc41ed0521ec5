// What a subscriber costs a replica while nothing happens, and whether the ten thousandth costs what the first did.
import { setTimeout as delay } from 'node:timers/promises'
import { waitUntil } from '#test/support/wait-until.ts'
import { introduceSocket, readMessage } from '../faults/attacks/operation-socket.ts'
import type { Replica } from '../faults/rig/replica.ts'
import { nameStreams, openRig } from './rig.ts'
import { type Face, subscribe, toOperation } from './subscription.ts'

/** How they come: each by a connection of its own, or many by one socket. */
export type Manner = Face | 'shared-websocket'

/** What is to be measured. */
export interface MemoryOrder {
  readonly manners: readonly Manner[]
  /** Subscribers, growing, from 0. */
  readonly steps: readonly number[]
  readonly streams: number
}

/** A replica with so many subscribers, after what nobody holds has been cleared away. */
export interface MemoryFigures {
  readonly manner: Manner
  readonly subscribers: number
  readonly heapBytes: number
  readonly rssBytes: number
}

/** A connection that was made. */
interface Held {
  leave(): void
  isThere(): boolean
}

/** Operations of a socket that many subscriptions share. */
const PER_SOCKET = 100
const AT_ONCE = 50
/** Until what their coming was has been done with. */
const SETTLING_MS = 6000
/** Those who come and go before anything is measured: what everybody needs is there then. */
const WARMING = 200
const LEAVING_MS = 4000
const ATTEMPTS = 20
const AGAIN_MS = 250

/** Runs it, each manner at a replica that has just begun. */
export async function measureMemory(order: MemoryOrder): Promise<readonly MemoryFigures[]> {
  const figures: MemoryFigures[] = []
  for (const manner of order.manners) figures.push(...(await measureManner(manner, order)))
  return figures
}

async function measureManner(manner: Manner, order: MemoryOrder): Promise<readonly MemoryFigures[]> {
  // Streams whose push has ended: they are watched, and nothing is told of them.
  const keys = nameStreams(order.streams, 'quiet')
  const rig = await openRig({ replicas: 1, streams: keys })
  const [replica] = rig.replicas
  const open: Held[] = []
  try {
    if (replica === undefined) throw new Error('a rig without a replica')
    await rig.provider.stop(keys)
    await waitUntil('the replica is ready', async () => (await fetch(`${replica.url}/readyz`)).ok)
    await grow(manner, replica, keys, WARMING, open)
    await delay(SETTLING_MS)
    for (const held of open.splice(0)) held.leave()
    await delay(LEAVING_MS)
    const figures: MemoryFigures[] = []
    for (const subscribers of order.steps) {
      console.error(`bench: ${subscribers} subscribers by ${manner}`)
      await grow(manner, replica, keys, subscribers, open)
      await delay(SETTLING_MS)
      // What the first sweep lets go of, the second one clears.
      await replica.inspectSwept()
      const { heapBytes, rssBytes } = await replica.inspectSwept()
      // Those who were let go of would look like memory that was saved.
      const gone = open.filter((held) => !held.isThere()).length
      if (gone > 0) throw new Error(`of ${open.length} connections by ${manner} ${gone} were ended`)
      figures.push({ manner, subscribers, heapBytes, rssBytes })
    }
    return figures
  } finally {
    for (const held of open) held.leave()
    await rig.close()
  }
}

/** Has so many come that there are `subscribers` of them. */
async function grow(
  manner: Manner,
  { url }: Replica,
  keys: readonly string[],
  subscribers: number,
  open: Held[],
): Promise<void> {
  const each = manner === 'shared-websocket' ? PER_SOCKET : 1
  while (open.length * each < subscribers) {
    const coming = Math.min(AT_ONCE, Math.ceil(subscribers / each) - open.length)
    const base = open.length
    const opened = Array.from({ length: coming }, (_, index) =>
      patiently(() =>
        manner === 'shared-websocket' ? share(url, keys) : enter(manner, url, keys[(base + index) % keys.length] ?? ''),
      ),
    )
    open.push(...(await Promise.all(opened)))
  }
}

async function enter(face: Face, url: string, key: string): Promise<Held> {
  let isThere = true
  const ignore = () => undefined
  const complain = (what: string) => console.error(`bench: ${what}`)
  const { ended, close } = await subscribe({ url, face, key, after: null, hear: ignore, complain })
  void ended.then(() => {
    isThere = false
  })
  return { leave: close, isThere: () => isThere }
}

async function share(url: string, keys: readonly string[]): Promise<Held> {
  const socket = await introduceSocket({ url, caller: {} })
  let refused = 0
  socket.on('message', (data) => {
    if (!['next', 'ping', 'pong'].includes(readMessage(data).type)) refused += 1
  })
  for (let index = 0; index < PER_SOCKET; index += 1)
    socket.send(
      JSON.stringify({ id: String(index), type: 'subscribe', payload: toOperation(keys[index % keys.length] ?? '') }),
    )
  return { leave: () => socket.terminate(), isThere: () => socket.readyState === socket.OPEN && refused === 0 }
}

/** A gateway that has much to do tells some to come again. */
async function patiently<Value>(attempt: () => Promise<Value>): Promise<Value> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (attempts === ATTEMPTS) throw error
      await delay(AGAIN_MS)
    }
  }
}
