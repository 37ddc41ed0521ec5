// What a wrong wall clock does to signatures: the provider refuses them, and says in the same answer what time it is.
import type { Stage } from '../fault-case.ts'
import type { FleetAccount } from '../rig/fleet.ts'
import { type AskedQuestion, Questions } from '../rig/questions.ts'

const quota = { limit: 1000, windowSeconds: 5 }
const accounts: readonly FleetAccount[] = [
  { name: 'reports', provider: 'chinanetcenter', quota },
  { name: 'samples', provider: 'tencent', quota },
]
/** Calls after which signatures must be right again. */
const LEARNING_CALLS = 2
const MOST_CALLS = 5

/** Holds a process with a wrong clock to learning from a provider how wrong it is. */
export async function judgeSignatures({ judgement, startFleet }: Stage, name: string, shiftMs: number): Promise<void> {
  const fleet = await startFleet({ isEmbedded: true, accounts, clockShiftMs: () => shiftMs })
  const questions = new Questions(fleet.client)
  const asks: Readonly<Record<string, () => Promise<AskedQuestion>>> = {
    Reports: () => questions.askFresh('reports'),
    Samples: () => questions.askSamples('samples', questions.nameFreshStream(), 15),
  }
  for (const [account, ask] of Object.entries(asks)) {
    let wrong = 0
    while (wrong < MOST_CALLS && (await ask()).status !== 200) wrong += 1
    judgement.atMost(`${name}${account}CallsRefused`, wrong, LEARNING_CALLS)
  }
  await fleet.close()
}
