import { createHash } from 'node:crypto'
import type { FaultCase } from '../fault-case.ts'
import { countWithin } from '../figures/arrivals.ts'
import { runLoads } from '../rig/load.ts'
import { type AskedQuestion, Questions } from '../rig/questions.ts'
import { steadyNow } from '../rig/steady-clock.ts'
import { judgeWindows, toCapacity, toSpanMs, wide } from './mixed-load.ts'

/** Requests a second: the greedy one asks ten times what the modest one does, which is less than half of the quota. */
const GREEDY = 220
const MODEST = 22
const keys = { greedy: 'key-of-the-greedy-client', modest: 'key-of-the-modest-client' }

/** R2: who asks for less than his half gets it, however much another one asks for. */
export const fairShare: FaultCase = {
  name: 'R2',
  title: 'two clients on one account, one asking ten times as much',
  part: 'quota',
  isQuick: false,
  needsRedis: false,
  run: async (stage) => {
    const { judgement } = stage
    const fleet = await stage.startFleet({
      accounts: [wide],
      settings: {
        // Longer than a span: nobody is refused only because all that is free was spent at a stroke.
        upstream: { deadlineMs: 10_000 },
        limits: { requestsPerMinute: null },
        access: {
          mode: 'keys',
          keys: Object.entries(keys).map(([name, key]) => ({
            name,
            sha256: createHash('sha256').update(key).digest('hex'),
          })),
        },
      },
    })
    const questions = new Questions(fleet.client)
    const asked: Record<keyof typeof keys, AskedQuestion[]> = { greedy: [], modest: [] }
    const load = (name: keyof typeof keys, ratePerSecond: number) => ({
      ratePerSecond,
      send: async () => {
        asked[name].push(await questions.askFresh(wide.name, { headers: { 'x-api-key': keys[name] } }))
      },
    })
    const spanMs = toSpanMs(wide)
    const durationMs = (stage.isQuick ? 3 : 4) * spanMs
    const startedAtMs = steadyNow()
    // The first span is spent on starts that nobody had used before, of which there are enough for all.
    const contested = { fromMs: startedAtMs + spanMs, toMs: startedAtMs + durationMs }
    await runLoads([load('greedy', GREEDY), load('modest', MODEST)], durationMs)

    const isContested = ({ sentAtMs }: AskedQuestion) => sentAtMs >= contested.fromMs
    const share = (name: keyof typeof keys) => {
      const sent = asked[name].filter(isContested)
      return { sent: sent.length, answered: sent.filter(({ status }) => status === 200).length }
    }
    const [greedy, modest] = [share('greedy'), share('modest')]
    const fairPerSecond = Math.min(MODEST, toCapacity(wide) / 2 / (spanMs / 1000))
    const fair = Math.min(modest.sent, (fairPerSecond * (contested.toMs - contested.fromMs)) / 1000)
    judgement.atLeast('modestShare', modest.answered / fair, 0.9)
    judgement.note('modestAnswered', modest.answered)
    judgement.note('greedyAnswered', greedy.answered)
    judgement.note('greedySent', greedy.sent)
    judgement.atLeast('emptiestWindowOfModest', emptiestWindow(asked.modest, contested), 1)
    judgeWindows(judgement, wide, await fleet.upstream.arrivals())
  },
}

/** Nobody starves for a whole window: the fewest answers that any of them brought. */
function emptiestWindow(asked: readonly AskedQuestion[], { fromMs, toMs }: { fromMs: number; toMs: number }): number {
  const answeredAtMs = asked.filter(({ status }) => status === 200).map(({ doneAtMs }) => doneAtMs)
  const windowMs = wide.quota.windowSeconds * 1000
  let fewest = Number.POSITIVE_INFINITY
  for (let start = fromMs; start + windowMs <= toMs; start += 500)
    fewest = Math.min(fewest, countWithin(answeredAtMs, { fromMs: start, toMs: start + windowMs }))
  return fewest
}
