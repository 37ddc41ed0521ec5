import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { findProgram } from '../../../test/support/find-program.ts'
import type { FaultCase, Stage } from '../fault-case.ts'
import { percentile } from '../figures/percentiles.ts'
import type { Fleet } from '../rig/fleet.ts'
import { runLoads } from '../rig/load.ts'
import { type GeneratorOrder, type GeneratorReport, runLoadProcess } from '../rig/load-process.ts'
import { during, listed } from './mixed-load.ts'

/** How many times what it can do a gateway is asked for. */
const EXCESS = 5
/**
 * Work enough that a process which does none of it can ask for it faster. The quota is of this moment, so that nobody is
 * answered with what was put together for another.
 */
const QUERY = `{ account(name: "${listed.name}") { quota { used } } ${Array.from(
  { length: 8 },
  (_, index) => `p${index}: liveStreams(accounts: ["${listed.name}"], first: 50) {
  nodes { id key state account { name provider } live { onlineViewers bandwidthBitsPerSecond fetchedAt stale } } }`,
).join(' ')} }`
const PROBES_PER_SECOND = 10
/** What takes place before a rush is noticed. */
const SETTLING_MS = 2000
const SHARE_KEPT = 0.8
const REFUSAL_LIMIT_MS = 50
const HEALTH_LIMIT_MS = 200
const RECOVERY_MS = 5000

/** R18: who is asked for five times what it can do does what it can, and says no to the rest at once. */
export const overload: FaultCase = {
  name: 'R18',
  title: 'five times the load that a gateway can serve',
  part: 'process',
  isQuick: false,
  needsRedis: false,
  limitSeconds: { quick: 90, long: 180 },
  tells: [
    'capacityPerSecond',
    'offeredPerSecond',
    'shareKept',
    'refusalP99Ms',
    'healthP99Ms',
    'withoutAnswer',
    'p99AfterMs',
  ],
  run: async (stage) => {
    const { judgement, isQuick } = stage
    const fleet = await stage.startFleet({ isEmbedded: true, accounts: [listed] })
    const [replica] = fleet.replicas
    if (replica === undefined) throw new Error('a fleet without a replica')
    const pinning = await pin(stage, replica.pid)
    const ask = (words: Pick<GeneratorOrder, 'ratePerSecond' | 'connections' | 'durationMs'>) => {
      const body = JSON.stringify({ query: QUERY })
      return runLoadProcess({ url: replica.url, path: '/graphql', body, ...words }, pinning)
    }
    await ask({ ratePerSecond: 0, connections: 8, durationMs: isQuick ? 2000 : 5000 })
    // As many at a time as keep it busy, and no more: above that it refuses.
    const most = await ask({ ratePerSecond: 0, connections: 4, durationMs: isQuick ? 3000 : 10_000 })
    const perSecond = most.answers.filter(([, status]) => status === 200).length / (isQuick ? 3 : 10)
    judgement.note('capacityPerSecond', perSecond)
    const calm = () => ask({ ratePerSecond: perSecond / 5, connections: 64, durationMs: 3000 })
    const usual = await calm()

    const durationMs = isQuick ? 10_000 : 60_000
    const [flood, probes] = await Promise.all([
      ask({ ratePerSecond: EXCESS * perSecond, connections: 1000, durationMs }),
      probe(fleet, durationMs),
    ])
    judgeFlood(stage, flood, { perSecond, durationMs })
    judgement.equals('healthFailures', probes.filter(({ status }) => status !== 200).length, 0)
    const healthMs = probes.map(({ sentAtMs, doneAtMs }) => doneAtMs - sentAtMs)
    judgement.takesAtMost('healthP99Ms', percentile(healthMs, 0.99), HEALTH_LIMIT_MS)

    await during(RECOVERY_MS)
    const after = await calm()
    judgement.equals('failuresAfter', after.answers.filter(([, status]) => status !== 200).length, 0)
    const [usualMs, afterMs] = [usual, after].map(({ answers }) =>
      percentile(
        answers.map(([, , ms]) => ms),
        0.99,
      ),
    )
    judgement.note('p99BeforeMs', usualMs ?? Number.NaN)
    judgement.takesAtMost('p99AfterMs', afterMs ?? Number.NaN, Math.max(3 * (usualMs ?? 0), 50))
    // A loop that is always busy is what is wanted here.
    await replica.inspect(true)
  },
}

function judgeFlood(
  { judgement }: Stage,
  { answers, unsent }: GeneratorReport,
  { perSecond, durationMs }: { readonly perSecond: number; readonly durationMs: number },
): void {
  const settled = answers.filter(([sentAtMs]) => sentAtMs >= SETTLING_MS && sentAtMs < durationMs)
  const seconds = (durationMs - SETTLING_MS) / 1000
  const good = settled.filter(([, status]) => status === 200)
  const refused = settled.filter(([, status]) => status === 503 || status === 429)
  judgement.note('offeredPerSecond', (answers.length + unsent) / (durationMs / 1000))
  judgement.note('unsent', unsent)
  judgement.note('refused', refused.length)
  judgement.reaches('shareKept', good.length / seconds / perSecond, SHARE_KEPT)
  judgement.note(
    'goodP99Ms',
    percentile(
      good.map(([, , ms]) => ms),
      0.99,
    ),
  )
  judgement.note(
    'refusalP50Ms',
    percentile(
      refused.map(([, , ms]) => ms),
      0.5,
    ),
  )
  judgement.takesAtMost(
    'refusalP99Ms',
    percentile(
      refused.map(([, , ms]) => ms),
      0.99,
    ),
    REFUSAL_LIMIT_MS,
  )
  judgement.equals('withoutAnswer', settled.filter(([, status]) => status === 0).length, 0)
  judgement.equals(
    'otherAnswers',
    settled.length - good.length - refused.length - settled.filter(([, status]) => status === 0).length,
    0,
  )
}

/** Asks whether it lives, over a connection of its own. */
async function probe({ client }: Fleet, durationMs: number) {
  const replies: Awaited<ReturnType<typeof client.get>>[] = []
  const send = async () => {
    replies.push(await client.get('/healthz'))
  }
  await runLoads([{ ratePerSecond: PROBES_PER_SECOND, send }], durationMs)
  return replies
}

/** Gives the gateway one core and the load another, where that can be done. @returns words that the load is started by */
async function pin({ judgement }: Stage, pid: number): Promise<readonly string[]> {
  const program = await findProgram('taskset')
  const cores = availableParallelism()
  if (program === undefined || cores < 2) {
    judgement.note('cores', 'shared by the gateway and the load')
    return []
  }
  execFileSync(program, ['-a', '-p', '-c', '0', String(pid)], { stdio: 'ignore' })
  judgement.note('cores', 'one for the gateway, another for the load')
  return [program, '-c', `1-${cores - 1}`]
}
