import { setTimeout as delay } from 'node:timers/promises'
import type { FaultCase, Stage } from '../fault-case.ts'
import { countRepeats } from '../figures/pops.ts'
import type { Fleet } from '../rig/fleet.ts'
import { mountSmallDisk, type SmallDisk } from '../rig/small-disk.ts'
import type { Pop } from '../rig/upstream-protocol.ts'
import { collecting, POP, waitFor, waitForPops } from './collecting.ts'
import { judgeKeeping } from './keeping.ts'

const MIB = 1024 * 1024
/** Side by side, since one collector takes its time: a pop a second, and less after every failure. */
const accounts = Array.from({ length: 10 }, (_, index) => collecting(`shots${index + 1}`))
const names = accounts.map(({ name }) => name)
/** Far more than is taken. */
const MESSAGES = 200_000
const DISK_BYTES = 256 * MIB
/** What a full disk has left: the answer that is under way fits, and more may not be asked for. */
const FULL_BYTES = MIB
/** What was under way when the disk became full is over by then. */
const UNDER_WAY_MS = 2000
const POPS_LIMIT_MS = 300_000
/** A collector that has failed for a while asks no sooner than this. */
const BACK_LIMIT_MS = 70_000

/** What is done to answers: to each pop at most one of these, by its share. All take messages out of the queue. */
const spoiling = [
  { kind: 'reset', at: 'body', probability: 0.1 },
  { kind: 'truncated', probability: 0.06 },
  { kind: 'malformed', variant: 'not-json', takesEffect: true, probability: 0.06 },
  { kind: 'html', takesEffect: true, probability: 0.06 },
  { kind: 'wrong-types', variant: 'wrong-count', probability: 0.1 },
  { kind: 'error', status: 502, takesEffect: true, probability: 0.04 },
]

/** Of these nobody can read an answer. The other kinds are slow, or lie. */
const failing = new Set(['reset', 'truncated', 'malformed', 'html', 'error'])
const isFailure = ({ fault }: Pop) => fault !== null && failing.has(fault)
/** After a failure a collector waits a second at least. */
const ASKS_AGAIN_MS = 900

/** R8: every way in which an answer of the queue, or what it is kept in, can be bad. */
export const hostileAnswers: FaultCase = {
  name: 'R8',
  title: 'bad answers of the queue; Redis gone; the disk full',
  part: 'snapshots',
  isQuick: false,
  needsRedis: false,
  limitSeconds: { quick: 240, long: 900 },
  run: async (stage) => {
    const disk = await mountSmallDisk(DISK_BYTES)
    if (disk !== undefined) stage.onEnd(() => disk.close())
    const embedded = await stage.startFleet({
      isEmbedded: true,
      accounts,
      keepsBodies: true,
      ...(disk && { dataDirectory: () => `${disk.path}/data` }),
    })
    await spoil(embedded, stage, { pops: stage.isQuick ? 100 : 700 })
    await fillUp(embedded, stage, disk)
    await finish(embedded, stage, 'embedded')
    if (!stage.hasRedis) return

    // What it has acknowledged it has on disk: that much a shared store must promise.
    const redis = await stage.redis(['appendonly yes', 'appendfsync always'])
    const fleet = await stage.startFleet({ replicas: 1, accounts, keepsBodies: true })
    await spoil(fleet, stage, {
      pops: stage.isQuick ? 50 : 300,
      meanwhile: async () => {
        await delay(3000)
        await redis.kill()
        await delay(stage.isQuick ? 6000 : 20_000)
        await redis.start()
      },
    })
    await finish(fleet, stage, 'fleet')
  },
}

interface Spoilt {
  /** So many at least. */
  readonly pops: number
  readonly meanwhile?: () => Promise<void>
}

/** Spoils answers until there were so many pops. */
async function spoil({ upstream }: Fleet, { isQuick }: Stage, { pops, meanwhile }: Spoilt): Promise<void> {
  const dripMs = isQuick ? 100 : 1000
  // An answer of ten messages has some 1.2 KB: thirty pieces.
  await upstream.fault({ kind: 'drip', chunkBytes: 40, intervalMs: dripMs, skip: 5, times: 4, interface: POP })
  for (const fault of spoiling) await upstream.fault({ ...fault, interface: POP })
  const before = (await upstream.queue()).pops
  await upstream.fillQueue(MESSAGES)
  await meanwhile?.()
  await waitForPops(upstream, before + pops, POPS_LIMIT_MS)
  await upstream.clearFaults()
}

/** Makes the disk full for a while. */
async function fillUp({ upstream }: Fleet, { judgement, isQuick }: Stage, disk: SmallDisk | undefined): Promise<void> {
  if (disk === undefined) {
    judgement.note('fullDisk', 'left out: this user may not mount one')
    return
  }
  await disk.leave(FULL_BYTES)
  await delay(UNDER_WAY_MS)
  const before = (await upstream.queue()).pops
  await delay(isQuick ? 6000 : 20_000)
  const { pops } = await upstream.queue()
  judgement.equals('popsWhileDiskFull', pops - before, 0)
  await disk.leave(DISK_BYTES)
  const roomAtMs = performance.now()
  await waitForPops(upstream, pops + 1, BACK_LIMIT_MS)
  judgement.note('popsAgainAfterMs', performance.now() - roomAtMs)
}

/** Lets all collectors come to rest, and compares what they were sent with what they have. */
async function finish({ upstream, replicas: [replica] }: Fleet, { judgement }: Stage, name: string): Promise<void> {
  if (replica === undefined) throw new Error('a fleet without a replica')
  await upstream.clearQueue()
  const from = (await upstream.pops()).length
  // By the second that finds nothing, all that the others brought is stored.
  await waitFor(
    'every account had found its queue empty twice',
    async () => {
      const late = (await upstream.pops()).slice(from)
      return names.every(
        (account) => late.filter((pop) => pop.account === account && pop.files.length === 0).length > 1,
      )
    },
    BACK_LIMIT_MS,
  )
  const pops = await upstream.pops()
  const kinds = new Map<string, number>()
  for (const { fault } of pops) if (fault !== null) kinds.set(fault, (kinds.get(fault) ?? 0) + 1)
  judgement.note(`${name}Pops`, pops.length)
  judgement.note(`${name}Spoilt`, [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', '))
  judgement.equals(`${name}Repeats`, countRepeats(pops, isFailure, ASKS_AGAIN_MS), 0)
  await judgeKeeping(judgement, name, names, pops, await upstream.bodies(), replica)
}
