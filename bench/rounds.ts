// Rounds in which everybody has a short turn after everybody else, so that all meet the same moments of the machine.
import type { Pair } from './comparison.ts'

/** One that does some work over and over. */
export interface Contender {
  readonly name: string
  /** Works until that time of `performance.now()`. @returns how much it has done */
  run(untilMs: number): Promise<number>
  /** Sets the scene for a turn; its time does not count. */
  readonly prepare?: () => Promise<void>
}

/** What was set up to be compared. */
export interface Stage {
  readonly contenders: readonly Contender[]
  readonly pairs: readonly Pair[]
  readonly close: () => Promise<void>
}

/** How long it all takes. */
export interface Rounds {
  /** Rounds that count, ≥ 1. One more before them is for warming up. */
  readonly count: number
  /** Length of a turn, in milliseconds. Short ones in many rounds bear a busy machine best. */
  readonly turnMs: number
}

/** Works in so many lanes at once, each of which begins again when it is done. @param worth what one piece counts as */
export function inLanes(lanes: number, work: () => Promise<unknown>, worth = 1): Contender['run'] {
  return async (untilMs) => {
    let done = 0
    const lane = async () => {
      while (performance.now() < untilMs) {
        await work()
        done += worth
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    return done
  }
}

/** Lets all run. @returns how much each did per second, by name, in the order of the rounds */
export async function runRounds(
  contenders: readonly Contender[],
  { count, turnMs }: Rounds,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const rates = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  if (rates.size < contenders.length) throw new RangeError('two contenders have the same name')
  for (let round = 0; round <= count; round += 1) {
    // Somebody else begins every time: what one leaves behind would always hit the same next one.
    const first = round % contenders.length
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      await contender.prepare?.()
      const startedAtMs = performance.now()
      const done = await contender.run(startedAtMs + turnMs)
      const perSecond = (done / (performance.now() - startedAtMs)) * 1000
      if (round > 0) rates.get(contender.name)?.push(perSecond)
    }
  }
  return rates
}
