// Runs cases side by side, each with processes and ports of its own, where nobody judges how long anything takes.
import type { FaultCase } from './fault-case.ts'

/**
 * Runs every case once, so many at a time. Cases of one queue are run one after the other, in their order, and begin
 * first: together they take the longest.
 * @param lanes how many at a time, ≥ 1
 * @param run never rejects
 * @returns outcomes in the order of the cases
 */
export async function runInLanes<Outcome>(
  cases: readonly FaultCase[],
  lanes: number,
  run: (one: FaultCase) => Promise<Outcome>,
): Promise<readonly Outcome[]> {
  const outcomes = new Map<FaultCase, Outcome>()
  const queues = [...Map.groupBy(cases, (one) => one.queue ?? one.name).values()]
  queues.sort((one, other) => other.length - one.length)
  const waiting = queues.values()
  const lane = async () => {
    for (const queue of waiting) for (const one of queue) outcomes.set(one, await run(one))
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return cases.flatMap((one) => outcomes.get(one) ?? [])
}
