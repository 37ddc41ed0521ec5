import type { FaultCase, Stage } from '../fault-case.ts'
import type { Fleet } from '../rig/fleet.ts'
import type { AskedQuestion, Questions } from '../rig/questions.ts'
import { steadyNow } from '../rig/steady-clock.ts'
import { during, judgeWindows, listed, MixedLoad, wide } from './mixed-load.ts'
import { judgeSignatures } from './skewed-signatures.ts'

const TEN_MINUTES_MS = 600_000
const STEP_BACK_MS = -30_000
/** Ages are told in whole seconds, and rounded once more on the way. */
const AGE_SLACK_SECONDS = 2
/** How long an answer lies before its age is looked at. */
const AGEING_MS = 3000

/**
 * R17: clocks that are wrong move no start and no life. While that is looked at, the providers let signatures be that
 * far off; what a wrong clock does to a signature is looked at by itself.
 */
export const skewedClock: FaultCase = {
  name: 'R17',
  title: 'the clock of one replica 10 min ahead, 10 min behind, 30 s back at a stroke',
  part: 'quota',
  isQuick: false,
  needsRedis: false,
  tells: [
    'wideWorstWindow',
    'aheadAgeErrorSeconds',
    'behindAgeErrorSeconds',
    'aheadReportsCallsRefused',
    'behindReportsCallsRefused',
    'behindSamplesCallsRefused',
  ],
  run: async (stage) => {
    const { judgement } = stage
    const fleet = await stage.startFleet({
      accounts: [wide, listed],
      clockShiftMs: (replica) => (replica === 0 ? TEN_MINUTES_MS : undefined),
      maxClockSkewSeconds: 3600,
      jitterMs: 25,
      settings: { upstream: { deadlineMs: 2000 } },
    })
    const [skewed] = fleet.replicas
    if (skewed === undefined) throw new Error('a fleet without replicas')
    judgement.note('clockSetBy', skewed.clockSetBy ?? 'nothing')
    const load = new MixedLoad(fleet, { reads: 0, fresh: { wide: 90 } })
    const { questions } = load
    const phaseMs = stage.isQuick ? 6000 : 11_000
    await measureAges(stage, 'ahead', fleet, questions)
    await load.run(async () => {
      await during(phaseMs)
      await skewed.shiftClock(-TEN_MINUTES_MS)
      await during(phaseMs)
      await skewed.shiftClock(0)
      await during(phaseMs)
      await skewed.shiftClock(STEP_BACK_MS)
      await during(phaseMs)
    })
    await skewed.shiftClock(-TEN_MINUTES_MS)
    await during(6000)
    await measureAges(stage, 'behind', fleet, questions)
    await skewed.shiftClock(0)
    await measureAges(stage, 'stepped', fleet, questions, () => skewed.shiftClock(STEP_BACK_MS))
    judgeWindows(judgement, wide, await fleet.upstream.arrivals())
    judgement.atLeast('answered', load.fresh.filter(({ status }) => status === 200).length, 1)
    const strange = load.fresh.filter(({ status, code }) => status !== 200 && code !== 'QUOTA_EXHAUSTED')
    judgement.equals('otherFailures', strange.length, 0)
    await judgeSignatures(stage, 'ahead', TEN_MINUTES_MS)
    await judgeSignatures(stage, 'behind', -TEN_MINUTES_MS)
  },
}

/** Has each replica in turn ask something, and all say later how old it is. */
async function measureAges(
  { judgement }: Stage,
  name: string,
  fleet: Fleet,
  questions: Questions,
  meanwhile: () => Promise<void> = async () => {},
): Promise<void> {
  const fetched: AskedQuestion[] = []
  for (const { index } of fleet.replicas) fetched.push(await questions.askFresh(wide.name, { replica: index }))
  judgement.equals(`${name}NotFetched`, fetched.filter(({ status }) => status !== 200).length, 0)
  await meanwhile()
  await during(AGEING_MS)
  const errors: number[] = []
  for (const { question, doneAtMs } of fetched)
    for (const { index } of fleet.replicas) {
      const { ageSeconds } = await questions.askSessions(wide.name, question, { replica: index })
      // A replica without a shared cache has asked for itself, and is right to call it new.
      const isOwn = fetched[index]?.question === question
      const trueSeconds = (steadyNow() - doneAtMs) / 1000
      if (fleet.replicas.length > 1 || isOwn) errors.push(Math.abs((ageSeconds ?? Number.NaN) - trueSeconds))
    }
  judgement.atMost(`${name}AgeErrorSeconds`, Math.max(...errors), AGE_SLACK_SECONDS)
}
