import { setTimeout as delay } from 'node:timers/promises'
import type { FaultCase } from '../fault-case.ts'
import { findLostPops, type Kill, measureOverlap } from '../figures/pops.ts'
import { readPopJournal } from '../rig/pop-journal.ts'
import { createRandom } from '../rig/seeded-random.ts'
import { listSnapshots, readMetric } from '../rig/snapshots.ts'
import { steadyNow } from '../rig/steady-clock.ts'
import { collecting, judgeListing, POP, waitForPops } from './collecting.ts'

const SEED = 7
const QUEUE = 10_000
/** Below this the queue is filled again, so that every kill meets messages. */
const LOW = 1000
/** The provider takes so long over an answer, whose messages are gone from its queue by then. */
const ANSWER_MS = 20
/** A kill at any time after the first pop of a process. */
const ANY_TIME_MS = { from: 150, to: 1500 }
/** Every second kill is aimed: so soon after a pop has arrived, which is before, at and after the journal's write. */
const AIMED_WITHIN_MS = 60
const SEEN_LIMIT_MS = 30_000
/** From the end of an answer to its bytes being safe, on a machine that does other work too. */
const SETTLING_MS = 300

const shots = collecting('shots')

/** R7: a collector that is killed at any moment, over and over. */
export const collectorKilled: FaultCase = {
  name: 'R7',
  title: 'the collector killed at random moments, over and over',
  part: 'snapshots',
  isQuick: false,
  needsRedis: false,
  limitSeconds: { quick: 240, long: 900 },
  run: async (stage) => {
    const { judgement } = stage
    const random = createRandom(SEED)
    const fleet = await stage.startFleet({ isEmbedded: true, accounts: [shots] })
    const { upstream } = fleet
    const [replica] = fleet.replicas
    if (replica === undefined) throw new Error('a fleet without a replica')
    await upstream.fault({ kind: 'slow', interface: POP, delayMs: ANSWER_MS })
    await upstream.fillQueue(QUEUE)

    const kills: Kill[] = []
    let seen = 0
    for (const wanted = stage.isQuick ? 40 : 200; kills.length < wanted; ) {
      await waitForPops(upstream, seen + 1, SEEN_LIMIT_MS)
      if (kills.length % 2 === 0) await delay(ANY_TIME_MS.from + random() * (ANY_TIME_MS.to - ANY_TIME_MS.from))
      else {
        await waitForPops(upstream, seen + 1 + Math.floor(random() * 3), SEEN_LIMIT_MS)
        await delay(random() * AIMED_WITHIN_MS)
      }
      const fromMs = steadyNow()
      await replica.kill()
      kills.push({ fromMs, toMs: steadyNow() })
      const { size, pops } = await upstream.queue()
      seen = pops
      if (size < LOW) await upstream.fillQueue(QUEUE)
      await replica.restart()
    }
    // Two that find nothing: by the second, all that the others brought is stored.
    await waitForPops(upstream, seen + 1, SEEN_LIMIT_MS)
    await upstream.clearQueue()
    await waitForPops(upstream, (await upstream.queue()).pops + 2, SEEN_LIMIT_MS)

    const items = await listSnapshots(replica.url, shots.name)
    const pops = await upstream.pops()
    const counted = await readMetric(replica.url, 'weir_snapshot_messages_unknown_total', shots.name)
    const journal = readPopJournal(replica.dataDirectory, shots.name)
    const lost = findLostPops(pops, new Set(items.map(({ url }) => url)), kills)
    const lostMessages = lost.reduce((sum, { files }) => sum + files.length, 0)
    const perKill = kills.map((_, index) => lost.filter(({ kill }) => kill === index).length)

    judgement.note('kills', kills.length)
    judgement.note('pops', pops.length)
    judgement.note(
      'taken',
      pops.reduce((sum, { files }) => sum + files.length, 0),
    )
    judgement.note('killsThatLost', perKill.filter((count) => count > 0).length)
    judgement.note('lostMessages', lostMessages)
    judgeListing(judgement, items, new Set(pops.flatMap(({ files }) => files)))
    judgement.atMost('lostPopsPerKill', Math.max(0, ...perKill), 1)
    judgement.equals('lostWithoutKill', lost.filter(({ kill }) => kill === null).length, 0)
    judgement.equals('lostBeforeTheLast', lost.filter(({ isLast }) => !isLast).length, 0)
    const settlingMs = Math.max(0, ...lost.map(({ doneBeforeMs }) => doneBeforeMs))
    judgement.takesAtMost('lostDoneBeforeKillMs', settlingMs, SETTLING_MS)
    judgement.atLeast('messagesUnknown', journal.messagesUnknown, lostMessages)
    judgement.equals('messagesUnknownMetric', counted ?? 'missing', journal.messagesUnknown)
    judgement.atMost('mostInFlight', measureOverlap(pops, steadyNow()).most, 1)
  },
}
