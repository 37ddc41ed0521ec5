// How long an event takes to whoever watches.
import { setTimeout as delay } from 'node:timers/promises'
import { percentile } from '../faults/figures/percentiles.ts'
import { openAudience, spend } from './audience.ts'
import { toFindUrl, waitForTick } from './fan-out.ts'
import type { ProviderCall } from './provider-process.ts'
import { type LiveRig, nameStreams, openRig, TICK_MS } from './rig.ts'
import { type Face, faces, type Sighting } from './subscription.ts'

/** How many watch how many streams, and for how long each face is measured. */
export interface LatencyOrder {
  readonly audiences: readonly { readonly subscribers: number; readonly streams: number }[]
  readonly ms: number
}

/** Of one audience by one face. */
export interface LatencyFigures {
  readonly face: Face
  readonly subscribers: number
  readonly streams: number
  /** Samples that reached somebody. */
  readonly events: number
  /** Milliseconds from the provider's answer that held it to the subscriber. */
  readonly answeredMs: Percentiles
  /** The same from the instant that the provider gives for it; null where the samples are dated by the answer. */
  readonly observedMs: Percentiles | null
}

/** Of many times. */
export interface Percentiles {
  readonly p50: number
  readonly p99: number
}

const REPLICAS = 3
const SETTLING_MS = 3 * TICK_MS
/** Calls that the answers of the first samples were to. */
const BEFORE_MS = 3 * TICK_MS
/** The provider's calls that tell of ingest. */
const readings = ['Get_LiveStat', 'Get_LivePushStatHistory']

/** Runs it. */
export async function measureLatency({ audiences, ms }: LatencyOrder): Promise<readonly LatencyFigures[]> {
  const streams = nameStreams(Math.max(...audiences.map((audience) => audience.streams)), 'timed')
  const rig = await openRig({ replicas: REPLICAS, streams })
  const figures: LatencyFigures[] = []
  try {
    for (const audience of audiences)
      for (const face of faces) {
        console.error(`bench: ${audience.subscribers} by ${face}, ${ms / 1000} s`)
        const keys = streams.slice(0, audience.streams)
        figures.push({ face, ...audience, ...(await time(rig, { face, keys, subscribers: audience.subscribers, ms })) })
      }
    return figures
  } finally {
    await rig.close()
  }
}

async function time(
  rig: LiveRig,
  order: { readonly face: Face; readonly keys: readonly string[]; readonly subscribers: number; readonly ms: number },
) {
  const { face, keys, subscribers, ms } = order
  const seats = Array.from({ length: subscribers }, (_, index) => ({
    key: keys[index % keys.length] ?? '',
    face,
    replica: Math.floor(index / keys.length + (index % keys.length)) % REPLICAS,
  }))
  const audience = await openAudience(seats, toFindUrl(rig), REPLICAS)
  try {
    await delay(SETTLING_MS)
    await waitForTick(rig)
    const { fromMs, toMs } = await spend(ms)
    const calls = await rig.provider.calls(fromMs - BEFORE_MS)
    const heard = audience.viewings.flatMap(({ key, sessions }) =>
      sessions.flatMap(({ sightings }) =>
        sightings
          .filter(({ arrivedAtMs }) => arrivedAtMs >= fromMs && arrivedAtMs < toMs)
          .map((sighting) => ({ key, ...sighting })),
      ),
    )
    return { events: heard.length, ...toLatency(heard, calls) }
  } finally {
    await audience.close()
  }
}

/**
 * Samples that the provider's history holds are dated by its grid; those of a list have no time of their own, and are
 * dated by when the list came.
 */
export function toLatency(
  heard: readonly (Sighting & { readonly key: string })[],
  calls: readonly ProviderCall[],
): Pick<LatencyFigures, 'answeredMs' | 'observedMs'> {
  const told = calls.filter(({ operation }) => readings.includes(operation))
  const answered = heard.flatMap(({ key, arrivedAtMs }) => {
    const call = told.findLast(
      (one) => (one.key === null || one.key === key) && one.answeredAtMs !== null && one.answeredAtMs <= arrivedAtMs,
    )
    return call?.answeredAtMs === null || call === undefined ? [] : [arrivedAtMs - call.answeredAtMs]
  })
  const isDated = heard.length > 0 && heard.every(({ observedAtMs }) => observedAtMs % TICK_MS === 0)
  const observed = heard.map(({ observedAtMs, arrivedAtMs }) => arrivedAtMs - observedAtMs)
  return { answeredMs: toPercentiles(answered), observedMs: isDated ? toPercentiles(observed) : null }
}

const toPercentiles = (values: readonly number[]) => ({ p50: percentile(values, 0.5), p99: percentile(values, 0.99) })
