import { toSpread } from '../../comparison.ts'
import { type HourFigures, type HourSetup, liveAnHour } from '../history-hour.ts'
import type { Rig } from '../rig.ts'
import type { Finding, Row, RowId } from '../row.ts'

/** Two hours are the most that one call answers, so that everybody else makes three calls for each look. */
export const CALLS_OF_OTHERS = 1080

const settings = [
  { viewers: 1, replicas: 1 },
  { viewers: 50, replicas: 3 },
] as const

/** A row about what an hour costs. */
export function toHistoryRow(
  id: RowId,
  history: HourSetup['history'],
  words: { readonly title: string; readonly calls: number; readonly rows: number; readonly theory: string },
): Row<Rig> {
  return {
    id,
    title: `${words.title}, looked at every 10 s for an hour`,
    method: `In leaps of time: gateways and provider run on one clock that is moved by 10 s after each look, so that the hour is 360 looks. Counted at the provider. Theory: ${words.theory}; whoever asks for it all each time makes ${CALLS_OF_OTHERS} calls.`,
    cells: [],
    measure: async ({ redis }) => {
      const findings: Finding[] = []
      for (const { viewers, replicas } of settings) {
        console.error(`bench: ${id}: an hour of ${viewers} viewers at ${replicas} replicas`)
        const who = `${viewers} ${viewers === 1 ? 'viewer' : 'viewers'}, ${replicas} ${replicas === 1 ? 'replica' : 'replicas'}`
        const figures = await liveAnHour({ history, viewers, replicas, redisUrl: redis.url }).catch(String)
        const tell = (figure: keyof HourFigures, most: number): Finding => ({
          what: `${figure === 'calls' ? 'provider calls' : 'rows'}, ${who}`,
          goal: { most },
          unit: '',
          measured: typeof figures === 'string' ? figures : toSpread([figures[figure]]),
        })
        findings.push(tell('calls', words.calls), tell('rows', words.rows))
      }
      return findings
    },
  }
}
