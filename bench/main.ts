// `npm run bench`: how fast the shared parts are beside what else there is, and the snapshot stores by themselves. docs/performance.md says how to read it.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis, type TestRedis } from '#test/support/redis-server.ts'
import { openCacheStage } from './cache.ts'
import { compare, toTable } from './comparison.ts'
import { replaceFigures } from './performance-page.ts'
import { openQuotaStage } from './quota.ts'
import { runRounds, type Stage } from './rounds.ts'
import { type GroupName, readSelection, type Selection, type TopicName } from './selection.ts'
import { measureSnapshots } from './snapshots.ts'
import { describeRun } from './surroundings.ts'

const HELP = `Compares the shared quota and the shared cache with the bare Redis client and another cache, in one run;
fills the snapshot stores and measures them at each size.

Usage: npm run bench -- [topics] [options]

  quota          decisions beside EVALSHA of the same script
  cache          reads and writes beside async-cache-dedupe
  snapshots      the snapshot stores: storing, listing, room
  --snapshots=N  snapshots to fill them with, at least 10000 (default 100000; with --write 1000000)
  --rounds=N     rounds that count, at least 5 (default 21)
  --turn=MS      length of each turn in a round, at least 50 (default 100)
  --write        puts the tables into docs/performance.md; quota and cache are run together then
  --help         this text

Without a topic: all of them. Needs redis-server; nothing else should be running.
`
const PAGE = new URL('../docs/performance.md', import.meta.url)

const openStage: Readonly<Record<TopicName, (url: string, folder: string) => Promise<Stage>>> = {
  quota: openQuotaStage,
  cache: openCacheStage,
}

const words = process.argv.slice(2)
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

async function run({ topics, rounds, snapshots, isWriting }: Selection): Promise<void> {
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
