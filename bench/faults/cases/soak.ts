import { setTimeout as delay } from 'node:timers/promises'
import type { TestRedis } from '../../../test/support/redis-server.ts'
import type { FaultCase, Stage } from '../fault-case.ts'
import { percentile } from '../figures/percentiles.ts'
import { type Reading, slopePerMinute } from '../figures/slope.ts'
import type { Fleet } from '../rig/fleet.ts'
import { createRandom } from '../rig/seeded-random.ts'
import { steadyNow } from '../rig/steady-clock.ts'
import { judgeWindows, listed, MixedLoad, toTookMs, wide } from './mixed-load.ts'

const MIB = 1024 * 1024
/** Always the same faults in the same order. */
const SEED = 20
const FORMS = {
  quick: { forMs: 60_000, everyMs: 10_000, settledAfterMs: 20_000, readEveryMs: 2000 },
  long: { forMs: 30 * 60_000, everyMs: 20_000, settledAfterMs: 10 * 60_000, readEveryMs: 15_000 },
}
const GROWTH_LIMIT_MIB = 1
const OPEN_FILES_SLACK = 5
/** Connections that nobody needs any more are given up in this time. */
const REST_MS = 8000

/** Small enough to be full long before growth is looked at: what is kept on purpose is no leak. */
const settings = { upstream: { deadlineMs: 2000 }, cache: { maxBytes: 8 * MIB, maxStaleSeconds: 120 } }

interface Surroundings {
  readonly fleet: Fleet
  readonly redis: TestRedis | undefined
}

/** Makes something bad happen, and ends it. It takes less than ten seconds. */
type Mishap = (surroundings: Surroundings) => Promise<void>

const spoil =
  (fault: Readonly<Record<string, unknown>>): Mishap =>
  async ({ fleet: { upstream } }) => {
    await upstream.fault(fault)
    await delay(5000)
    await upstream.clearFaults()
  }

const mishaps: readonly { readonly name: string; readonly needsRedis: boolean; readonly happen: Mishap }[] = [
  {
    name: 'Redis frozen',
    needsRedis: true,
    happen: async ({ redis }) => {
      await redis?.freeze()
      await delay(5000)
      await redis?.resume()
    },
  },
  {
    name: 'Redis killed',
    needsRedis: true,
    happen: async ({ redis }) => {
      await redis?.kill()
      await delay(3000)
      await redis?.start()
    },
  },
  { name: 'Redis emptied', needsRedis: true, happen: async ({ redis }) => redis?.flush() },
  {
    name: 'Redis takes no writes',
    needsRedis: true,
    happen: async ({ redis }) => {
      await redis?.command('CLIENT', 'PAUSE', 3000, 'WRITE')
    },
  },
  { name: 'one provider hangs', needsRedis: false, happen: spoil({ kind: 'hang', provider: 'tencent' }) },
  {
    name: 'half of all calls fail',
    needsRedis: false,
    happen: spoil({ kind: 'error', status: 503, probability: 0.5 }),
  },
  { name: 'connections reset', needsRedis: false, happen: spoil({ kind: 'reset', at: 'connect', probability: 0.5 }) },
  { name: 'bodies reset', needsRedis: false, happen: spoil({ kind: 'reset', at: 'body', probability: 0.5 }) },
  { name: 'pages', needsRedis: false, happen: spoil({ kind: 'html', probability: 0.5 }) },
  { name: 'cut answers', needsRedis: false, happen: spoil({ kind: 'truncated', probability: 0.5 }) },
  { name: 'drips', needsRedis: false, happen: spoil({ kind: 'drip', probability: 0.3 }) },
  { name: 'refused', needsRedis: false, happen: spoil({ kind: 'throttled', retryAfter: 2, times: 1 }) },
  {
    name: 'a replica frozen',
    needsRedis: true,
    happen: async ({ fleet: { replicas } }) => {
      const replica = replicas.at(-1)
      replica?.freeze()
      await delay(800)
      replica?.resume()
    },
  },
]

/** R20: half an hour of one mishap after another leaves nothing behind. */
export const soak: FaultCase = {
  name: 'R20',
  title: '30 min of reads and questions with a mishap each 20 s',
  part: 'process',
  isQuick: false,
  needsRedis: false,
  limitSeconds: { quick: 150, long: 2100 },
  tells: ['mishaps', 'wideWorstWindow', 'failedReads', 'heapGrowthMiBPerMinute', 'openFilesMore', 'otherFailures'],
  run: async (stage) => {
    const { judgement, isQuick } = stage
    const form = FORMS[isQuick ? 'quick' : 'long']
    const redis = stage.hasRedis ? await stage.redis() : undefined
    const fleet = await stage.startFleet({ accounts: [wide, listed], jitterMs: 25, settings })
    const load = new MixedLoad(fleet, { reads: 160, fresh: { wide: 40 } })
    await load.warm(isQuick)
    const before = await countOpenFiles(fleet)
    const heap: Reading[][] = fleet.replicas.map(() => [])
    const startedAtMs = steadyNow()
    const happened = await load.run(() => {
      const reading = setInterval(() => readHeap(fleet, heap), form.readEveryMs)
      return go(stage, { fleet, redis }, form).finally(() => clearInterval(reading))
    })
    judgement.note('mishaps', happened.length)
    judgement.note('kinds', [...new Set(happened)].join(', '))
    judgeWindows(judgement, wide, await fleet.upstream.arrivals())
    const failed = load.reads.filter(({ status }) => status !== 200)
    judgement.note('reads', load.reads.length)
    judgement.equals('failedReads', failed.length, 0)
    judgement.note('failures', [...new Set(failed.map(({ status, code }) => `${status} ${code}`))].join(', '))
    judgement.note('readP99Ms', percentile(load.reads.map(toTookMs), 0.99))
    const untyped = load.fresh.filter(
      ({ status, code }) => status !== 200 && !/^(UPSTREAM_|QUOTA_|OVERLOADED)/.test(code),
    )
    judgement.equals('otherFailures', untyped.length, 0)
    const settled = heap.map((readings) => readings.filter(({ atMs }) => atMs >= startedAtMs + form.settledAfterMs))
    const growth = Math.max(...settled.map(slopePerMinute))
    // A minute is too short to tell a leak from a heap that has not found its size.
    if (isQuick) judgement.note('heapGrowthMiBPerMinute', growth)
    else judgement.atMost('heapGrowthMiBPerMinute', growth, GROWTH_LIMIT_MIB)
    const after = await countOpenFiles(fleet)
    const more = after.map((count, index) => count - (before[index] ?? Number.NaN))
    judgement.atMost('openFilesMore', Math.max(...more), OPEN_FILES_SLACK)
  },
}

/** One mishap after another, until the time is over. @returns their names */
async function go(
  { hasRedis }: Stage,
  surroundings: Surroundings,
  { forMs, everyMs }: (typeof FORMS)['long'],
): Promise<readonly string[]> {
  const random = createRandom(SEED)
  const possible = mishaps.filter(({ needsRedis }) => hasRedis || !needsRedis)
  const happened: string[] = []
  const endsAtMs = performance.now() + forMs
  while (performance.now() + everyMs <= endsAtMs) {
    const nextAtMs = performance.now() + everyMs
    const mishap = possible[Math.floor(random() * possible.length)]
    if (mishap !== undefined) {
      happened.push(mishap.name)
      await mishap.happen(surroundings)
    }
    await delay(Math.max(0, nextAtMs - performance.now()))
  }
  return happened
}

function readHeap({ replicas }: Fleet, heap: readonly Reading[][]): void {
  for (const [index, replica] of replicas.entries())
    replica.inspectSwept().then(
      ({ heapBytes }) => heap[index]?.push({ atMs: steadyNow(), value: heapBytes / MIB }),
      () => undefined,
    )
}

/** Counts when nothing is asked, and nobody is connected. */
async function countOpenFiles({ replicas, client }: Fleet): Promise<readonly number[]> {
  await client.hangUp()
  await delay(REST_MS)
  return Promise.all(replicas.map(async (replica) => (await replica.inspect()).openFiles))
}
