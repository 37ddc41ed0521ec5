// What many subscribers cost the provider beside few, and whether each hears everything once, also when the replica
// that reads the provider is killed.
import { setTimeout as delay } from 'node:timers/promises'
import { waitUntil } from '#test/support/wait-until.ts'
import { readMetric } from '../faults/rig/snapshots.ts'
import { steadyNow } from '../faults/rig/steady-clock.ts'
import { toCount } from '../table.ts'
import { type Audience, openAudience, type Seat, spend } from './audience.ts'
import { ACCOUNT, type LiveRig, nameStreams, openRig, TICK_MS } from './rig.ts'
import { type Comparison, compareSequences } from './sequences.ts'

/** How large and how long. */
export interface FanOutOrder {
  readonly streams: number
  readonly subscribers: number
  /** How long the subscribers stay, whole ticks, milliseconds. */
  readonly crowdMs: number
  /** How long each of the few is counted, whole ticks, milliseconds. */
  readonly fewMs: number
}

/** Calls of one audience. */
export interface CallCount {
  readonly who: string
  readonly subscribers: number
  readonly streams: number
  readonly seconds: number
  /** Provider calls of any kind in that time. */
  readonly calls: number
  /** From the coming of the first until all had come and were read at an even pace. */
  readonly joiningCalls: number
}

/** A holder that was killed. */
export interface HolderKill {
  readonly replica: number
  /** Until somebody heard of a sample that was observed after it, milliseconds. */
  readonly silentMs: number
}

/** What came of it. */
export interface FanOutFigures {
  readonly counts: readonly CallCount[]
  /** In the whole stay of the crowd, kills included: calls, and seconds. */
  readonly withKills: { readonly calls: number; readonly seconds: number }
  readonly kills: readonly HolderKill[]
  readonly comparison: Comparison
  /** Calls in the last `idleSeconds` after everybody had left for some time. */
  readonly idleCalls: number
  readonly idleSeconds: number
  readonly complaints: readonly string[]
}

const REPLICAS = 3
/** Until an audience is read at an even pace: what is wanted has been told to all, and the first readings are over. */
const SETTLING_MS = 4 * TICK_MS
/** Counting begins and ends between two ticks, so that a call more or less is none at the edge. */
const AFTER_TICK_MS = TICK_MS / 2
const TICK_LIMIT_MS = 30_000
const HOLDER_LIMIT_MS = 20_000
/** So much later in the tick the second one is killed: when its next reading is about to be due. */
const LATER_MS = TICK_MS * 0.4
/** A killed replica is started again after so long. */
const DEAD_MS = TICK_MS
/** Once nobody watches, reading ends within so long. */
const LEAVING_MS = 3 * TICK_MS
const IDLE_MS = 4 * TICK_MS

/** Runs it. @throws Error when something does not start, or nobody reads the provider */
export async function measureFanOut(order: FanOutOrder): Promise<FanOutFigures> {
  const streams = nameStreams(order.streams, 'watched')
  const rig = await openRig({ replicas: REPLICAS, streams })
  try {
    const few = [
      await countFew(rig, 'one subscriber', streams.slice(0, 1), order.fewMs),
      await countFew(rig, 'one subscriber on each stream', streams, order.fewMs),
    ]
    const crowd = await watchCrowd(rig, streams, order)
    await delay(LEAVING_MS)
    const idle = await spend(IDLE_MS)
    const idleCalls = (await rig.provider.calls(idle.fromMs)).length
    return { ...crowd, counts: [...few, crowd.count], idleCalls, idleSeconds: IDLE_MS / 1000 }
  } finally {
    await rig.close()
  }
}

/** Where a replica listens; undefined while its process is gone. */
export function toFindUrl({ replicas }: LiveRig): (replica: number) => string | undefined {
  return (index) => {
    const replica = replicas[index]
    return replica?.isRunning() ? replica.url : undefined
  }
}

async function countFew(rig: LiveRig, who: string, streams: readonly string[], ms: number): Promise<CallCount> {
  const seats = streams.map((key, index) => ({ key, face: 'websocket', replica: index % REPLICAS }) as const)
  console.error(`bench: ${who}, ${ms / 1000} s`)
  const { audience, joiningCalls } = await gather(rig, seats)
  try {
    const { fromMs, toMs } = await spend(ms)
    const calls = await countCalls(rig, fromMs, toMs)
    return { who, subscribers: seats.length, streams: streams.length, seconds: ms / 1000, calls, joiningCalls }
  } finally {
    await audience.close()
    await delay(LEAVING_MS)
  }
}

async function watchCrowd(rig: LiveRig, streams: readonly string[], { subscribers, crowdMs }: FanOutOrder) {
  const seats = Array.from({ length: subscribers }, (_, index) => toSeat(streams, index))
  console.error(`bench: ${subscribers} subscribers on ${streams.length} streams, ${crowdMs / 1000} s`)
  const { audience, joiningCalls } = await gather(rig, seats)
  try {
    const beganAtMs = steadyNow()
    const thirdMs = Math.floor(crowdMs / 3 / TICK_MS) * TICK_MS
    const quiet = await spend(thirdMs)
    const calls = await countCalls(rig, quiet.fromMs, quiet.toMs)
    const kills: HolderKill[] = []
    for (let kill = 0; kill < 2; kill += 1) {
      const fromMs = steadyNow()
      await delay(kill * LATER_MS)
      kills.push(await killHolder(rig, audience))
      await delay(Math.max(0, fromMs + thirdMs - steadyNow()))
    }
    await waitForTick(rig)
    const endedAtMs = steadyNow()
    const all = await countCalls(rig, beganAtMs, endedAtMs)
    const who = `${toCount(subscribers)} subscribers`
    const size = { subscribers, streams: streams.length }
    await audience.close()
    return {
      count: { who, ...size, seconds: thirdMs / 1000, calls, joiningCalls },
      withKills: { calls: all, seconds: Math.round((endedAtMs - beganAtMs) / 1000) },
      kills,
      comparison: compareSequences(audience.viewings),
      complaints: audience.complaints,
    }
  } finally {
    await audience.close()
  }
}

/** Each stream is watched at each replica, and by some who can say what they heard last. */
function toSeat(streams: readonly string[], index: number): Seat {
  const round = Math.floor(index / streams.length)
  const face = Math.floor(round / REPLICAS) % 3 === 1 ? 'rest-sse' : 'websocket'
  return { key: streams[index % streams.length] ?? '', face, replica: round % REPLICAS }
}

/** Has an audience come, and waits until it is read at an even pace, between two ticks. */
async function gather(rig: LiveRig, seats: readonly Seat[]) {
  const fromMs = steadyNow()
  const audience = await openAudience(seats, toFindUrl(rig), REPLICAS)
  try {
    await delay(SETTLING_MS)
    await waitForTick(rig)
    return { audience, joiningCalls: await countCalls(rig, fromMs, steadyNow()) }
  } catch (error) {
    await audience.close()
    throw error
  }
}

const countCalls = async ({ provider }: LiveRig, fromMs: number, toMs: number) =>
  (await provider.calls(fromMs)).filter(({ arrivedAtMs }) => arrivedAtMs < toMs).length

/** Resolves half a tick after a call, and no later one. @throws Error when there is none for long */
export async function waitForTick({ provider }: Pick<LiveRig, 'provider'>): Promise<void> {
  let fromMs = steadyNow()
  await waitUntil(
    'the provider was called, and then left alone for half a tick',
    async () => {
      const last = (await provider.calls(fromMs)).at(-1)
      if (last === undefined) return false
      const restMs = last.arrivedAtMs + AFTER_TICK_MS - steadyNow()
      fromMs = last.arrivedAtMs + 1
      await delay(Math.max(0, restMs))
      const isQuiet = (await provider.calls(fromMs)).length === 0
      if (!isQuiet) fromMs = steadyNow() - AFTER_TICK_MS
      return isQuiet
    },
    TICK_LIMIT_MS,
  )
}

/** Kills the replica that reads the provider, waits until another one does, and starts it again. */
async function killHolder(rig: LiveRig, audience: Audience): Promise<HolderKill> {
  let holder: number | undefined
  await waitUntil(
    'a replica reads the provider',
    async () => {
      holder = await findHolder(rig)
      return holder !== undefined
    },
    HOLDER_LIMIT_MS,
  )
  const replica = rig.replicas[holder ?? -1]
  if (replica === undefined) throw new Error('nobody reads the provider')
  console.error(`bench: killing replica ${replica.index}, which reads the provider`)
  const killedAtMs = steadyNow()
  await replica.kill()
  await delay(DEAD_MS)
  await replica.restart()
  await waitForTick(rig)
  const heardAtMs = audience.viewings
    .flatMap(({ sessions }) => sessions)
    .flatMap(({ sightings }) => sightings.filter(({ observedAtMs }) => observedAtMs > killedAtMs))
    .reduce((earliest, { arrivedAtMs }) => Math.min(earliest, arrivedAtMs), Number.POSITIVE_INFINITY)
  return { replica: replica.index, silentMs: heardAtMs - killedAtMs }
}

/** The replica that reads the provider, by its own word; undefined while none says so. */
async function findHolder({ replicas }: LiveRig): Promise<number | undefined> {
  for (const replica of replicas) {
    if (!replica.isRunning()) continue
    if ((await readMetric(replica.url, 'weir_sampler_lease_held', ACCOUNT)) === 1) return replica.index
  }
  return undefined
}
