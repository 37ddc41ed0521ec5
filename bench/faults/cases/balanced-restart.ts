import { createClient as createSocketClient } from 'graphql-ws'
import WebSocket from 'ws'
import { findFreePort } from '#test/support/free-port.ts'
import type { FaultCase, Stage } from '../fault-case.ts'
import { percentile } from '../figures/percentiles.ts'
import { startBalancer } from '../rig/balancer.ts'
import { createClient } from '../rig/client.ts'
import { runLoads } from '../rig/load.ts'
import { type AskedQuestion, Questions } from '../rig/questions.ts'
import type { Departure } from '../rig/replica.ts'
import { steadyNow } from '../rig/steady-clock.ts'
import { collecting, waitFor } from './collecting.ts'
import { during, listed, toTookMs, wide } from './mixed-load.ts'

const shots = collecting('shots')
const REPLICAS = 3
const MESSAGES = 20
const SUBSCRIBERS = 100
/** As long as the settings have it by themselves. */
const DRAIN_SECONDS = 5
/** How long a provider takes over its answers, so that requests are in flight whenever a process is told to stop. */
const ANSWER_MS = 400
const AGAIN_AFTER_MS = 200
const EXIT_LIMIT_MS = 25_000
const WAIT_MS = 20_000

/** Beside R16: the same behind a balancer that looks once a second, with clients that know nothing of replicas. */
export const balancedRestart: FaultCase = {
  name: 'balanced',
  title: 'each replica told to stop in turn and started again, behind haproxy',
  part: 'process',
  isQuick: false,
  needsRedis: true,
  program: 'haproxy',
  tells: ['failedRequests', 'brokenSubscriptions', 'silentSubscriptions', 'slowestExitMs', 'otherExits'],
  run: async (stage) => {
    const { judgement } = stage
    const ports = await Promise.all(Array.from({ length: REPLICAS }, findFreePort))
    const fleet = await stage.startFleet({
      accounts: [wide, listed, shots],
      replicas: REPLICAS,
      port: (replica) => ports[replica] ?? 0,
      drainSeconds: DRAIN_SECONDS,
    })
    const { replicas, upstream } = fleet
    await new Questions(fleet.client).warm(wide.name, replicas.length)
    await upstream.fault({ kind: 'slow', delayMs: ANSWER_MS })
    const balancer = await startBalancer(replicas.map(({ url }) => url))
    stage.onEnd(() => balancer.close())
    const client = createClient([balancer.url], !stage.isTimed)
    stage.onEnd(() => client.close())
    const subscribers = new Subscribers(balancer.url)
    stage.onEnd(async () => subscribers.close())
    await waitFor('every subscriber was connected', async () => subscribers.connected() === SUBSCRIBERS, WAIT_MS)

    const asked: AskedQuestion[] = []
    const loads = toLoads(new Questions(client), stage, asked)
    const departures: Departure[] = []
    await runLoads(loads, 0, async () => {
      await during(stage.isQuick ? 500 : 3000)
      for (const replica of replicas) {
        // One of them is told twice.
        departures.push(await replica.terminate(departures.length === 1 ? AGAIN_AFTER_MS : undefined))
        await replica.restart()
        // As whoever replaces them one by one does, it waits until the balancer has taken the new one.
        await during(2000)
      }
    })

    judgement.note('requests', asked.length)
    const failed = asked.filter(({ status }) => status !== 200)
    judgement.equals('failedRequests', failed.length, 0)
    judgement.note('failures', [...new Set(failed.map(({ status, code }) => `${status} ${code}`))].join(', '))
    judgement.note('p99Ms', percentile(asked.map(toTookMs), 0.99))
    judgement.takesAtMost('slowestExitMs', Math.max(...departures.map(({ tookMs }) => tookMs)), EXIT_LIMIT_MS)
    judgement.equals('otherExits', departures.filter(({ end }) => end !== 'ended with 0').length, 0)
    await upstream.clearFaults()
    await upstream.fillQueue(MESSAGES)
    await waitFor('every subscriber had heard', async () => subscribers.silent() === 0, WAIT_MS).catch(() => undefined)
    judgement.equals('brokenSubscriptions', subscribers.broken, 0)
    judgement.equals('silentSubscriptions', subscribers.silent(), 0)
    judgement.atLeast('reconnections', subscribers.awayMs.length, 1)
    judgement.note('longestAwayMs', Math.max(0, ...subscribers.awayMs))
  },
}

/** Reads of what is kept over both faces, and questions that nobody has asked before: 200 a second, 60 in quick forms. */
function toLoads(questions: Questions, { isQuick }: Pick<Stage, 'isQuick'>, asked: AskedQuestion[]) {
  let turn = 0
  const read = async () => {
    turn += 1
    asked.push(await (turn % 20 === 0 ? questions.askList(listed.name) : questions.askCached(wide.name)))
  }
  const ask = async () => {
    asked.push(await questions.askFresh(wide.name))
  }
  const ratePerSecond = isQuick ? 50 : 180
  return [
    { ratePerSecond, send: read },
    { ratePerSecond: isQuick ? 10 : 20, send: ask },
  ]
}

/** Subscribers as applications have them: a client that comes back by itself, by the rules it brings along. */
class Subscribers {
  /** How long each was without a connection, each time, milliseconds. */
  readonly awayMs: number[] = []
  /** Subscriptions that ended, well or with an error: none may. */
  broken = 0
  private readonly clients
  private readonly here = new Set<number>()
  private readonly lastHeardAtMs = new Map<number, number>()
  private lastConnectedAtMs = 0
  private isOver = false

  constructor(url: string) {
    this.clients = Array.from({ length: SUBSCRIBERS }, (_, index) => this.openOne(url, index))
  }

  connected(): number {
    return this.here.size
  }

  /** How many have heard nothing since the last of them connected. */
  silent(): number {
    const heard = [...this.lastHeardAtMs.values()].filter((atMs) => atMs > this.lastConnectedAtMs)
    return SUBSCRIBERS - heard.length
  }

  async close(): Promise<void> {
    this.isOver = true
    await Promise.all(this.clients.map((client) => client.dispose()))
  }

  private openOne(url: string, index: number) {
    let leftAtMs: number | undefined
    const client = createSocketClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      on: {
        connected: () => {
          this.here.add(index)
          this.lastConnectedAtMs = steadyNow()
          if (leftAtMs !== undefined) this.awayMs.push(steadyNow() - leftAtMs)
          leftAtMs = undefined
        },
        closed: () => {
          this.here.delete(index)
          leftAtMs ??= steadyNow()
        },
      },
    })
    const end = () => {
      if (!this.isOver) this.broken += 1
    }
    client.subscribe(
      { query: `subscription { snapshot(account: "${shots.name}") { id } }` },
      { next: () => this.lastHeardAtMs.set(index, steadyNow()), error: end, complete: end },
    )
    return client
  }
}
