import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#model/clock.ts'
import { describeQuota } from '#test/contract/quota-kit.ts'
import { createFleetMemory } from '#test/support/fleet-memory.ts'
import { openLink } from '#test/support/open-link.ts'
import { type SharedRedis, startRedis, type TestRedis } from '#test/support/redis-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { SLACK_MS } from '#upstream/expiry-plan.ts'
import { createFleetLedger } from '#upstream/fleet-ledger.ts'
import type { QuotaLimits } from '#upstream/quota.ts'
import { createQuota } from '#upstream/quota-queue.ts'
import type { PastStart } from '#upstream/start-journal.ts'
import type { GrantedStart, StartLedger, StartWish } from '#upstream/start-ledger.ts'
import { readStartsScript } from '#upstream/starts-script.ts'
import { toVirtualScript, VirtualServer } from './model/virtual-server.ts'
import { VirtualTime } from './model/virtual-time.ts'

let server: TestRedis
let redis: Redis
let names = 0
const troubles: (string | undefined)[] = []

beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.url)
}, 300_000)

afterAll(async () => {
  redis.disconnect()
  await server.close()
})

const toMemory = () => createFleetMemory(`m${names++}`)

function toJournal(starts: PastStart[] = []) {
  return { readPast: () => starts, record: (start: PastStart) => starts.push(start), close: () => undefined }
}

// The real script in a real Redis; only the time is the test's.
describeQuota('shared by one replica', {
  windowSeconds: 1,
  guardMs: 250,
  // Those in line start one after the other, and the last one must not come too late for it.
  toleranceMs: SLACK_MS + 5,
  capacityOf: (limit) => limit - Math.floor(limit * 0.05),
  open: async (limits) => {
    const time = new VirtualTime()
    const link = new VirtualServer(redis, time, `kit${names++}`).connect()
    link.open(0)
    const clock = time.toClock(0, 0)
    const ledger = createFleetLedger({
      limits,
      maxReplicas: 1,
      link,
      script: toVirtualScript(readStartsScript()),
      clock,
      keyPrefix: '',
      memory: toMemory(),
      server: 'here',
      journal: toJournal(),
      createId: () => `n${names++}`,
      onTrouble: () => undefined,
    })
    await time.runUntil(10)
    return {
      quota: createQuota({ ledger, clock }),
      monotonicMs: clock.monotonicMs,
      advance: (ms) => time.runUntil(time.nowMs + ms),
    }
  },
})

const wish: StartWish = { operation: 'Get_LiveStat', lane: 'interactive' }
const limits: QuotaLimits = { limit: 40, windowSeconds: 60, guardMs: 1200, outageReserve: 0.1, interfaces: {} }
const CAPACITY = 36

/** Replicas over one real Redis, in real time. Whoever opens them closes them. */
async function openReplicas(count: number, from: Pick<SharedRedis, 'url'> = server) {
  const prefix = randomUUID()
  const links = await Promise.all(Array.from({ length: count }, () => openLink(from.url, prefix)))
  const memories = links.map(() => toMemory())
  const journals = links.map(() => toJournal())
  const open = (index: number): StartLedger => {
    const [link, memory, journal] = [links[index], memories[index], journals[index]]
    if (!link || !memory || !journal) throw new Error('no such replica')
    return createFleetLedger({
      limits,
      maxReplicas: 2,
      link,
      script: readStartsScript(),
      clock: systemClock,
      keyPrefix: `${prefix}:{main}:quota:`,
      memory,
      server: 'here',
      journal,
      createId: randomUUID,
      onTrouble: (code) => troubles.push(code),
    })
  }
  const ledgers = links.map((_link, index) => open(index))
  await waitUntil('the log is open', async () => (await Promise.all(ledgers.map(isFree))).every(Boolean))
  return {
    prefix,
    ledgers,
    /** Ends one as a killed process ends, and begins it again with what it has written down. */
    restart: (index: number) => {
      ledgers[index] = open(index)
      return ledgers[index]
    },
    close: async () => {
      await Promise.all(ledgers.map((ledger) => ledger.close()))
      await Promise.all(links.map((link) => link.close()))
    },
  }
}

async function isFree(ledger: StartLedger): Promise<boolean> {
  // In the reserve alone there are never so many.
  return (await ledger.read()).remaining > 10
}

async function take(ledger: StartLedger, count: number): Promise<readonly GrantedStart[]> {
  const starts = await ledger.take(Array.from({ length: count }, () => wish))
  return starts.filter((start) => start !== undefined)
}

describe('replicas over one Redis', () => {
  it('grant together what the limit allows, less the reserve, and all see it', async () => {
    const { ledgers, close } = await openReplicas(2)
    const [one, other] = ledgers as [StartLedger, StartLedger]
    const granted = await Promise.all([take(one, 30), take(other, 30)])
    expect(granted[0].length + granted[1].length).toBe(CAPACITY)
    for (const ledger of ledgers)
      expect(await ledger.read()).toMatchObject({
        limit: 40,
        used: CAPACITY,
        remaining: 0,
        nextFreeAt: expect.any(Number),
      })
    await close()
  })

  it('have a start back that was given back by another', async () => {
    const { ledgers, close } = await openReplicas(2)
    const [one, other] = ledgers as [StartLedger, StartLedger]
    const [start] = await take(one, CAPACITY)
    expect(await take(other, 1)).toEqual([])
    if (start) one.giveBack(start)
    await waitUntil('it is back', async () => (await other.read()).remaining === 1)
    expect(await take(other, 2)).toHaveLength(1)
    await close()
  })

  it('all pause when one of them was asked to', async () => {
    const { ledgers, close } = await openReplicas(2)
    const [one, other] = ledgers as [StartLedger, StartLedger]
    one.pause(30_000)
    await waitUntil('the other has heard', () => Promise.resolve(other.pausedUntilMs > systemClock.monotonicMs()))
    expect(other.pausedUntilMs - systemClock.monotonicMs()).toBeGreaterThan(28_000)
    expect(await take(one, 1)).toEqual([])
    expect(await take(other, 1)).toEqual([])
    await close()
  })

  it('count everything again after the log was flushed', async () => {
    const { ledgers, prefix, close } = await openReplicas(2)
    const [one, other] = ledgers as [StartLedger, StartLedger]
    await take(one, 20)
    await take(other, 10)
    await redis.del(...['meta', 'members', 'log', 'background'].map((name) => `${prefix}:{main}:quota:${name}`))
    await waitUntil('both have written theirs down', async () => (await one.read()).used === 30)
    await waitUntil('it is open', async () => (await one.read()).remaining === CAPACITY - 30)
    expect((await take(one, 20)).length + (await take(other, 20)).length).toBe(CAPACITY - 30)
    await close()
  })

  it('spend no more than their part of the reserve while Redis is frozen, and count it afterwards', async () => {
    const own = await startRedis()
    const { ledgers, close } = await openReplicas(2, own)
    const [one, other] = ledgers as [StartLedger, StartLedger]
    await take(one, 20)
    await own.freeze()
    // 4 of 40 are kept, for two replicas.
    expect(await take(one, 10)).toHaveLength(2)
    expect(await take(other, 10)).toHaveLength(2)
    expect(await take(one, 10)).toHaveLength(0)
    await own.resume()
    await waitUntil('it is open', async () => (await one.read()).used === 24 && (await other.read()).used === 24)
    expect((await take(one, 20)).length + (await take(other, 20)).length).toBe(CAPACITY - 24)
    await close()
    await own.close()
  })

  it('know after a restart what they have started before it, also when Redis has lost it', async () => {
    const { ledgers, prefix, restart, close } = await openReplicas(1)
    await take(ledgers[0] as StartLedger, 20)
    await ledgers[0]?.close()
    await redis.del(...['meta', 'members', 'log', 'background'].map((name) => `${prefix}:{main}:quota:${name}`))
    const again = restart(0)
    await waitUntil('it is open', async () => (await again.read()).remaining === CAPACITY - 20)
    await close()
  })

  it('say why, once, when Redis answers and refuses the log, and when it does not any more', async () => {
    const own = await startRedis()
    const { ledgers, close } = await openReplicas(1, own)
    troubles.length = 0
    await own.command('ACL', 'SETUSER', 'default', '-hgetall')
    await waitUntil('it is noticed', async () => troubles.length > 0)
    expect(await take(ledgers[0] as StartLedger, 10)).toHaveLength(2)
    await own.command('ACL', 'SETUSER', 'default', '+hgetall')
    await waitUntil('it is over', async () => (await ledgers[0]?.read())?.remaining === CAPACITY - 2)
    expect(troubles).toEqual([expect.stringMatching(/^[A-Z]+$/), undefined])
    await close()
    await own.close()
  })
})
