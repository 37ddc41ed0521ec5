// What the rows are measured with: everybody who is needed, started once, asked in rounds.
import type { TestRedis } from '#test/support/redis-server.ts'
import { type ContenderName, contenderTitles, type RunningContender, type Scene, startContender } from './contenders.ts'
import { prime } from './prime.ts'
import type { Load, LoadName } from './questions.ts'
import { findShapeProblem } from './same-shape.ts'
import { type Cell, Turns, toName } from './turns.ts'
import { API_KEY } from './weir.ts'
import { sendLoad } from './wrk.ts'

/** How long it all takes. */
export interface Pace {
  /** Rounds that count, ≥ 1. One more before them warms up. */
  readonly rounds: number
  /** Length of a turn that warms up, whole seconds ≥ 1. */
  readonly warmUpSeconds: number
  /** Length of a turn, whole seconds ≥ 1. */
  readonly seconds: number
}

/** What rows are measured with. */
export interface Rig {
  readonly scene: Scene
  readonly pace: Pace
  readonly wrk: string
  readonly redis: TestRedis
  readonly loads: Readonly<Record<LoadName, Load>>
  /** What was run in rounds. */
  readonly turns: Turns
  /** Resident memory of each after all turns, bytes. */
  readonly memory: ReadonlyMap<ContenderName, number>
}

/** What it takes to run cells. */
export type CellRun = Omit<Rig, 'turns' | 'memory' | 'redis'>

/** Who runs, and why others do not. */
interface Company {
  readonly running: ReadonlyMap<ContenderName, RunningContender>
  readonly refusals: ReadonlyMap<ContenderName, string>
}

/** Headers of every question. */
export const questionHeaders = { 'content-type': 'application/json', 'x-api-key': API_KEY }

/** Runs cells in rounds, each beginning with somebody else. Who does not start, or does not answer alike, is left out with the reason. */
export async function runCells(cells: readonly Cell[], run: CellRun): Promise<Pick<Rig, 'turns' | 'memory'>> {
  const turns = new Turns()
  const memory = new Map<ContenderName, number>()
  const company = await startAll([...new Set(cells.map(({ contender }) => contender))], run.scene)
  try {
    const ready: Cell[] = []
    for (const cell of cells) {
      const problem = await prepare(cell, company, run)
      if (problem === undefined) ready.push(cell)
      else {
        console.error(`bench: ${toName(cell)}: ${problem}`)
        turns.fail(cell, problem)
      }
    }
    for (let round = 0; round <= run.pace.rounds; round += 1) {
      console.error(
        `bench: ${round === 0 ? 'warming up' : `round ${round} of ${run.pace.rounds}`}, ${ready.length} turns`,
      )
      const first = (round * 7) % Math.max(1, ready.length)
      for (const cell of [...ready.slice(first), ...ready.slice(0, first)]) {
        const contender = company.running.get(cell.contender)
        if (contender === undefined || (round > 0 && turns.reasonOf(cell)?.startsWith('of '))) continue
        await takeTurn(cell, contender, run, round === 0 ? undefined : turns)
      }
    }
    for (const [name, { process }] of company.running) memory.set(name, (await process.figures()).rssBytes)
  } finally {
    for (const contender of company.running.values()) await contender.stop()
  }
  return { turns, memory }
}

async function startAll(names: readonly ContenderName[], scene: Scene): Promise<Company> {
  const running = new Map<ContenderName, RunningContender>()
  const refusals = new Map<ContenderName, string>()
  for (const name of names) {
    console.error(`bench: starting ${contenderTitles[name]}`)
    try {
      running.set(name, await startContender(name, scene))
    } catch (error) {
      refusals.set(name, error instanceof Error ? error.message : String(error))
    }
  }
  return { running, refusals }
}

/** Asks everything once or more, so that it is kept wherever it can be. @returns why the cell cannot be run */
async function prepare(cell: Cell, { running, refusals }: Company, { loads, scene }: CellRun) {
  const contender = running.get(cell.contender)
  if (contender === undefined) return `it did not start: ${refusals.get(cell.contender) ?? 'nobody tried'}`
  const { bodies, headers, shape } = loads[cell.load]
  try {
    const answer = await prime(contender.toUrl(cell.load), bodies, { ...questionHeaders, ...headers })
    return shape === undefined ? undefined : await findShapeProblem(answer, shape, scene.answers)
  } catch (error) {
    return `it did not answer: ${error instanceof Error ? error.message : String(error)}`
  }
}

async function takeTurn(
  cell: Cell,
  contender: RunningContender,
  run: CellRun,
  turns: Turns | undefined,
): Promise<void> {
  const { bodies, headers, connections } = run.loads[cell.load]
  const seconds = turns === undefined ? run.pace.warmUpSeconds : run.pace.seconds
  const order = {
    url: contender.toUrl(cell.load),
    bodies,
    headers: { ...questionHeaders, ...headers },
    connections,
    seconds,
  }
  // What lives for 5 s has ended since the turn before: a turn is about what is kept.
  if (bodies.length === 1) await prime(order.url, bodies, questionHeaders)
  const before = await contender.process.figures()
  const figures = await sendLoad(order, { wrk: run.wrk, before: run.scene.cores.load, folder: run.scene.folder })
  const after = await contender.process.figures()
  if (turns === undefined) return
  if (figures.requests === 0) turns.fail(cell, 'of a whole turn nothing was answered')
  else if (figures.failures > 0) turns.fail(cell, `of ${figures.requests} answers ${figures.failures} were none`)
  else
    turns.add(cell, {
      requestsPerSecond: figures.requestsPerSecond,
      cpuMicros: (after.cpuMicros - before.cpuMicros) / figures.requests,
      p50Ms: figures.p50Ms,
      p99Ms: figures.p99Ms,
    })
}
