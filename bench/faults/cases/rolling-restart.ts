import type WebSocket from 'ws'
import { introduceSocket } from '../attacks/operation-socket.ts'
import type { FaultCase, Stage } from '../fault-case.ts'
import { percentile } from '../figures/percentiles.ts'
import type { Fleet } from '../rig/fleet.ts'
import { runLoads } from '../rig/load.ts'
import { type AskedQuestion, Questions } from '../rig/questions.ts'
import type { Departure, Replica } from '../rig/replica.ts'
import { type Rotation, startRotation } from '../rig/rotation.ts'
import { listSnapshots } from '../rig/snapshots.ts'
import { collecting, judgeListing, POP, waitFor, waitForPops } from './collecting.ts'
import { during, listed, toTookMs, wide } from './mixed-load.ts'

const shots = collecting('shots')
const MESSAGES = 2000
const EXIT_LIMIT_MS = 25_000
/** How long a pop takes, so that one is under way whenever a process is told to stop. */
const POP_MS = 1500
const AGAIN_AFTER_MS = 200
const WAIT_MS = 20_000
/** Going away, and service restart. */
const GOOD_CLOSES = new Set([1001, 1012])

/** R16: replicas are replaced one by one, and nobody notices but those whose connection it was. */
export const rollingRestart: FaultCase = {
  name: 'R16',
  title: 'each replica told to stop in turn, under reads, WebSockets and a pop in flight',
  part: 'process',
  isQuick: true,
  needsRedis: true,
  tells: ['failedRequests', 'closedForRestart', 'closedOtherwise', 'lostMessages', 'slowestExitMs', 'otherExits'],
  run: async (stage) => {
    const { judgement, isQuick } = stage
    const fleet = await stage.startFleet({ accounts: [wide, listed, shots] })
    const rotation = startRotation(fleet.replicas, !stage.isTimed)
    stage.onEnd(() => rotation.close())
    await waitFor('all were ready', async () => rotation.members().length === fleet.replicas.length, WAIT_MS)
    const questions = new Questions(rotation)
    await new Questions(fleet.client).warm(wide.name, fleet.replicas.length)
    await fleet.upstream.fault({ kind: 'slow', delayMs: POP_MS, interface: POP })
    await fleet.upstream.fillQueue(MESSAGES)
    const sockets = new Sockets(fleet, rotation)
    stage.onEnd(async () => sockets.close())
    await sockets.open(isQuick ? 45 : 200)

    const asked: AskedQuestion[] = []
    const read = async () => {
      asked.push(await (asked.length % 20 === 0 ? questions.askList(listed.name) : questions.askCached(wide.name)))
    }
    const departures: (Departure & { readonly hadPop: boolean })[] = []
    await runLoads([{ ratePerSecond: isQuick ? 60 : 200, send: read }], 0, async () => {
      await during(isQuick ? 500 : 3000)
      const left = new Set(fleet.replicas)
      while (left.size > 0) {
        const { replica, hadPop } = await chooseNext(fleet, left)
        left.delete(replica)
        // One of them is told twice.
        const departure = await replica.terminate(departures.length === 1 ? AGAIN_AFTER_MS : undefined)
        departures.push({ ...departure, hadPop })
        await replica.restart()
        await rotation.moved(replica)
        await waitFor('it was ready again', async () => rotation.members().includes(replica.index), WAIT_MS)
        await during(isQuick ? 200 : 2000)
      }
    })

    judgement.note('requests', asked.length)
    const failed = asked.filter(({ status }) => status !== 200)
    judgement.equals('failedRequests', failed.length, 0)
    judgement.note('failures', [...new Set(failed.map(({ status, code }) => `${status} ${code}`))].join(', '))
    judgement.note('p99Ms', percentile(asked.map(toTookMs), 0.99))
    await sockets.judge(stage)
    judgement.takesAtMost('slowestExitMs', Math.max(...departures.map(({ tookMs }) => tookMs)), EXIT_LIMIT_MS)
    judgement.equals('otherExits', departures.filter(({ end }) => end !== 'ended with 0').length, 0)
    judgement.atLeast('popsInFlightAtStop', departures.filter(({ hadPop }) => hadPop).length, 1)
    await judgeQueue(stage, fleet)
  },
}

/** Whoever has a pop in flight, once there is one; of those that have not been stopped yet if one of them has. */
async function chooseNext({ upstream }: Fleet, left: ReadonlySet<Replica>) {
  let busy = -1
  const find = async () => {
    busy = (await upstream.pops()).findLast(({ doneAtMs }) => doneAtMs === null)?.replica ?? -1
    return busy >= 0
  }
  await waitFor('a pop was in flight', find, WAIT_MS)
  const collector = [...left].find(({ index }) => index === busy)
  const [any] = left
  const replica = collector ?? any
  if (replica === undefined) throw new Error('nobody is left')
  return { replica, hadPop: collector !== undefined }
}

async function judgeQueue({ judgement }: Stage, { upstream, replicas: [replica] }: Fleet): Promise<void> {
  await upstream.clearFaults()
  await upstream.clearQueue()
  const { pops } = await upstream.queue()
  // By the second that finds nothing, all that the others brought is stored.
  await waitForPops(upstream, pops + 2, WAIT_MS)
  const items = await listSnapshots(replica?.url ?? '', shots.name)
  const taken = new Set((await upstream.pops()).flatMap(({ files }) => files))
  judgeListing(judgement, items, taken)
  const known = new Set(items.map(({ url }) => url))
  judgement.equals('lostMessages', [...taken].filter((file) => !known.has(file)).length, 0)
}

/** Subscribers that, when they are sent away, come back to whoever is ready. */
class Sockets {
  private readonly fleet: Fleet
  private readonly rotation: Rotation
  private readonly taken = new Set<WebSocket>()
  private readonly closes: number[] = []
  private turn = 0
  private wanted = 0
  private isOver = false

  constructor(fleet: Fleet, rotation: Rotation) {
    this.fleet = fleet
    this.rotation = rotation
  }

  async open(count: number): Promise<void> {
    this.wanted = count
    await Promise.all(Array.from({ length: count }, () => this.openOne()))
  }

  async judge({ judgement }: Stage): Promise<void> {
    const areBack = async () => this.taken.size === this.wanted
    await waitFor('every subscriber was back', areBack, WAIT_MS).catch(() => undefined)
    this.isOver = true
    judgement.equals('sockets', this.taken.size, this.wanted)
    judgement.atLeast('closedForRestart', this.closes.filter((code) => GOOD_CLOSES.has(code)).length, this.wanted)
    judgement.equals('closedOtherwise', this.closes.filter((code) => !GOOD_CLOSES.has(code)).length, 0)
  }

  close(): void {
    this.isOver = true
    for (const socket of this.taken) socket.terminate()
  }

  /** Comes back as clients do: again and again. */
  private async openOne(): Promise<void> {
    while (!this.isOver) {
      const taken = await this.tryOne().catch(() => undefined)
      if (taken !== undefined) return
      await during(AGAIN_AFTER_MS)
    }
  }

  private async tryOne(): Promise<WebSocket> {
    const members = this.rotation.members()
    this.turn += 1
    const replica = this.fleet.replicas[members[this.turn % members.length] ?? -1]
    if (replica === undefined) throw new Error('no replica is ready')
    const socket = await introduceSocket({ url: replica.url, caller: {} })
    const query = `subscription { snapshot(account: "${shots.name}") { id } }`
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
    this.taken.add(socket)
    socket.once('close', (code) => {
      this.taken.delete(socket)
      if (this.isOver) return
      this.closes.push(code)
      void this.openOne()
    })
    return socket
  }
}
