// A quick look whether the fast path still is one: cached Q1 and Q4 beside bare node:http, by processor time.

import { toSpread } from '../comparison.ts'
import { runCells } from './rig.ts'
import { withStage } from './speed.ts'

/** How many times as much processor time as node:http an answer may cost: half as much again as on a quiet machine. */
const limits = [
  ['q1', 1.6],
  ['q4', 1.6],
] as const
const PACE = { rounds: 3, warmUpSeconds: 3, seconds: 3 }

/** Runs it. @returns whether both are within their limits */
export async function runQuick(): Promise<boolean> {
  let isGood = true
  await withStage(async (stage) => {
    const cells = limits.flatMap(([load]) => (['weir', 'http'] as const).map((contender) => ({ contender, load })))
    const { turns } = await runCells(cells, { ...stage, pace: PACE })
    for (const [load, most] of limits) {
      const [ours, bare] = [{ contender: 'weir', load } as const, { contender: 'http', load } as const]
      const reason = turns.reasonOf(ours) ?? turns.reasonOf(bare)
      if (reason !== undefined) {
        isGood = false
        console.log(`${load}: not measured: ${reason}`)
        continue
      }
      const cost = turns.ratio(ours, bare, 'cpuMicros')
      const rate = toSpread([turns.ratio(ours, bare, 'requestsPerSecond').median])
      const isWithin = cost.median <= most
      isGood &&= isWithin
      console.log(
        `${load}: ${cost.median.toFixed(2)} × the processor time of node:http (${cost.lowest.toFixed(2)} to ${cost.highest.toFixed(2)}; at most ${most}), ${rate.median.toFixed(2)} × its requests/s: ${isWithin ? 'good' : 'TOO SLOW'}`,
      )
    }
  })
  return isGood
}
