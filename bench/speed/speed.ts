// The rows P1 to P14: everything is set up, run and written down here.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis, type TestRedis } from '#test/support/redis-server.ts'
import { installContenders, needsPackages, readContenderVersion, type Scene } from './contenders.ts'
import { shareCores } from './cores.ts'
import { buildImage } from './image.ts'
import { drawPictures } from './pictures.ts'
import { prime } from './prime.ts'
import { createLoads, type Load, type LoadName, STREAMS, shapeNames } from './questions.ts'
import { type RowReport, writeResults } from './results.ts'
import { type Pace, questionHeaders, type Rig, runCells } from './rig.ts'
import { judge, type RowId } from './row.ts'
import { rows } from './rows/index.ts'
import { type Cell, toName } from './turns.ts'
import { openUpstream } from './upstream.ts'
import { startWeir } from './weir.ts'
import { findWrk } from './wrk.ts'

const RESULTS = new URL('../RESULTS.md', import.meta.url)
const PICTURES = join(import.meta.dirname, '..', '..', 'docs', 'images')

/** What is run. */
export interface SpeedOrder {
  readonly ids: readonly RowId[]
  readonly pace: Pace
  /** As typed, for the page. */
  readonly command: string
  /** Whether the page and the charts are written: only a run of all rows is. */
  readonly isWriting: boolean
}

/** Runs rows, prints the page, and writes it down when it is to be. */
export async function runSpeed({ ids, pace, command, isWriting }: SpeedOrder): Promise<void> {
  const chosen = rows.filter(({ id }) => ids.includes(id))
  const cells = dropRepeats(chosen.flatMap((row) => row.cells))
  // Before anything of this run keeps the machine busy.
  const surroundings = [describeMachine(command, pace)]
  // Before this process and what it starts have one core only.
  if (cells.some(({ contender }) => needsPackages(contender)) || ids.some((id) => id === 'P7' || id === 'P14')) {
    await installContenders()
    surroundings.push(await describeContenders())
  }
  await withStage(async (stage) => {
    surroundings.push(stage.scene.cores.told)
    const rig: Rig = { ...stage, pace, ...(await runCells(cells, { ...stage, pace })) }
    const reports: RowReport[] = []
    for (const row of chosen) {
      console.error(`bench: ${row.id}, ${row.title}`)
      const findings = await row.measure(rig).catch((error: unknown) => [
        {
          what: row.title,
          goal: { least: 0 },
          unit: '',
          measured: error instanceof Error ? error.message : String(error),
        },
      ])
      reports.push({ row, findings })
    }
    const page = writeResults({
      surroundings,
      reports,
      cells,
      turns: rig.turns,
      loads: stage.loads,
      sizes: stage.sizes,
    })
    console.log(page)
    const missed = reports.flatMap(({ findings }) => findings.filter((finding) => judge(finding) === 'missed'))
    console.error(`bench: ${missed.length === 0 ? 'no goal is missed' : `${missed.length} goals are missed`}`)
    if (!isWriting) return
    await writeFile(RESULTS, page)
    const pictures = await drawPictures(PICTURES, rig.turns, reports)
    console.error(`bench: written: bench/RESULTS.md, ${pictures.map((name) => `docs/images/${name}`).join(', ')}`)
  })
}

/** What every run stands on. */
export interface Stage {
  readonly scene: Scene
  readonly wrk: string
  readonly redis: TestRedis
  readonly loads: Readonly<Record<LoadName, Load>>
  /** Bytes of Weir's answers, by shape. */
  readonly sizes: ReadonlyMap<string, number>
}

/** Sets up what is needed, has Weir answer each question once for the others to repeat, and clears it all away. */
export async function withStage(work: (stage: Stage) => Promise<void>): Promise<void> {
  const wrk = await findWrk()
  const cores = await shareCores()
  const folder = await mkdtemp(join(tmpdir(), 'weir-speed-'))
  const redis = await startRedis()
  const upstream = await openUpstream({ streams: STREAMS })
  try {
    const answers = join(folder, 'answers')
    const image = await buildImage(join(folder, 'image'))
    const scene = { cores, folder, upstream, image, redisUrl: redis.url, answers }
    const loads = createLoads(Date.now())
    await work({ scene, wrk, redis, loads, sizes: await keepAnswers(scene, loads) })
  } finally {
    await upstream.close()
    await redis.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function keepAnswers(scene: Scene, loads: Stage['loads']): Promise<ReadonlyMap<string, number>> {
  await mkdir(scene.answers, { recursive: true })
  const { url, process } = await startWeir({ ...scene, name: 'model' })
  const sizes = new Map<string, number>()
  try {
    for (const shape of shapeNames) {
      const answer = await prime(`${url}/graphql`, loads[shape].bodies, questionHeaders)
      sizes.set(shape, Buffer.byteLength(answer))
      await writeFile(join(scene.answers, `${shape}.json`), answer)
    }
  } finally {
    await process.stop()
  }
  return sizes
}

function dropRepeats(cells: readonly Cell[]): readonly Cell[] {
  return [...new Map(cells.map((cell) => [toName(cell), cell])).values()]
}

function describeMachine(command: string, { rounds, seconds }: Pace): string {
  const date = new Date().toISOString().slice(0, 10)
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}) under a load of ${(loadavg()[0] ?? 0).toFixed(1)}`
  return `${date}, ${machine}, Node ${process.versions.node}: \`${command}\`, ${rounds} rounds, turns of ${seconds} s`
}

async function describeContenders(): Promise<string> {
  const names = [
    'fastify',
    'mercurius',
    'undici',
    'ioredis',
    'async-cache-dedupe',
    'graphql-yoga',
    '@graphql-yoga/plugin-response-cache',
    '@graphql-hive/gateway',
    '@tailcallhq/core-linux-x64-gnu',
  ]
  const told = await Promise.all(
    names.map(async (name) => `${name} ${await readContenderVersion(name).catch(() => 'absent')}`),
  )
  return `Contenders: ${told.join(', ')}`
}
