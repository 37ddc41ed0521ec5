import { setTimeout as delay } from 'node:timers/promises'
import { toSpread } from '../../comparison.ts'
import { contenderTitles, startContender } from '../contenders.ts'
import { type Crowd, openCrowd } from '../crowd.ts'
import { askLive, toKey } from '../questions.ts'
import type { Rig } from '../rig.ts'
import type { Finding, Row } from '../row.ts'
import { startWeir } from '../weir.ts'

const CLIENTS = 500
const REPLICAS = 3
const PROVIDER_MS = 20
/** Streams that no other row asks about as they are now. */
const FIRST_STREAM = 600
const WARMING_REST_MS = 200
/** Longer than a live stream's figures are fresh, so that nobody knows anything of the last question. */
const REST_MS = 5500
/** Gateways that have served for a while: what they run has been compiled. */
const WARMING_ROUNDS = 10
const others = ['hand-made', 'cache-library', 'yoga'] as const

interface Trial extends Crowd {
  readonly calls: number
}

/** One question for everybody. */
export const p07: Row<Rig> = {
  id: 'P7',
  title: '500 identical cold questions at once',
  method:
    'Three replicas over one Redis, 500 open connections, Q1 of a stream that nobody has asked about; the provider takes 20 ms and counts its calls. The others are one process each.',
  cells: [],
  measure: async (rig) => {
    const { scene, redis } = rig
    const replicas = []
    try {
      for (let replica = 1; replica <= REPLICAS; replica += 1)
        replicas.push(
          await startWeir({
            ...scene,
            name: `replica ${replica}`,
            redis: { url: redis.url, prefix: 'bench-p7' },
            before: scene.cores.server,
          }),
        )
      const ours = await askInRounds(
        rig,
        replicas.map(({ url }) => `${url}/graphql`),
        FIRST_STREAM,
      )
      return [
        toFinding('provider calls', ours, 'calls', { most: 1 }, ''),
        toFinding('first answer', ours, 'firstMs', { most: 1.3 * PROVIDER_MS + 15 }, ' ms'),
        toFinding('all answered', ours, 'allMs', undefined, ' ms'),
        ...(await measureOthers(rig)),
      ]
    } finally {
      for (const { process } of replicas) await process.stop()
    }
  },
}

async function measureOthers(rig: Rig): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const [place, name] of others.entries()) {
    const what = `${contenderTitles[name]}: provider calls`
    try {
      const contender = await startContender(name, rig.scene)
      try {
        const trials = await askInRounds(rig, [contender.toUrl('q1')], FIRST_STREAM + (place + 1) * 50)
        findings.push(toFinding(what, trials, 'calls', undefined, ''))
      } finally {
        await contender.stop()
      }
    } catch (error) {
      findings.push({
        what,
        goal: undefined,
        unit: '',
        measured: error instanceof Error ? error.message : String(error),
      })
    }
  }
  return findings
}

async function askInRounds({ scene: { upstream }, pace }: Rig, urls: readonly string[], firstStream: number) {
  const crowd = await openCrowd(urls, CLIENTS)
  const trials: Trial[] = []
  upstream.delayMs = PROVIDER_MS
  try {
    for (let round = 0; round < WARMING_ROUNDS + pace.rounds; round += 1) {
      await delay(round < WARMING_ROUNDS ? WARMING_REST_MS : REST_MS)
      upstream.reset()
      const { firstMs, allMs } = await crowd.ask(askLive(toKey(firstStream + round)))
      if (round >= WARMING_ROUNDS) trials.push({ firstMs, allMs, calls: upstream.calls })
    }
  } finally {
    upstream.delayMs = 0
    await crowd.close()
  }
  return trials
}

function toFinding(
  what: string,
  trials: readonly Trial[],
  figure: keyof Trial,
  goal: Finding['goal'],
  unit: string,
): Finding {
  return { what, goal, unit, measured: toSpread(trials.map((trial) => trial[figure])) }
}
