// `npm run bench`: how fast Weir is beside others (bench/README.md), and its parts by themselves (docs/performance.md).
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis, type TestRedis } from '#test/support/redis-server.ts'
import { openCacheStage } from './cache.ts'
import { compare, toTable } from './comparison.ts'
import { runLive } from './live/live.ts'
import { replaceFigures } from './performance-page.ts'
import { openQuotaStage } from './quota.ts'
import { runRounds, type Stage } from './rounds.ts'
import { type GroupName, readSelection, type Selection, type TopicName } from './selection.ts'
import { measureSnapshots } from './snapshots.ts'
import { runQuick } from './speed/quick.ts'
import { runSpeed } from './speed/speed.ts'
import { describeRun } from './surroundings.ts'

const HELP = `Measures how fast Weir is beside others, row by row of its goals, and its parts by themselves.

Usage: npm run bench -- [rows] [topics] [options]

  P1 … P14       these rows only; without any word all of them, which also writes bench/RESULTS.md and the charts
  quick          cached Q1 and Q4 beside bare node:http by processor time, about a minute; fails when one is too slow
  quota          decisions of the shared quota beside EVALSHA of the same script
  cache          reads and writes of the shared cache beside async-cache-dedupe
  snapshots      the snapshot stores: storing, listing, room
  live           what subscribers cost the provider, how long events take, what memory a subscriber has; about 18 minutes
  fan-out latency memory   parts of it
  --minutes=N    how long its many subscribers stay (default 2; the long form is 10)
  --snapshots=N  snapshots to fill them with, at least 10000 (default 100000; with --write 1000000)
  --rounds=N     rounds that count, at least 5 (default 5 for rows, 21 for topics)
  --turn=MS      length of each turn in a round, at least 50; rows take whole seconds (default 3000 for rows, 100 for topics)
  --trial        takes fewer rounds than 5, of live few subscribers, and writes nothing: to see that it runs, not how fast
  --write        puts the tables of topics into docs/performance.md, quota and cache being run together then, and
                 what live came to into bench/live/RESULTS.md, all of its parts being run then
  --help         this text

Needs redis-server and wrk (as root on Debian or Ubuntu it installs them). At the first run it installs what Weir is
compared with into bench/contenders. Nothing else should be running.
`
const PAGE = new URL('../docs/performance.md', import.meta.url)

const openStage: Readonly<Record<TopicName, (url: string, folder: string) => Promise<Stage>>> = {
  quota: openQuotaStage,
  cache: openCacheStage,
}

const words = process.argv.slice(2)
// Each server that is started has to hear of the end.
process.setMaxListeners(64)
// What was started ends with this process, however it ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
if (words.includes('--help')) console.log(HELP)
else {
  try {
    await run(readSelection(words))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    console.error(`${error.message}\nTry --help.`)
    process.exitCode = 2
  }
}

async function run(selection: Selection): Promise<void> {
  const { rows, pace, isQuick, isWholeRun, topics, snapshots, live } = selection
  const command = ['npm run bench', ...(words.length > 0 ? ['--', ...words] : [])].join(' ')
  if (isQuick && !(await runQuick())) process.exitCode = 1
  if (rows.length > 0) await runSpeed({ ids: rows, pace, command, isWriting: isWholeRun })
  if (live.length > 0) await runLive({ ...selection, parts: live, words })
  if (topics.length > 0 || snapshots !== null) await runTopics(selection)
}

async function runTopics({ topics, rounds, snapshots, isWriting }: Selection): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-bench-'))
  const redis = await startRedis()
  const report = async (group: GroupName, parts: readonly string[]) => {
    const text = parts.join('\n\n')
    console.log(text)
    if (isWriting) await writeFile(PAGE, replaceFigures(await readFile(PAGE, 'utf8'), text, group))
  }
  try {
    if (topics.length > 0) {
      const parts = [await describeRun(redis, words)]
      for (const topic of topics) parts.push(await measure(topic, redis, folder, rounds))
      await report('shared', parts)
    }
    if (snapshots !== null) {
      const surroundings = await describeRun(redis, words)
      console.error(`snapshots: two stores, up to ${snapshots}`)
      await report('snapshots', [surroundings, await measureSnapshots(join(folder, 'snapshots'), snapshots)])
    }
  } finally {
    await redis.close()
    await rm(folder, { recursive: true })
  }
}

async function measure(
  topic: TopicName,
  redis: TestRedis,
  folder: string,
  rounds: Selection['rounds'],
): Promise<string> {
  await redis.flush()
  const stage = await openStage[topic](redis.url, folder)
  try {
    const seconds = Math.ceil(((rounds.count + 1) * stage.contenders.length * rounds.turnMs) / 1000)
    console.error(`${topic}: ${stage.contenders.length} in turn, ${rounds.count} rounds, about ${seconds} s`)
    return toTable(compare(stage.pairs, await runRounds(stage.contenders, rounds)))
  } finally {
    await stage.close()
  }
}
