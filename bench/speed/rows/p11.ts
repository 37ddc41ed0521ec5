import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { compare, toSpread } from '../../comparison.ts'
import { openQuotaStage } from '../../quota.ts'
import { runRounds } from '../../rounds.ts'
import type { Rig } from '../rig.ts'
import type { Finding, Row } from '../row.ts'
import { weirOn } from './besides.ts'

const openOn = { contender: 'weir-open', load: 'q1' } as const
/** Of a turn of the quota's comparison. */
const TURN_MS = 100
const LEAST_ROUNDS = 11

/** What control costs. */
export const p11: Row<Rig> = {
  id: 'P11',
  title: 'access check, client limit, quota',
  method:
    'Processor time per request of cached Q1, full and with access open and no limit: the share of the difference. Then a decision of the quota beside a bare EVALSHA of the same script (`npm run bench -- quota`).',
  cells: [weirOn('q1'), openOn],
  measure: async (rig) => [measureShare(rig), await measureQuota(rig)],
}

function measureShare({ turns }: Rig): Finding {
  const reason = turns.reasonOf(weirOn('q1')) ?? turns.reasonOf(openOn)
  const words = { what: 'access and limit, of the processor time of Q1', goal: { most: 8 }, unit: ' %' }
  if (reason !== undefined) return { ...words, measured: reason }
  const { median, lowest, highest } = turns.ratio(openOn, weirOn('q1'), 'cpuMicros')
  const toShare = (ratio: number) => (1 - ratio) * 100
  return { ...words, measured: { median: toShare(median), lowest: toShare(highest), highest: toShare(lowest) } }
}

async function measureQuota({ scene, redis, pace }: Rig): Promise<Finding> {
  const folder = join(scene.folder, 'quota')
  await mkdir(folder, { recursive: true })
  const stage = await openQuotaStage(redis.url, folder)
  try {
    const pairs = stage.pairs.filter(({ what }) => what === 'grant 1, one call')
    const names = new Set(pairs.flatMap(({ ours, beside }) => [ours, beside]))
    const contenders = stage.contenders.filter(({ name }) => names.has(name))
    const rates = await runRounds(contenders, { count: Math.max(LEAST_ROUNDS, pace.rounds), turnMs: TURN_MS })
    const [found] = compare(pairs, rates)
    return {
      what: 'a quota decision beside EVALSHA',
      goal: { least: 0.95 },
      unit: ' ×',
      measured: found?.ratio ?? toSpread([]),
    }
  } finally {
    await stage.close()
  }
}
