import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { FleetLink } from '#fleet/fleet-link.ts'
import { LEASE_BEAT_MS, LEASE_MS, type Lease, type LeaseTerms, SAMPLER_LEASE } from '#fleet/lease.ts'
import { createRedisLease, type RedisLeaseOptions } from '#fleet/redis-lease.ts'
import { believes, contend, describeFleetLease, describeLease, type LeaseMember } from '#test/contract/lease-kit.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { openLink } from '#test/support/open-link.ts'
import { startRedis, type TestRedis } from '#test/support/redis-server.ts'

const prefix = 'weir-test'
let redis: TestRedis
let client: Redis
let names = 0
/** Most commands of one contender that were under way at once. */
let most = 0
const links: FleetLink[] = []
beforeAll(async () => {
  redis = await startRedis()
  client = new Redis(redis.url)
  client.on('error', () => undefined)
})
afterEach(async () => {
  await Promise.all(links.splice(0).map((link) => link.close()))
})
afterAll(async () => {
  client?.disconnect()
  await redis?.close()
})

interface Member extends LeaseMember {
  readonly lease: Lease
  readonly clock: FakeClock
  readonly link: FleetLink
  /** Where the record is. */
  readonly key: string
}

/** A way to Redis that takes the contender's time, and tells how many commands are under way. */
function slowDown(link: FleetLink, clock: FakeClock, thereMs: number, backMs: number): RedisLeaseOptions['link'] {
  let underWay = 0
  return {
    state: () => link.state(),
    evaluate: async (...words) => {
      underWay += 1
      most = Math.max(most, underWay)
      await clock.advance(thereMs)
      const answer = await link.evaluate(...words)
      await clock.advance(backMs)
      underWay -= 1
      return answer
    },
  }
}

async function openMember(key: string, thereMs: number, backMs: number, terms?: LeaseTerms): Promise<Member> {
  const link = await openLink(redis.url, prefix)
  links.push(link)
  const clock = new FakeClock()
  const way = thereMs + backMs > 0 ? slowDown(link, clock, thereMs, backMs) : link
  const name = { scope: 'main', key }
  const lease = createRedisLease({ link: way, clock, prefix, name, holder: 'replica', ...(terms && { terms }) })
  return { lease, clock, link, key: `${prefix}:{main}:lease:${key}`, ...(terms && { terms }) }
}

function openMembers(count: number, thereMs = 0, backMs = 0, terms?: LeaseTerms): Promise<Member[]> {
  names += 1
  const key = `lease ${names}`
  return Promise.all(Array.from({ length: count }, () => openMember(key, thereMs, backMs, terms)))
}

async function openOne(thereMs = 0, backMs = 0): Promise<Member> {
  const [member] = await openMembers(1, thereMs, backMs)
  if (!member) throw new Error('one was asked for')
  return member
}

/** One who holds a lease, and one who wants it. */
async function openTwo(): Promise<readonly [Member, Member]> {
  const [holder, other] = await openMembers(2)
  if (!holder || !other) throw new Error('two were asked for')
  await contend([holder], [other])
  return [holder, other]
}

/** A command is under way, and not answered yet. */
async function sent(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
}

async function pass(ms: number, ...members: readonly Member[]): Promise<void> {
  for (const { clock } of members) await clock.advance(ms)
}

describeLease('redis', () => openOne())
describeFleetLease('redis', (count) => openMembers(count))
describeFleetLease('redis, by the terms of a sampler', (count) => openMembers(count, 0, 0, SAMPLER_LEASE))

describe('a lease over redis', () => {
  it('is one record of its account, for ever, that says who has it', async () => {
    const member = await openOne()
    await contend([member])
    const record = await client.hgetall(member.key)
    expect(record).toEqual({
      fence: String(member.lease.fence),
      holder: expect.stringMatching(/^replica\/[\w-]{36}$/),
      beat: expect.stringMatching(/^\d+$/),
    })
    expect(await client.ttl(member.key)).toBe(-1)
  })

  it('is held from the moment in which the beat was sent', async () => {
    const member = await openOne(0, 1500)
    await contend([member])
    expect(member.lease.heldUntilMs - member.clock.monotonicMs()).toBe(LEASE_MS * 0.99 - 1500)
  })

  it('is watched from the moment in which the answer has come', async () => {
    const { lease, clock, key } = await openOne(700, 800)
    await client.hset(key, { fence: 5, holder: 'silent', beat: 1 })
    expect(await lease.hold()).toBe(false)
    const heardAtMs = clock.monotonicMs()
    for (const askedMs of [3000, 6000, LEASE_MS - 1]) {
      await clock.advance(heardAtMs + askedMs - clock.monotonicMs())
      expect(await lease.hold()).toBe(false)
    }
    expect(await lease.hold()).toBe(true)
  })

  it('is taken where there is no record when a living holder would have written it again', async () => {
    const { lease, clock } = await openOne()
    expect(await lease.hold()).toBe(false)
    await clock.advance(3499)
    expect(await lease.hold()).toBe(false)
    await clock.advance(1)
    expect(await lease.hold()).toBe(true)
  })

  it('is not taken where the record was lost again: somebody may have had it in between', async () => {
    const { lease, clock, key } = await openOne()
    expect(await lease.hold()).toBe(false)
    await clock.advance(2000)
    await client.del(key)
    for (const waitMs of [2000, 1499]) {
      expect(await lease.hold()).toBe(false)
      await clock.advance(waitMs)
    }
    expect(await lease.hold()).toBe(false)
    await clock.advance(1)
    expect(await lease.hold()).toBe(true)
  })

  it('is asked for once at a time', async () => {
    most = 0
    const { lease, clock } = await openOne(100, 100)
    await Promise.all([lease.hold(), lease.hold(), lease.hold()])
    expect(clock.monotonicMs()).toBe(600)
    expect(most).toBe(1)
  })

  it('is lost to a higher fence, and to others with the same one', async () => {
    for (const change of [{ fence: 2 ** 52 }, { holder: 'another' }]) {
      const [holder] = await openTwo()
      const { fence } = holder.lease
      await client.hset(holder.key, change)
      expect(await holder.lease.hold()).toBe(false)
      expect(believes(holder)).toBe(false)
      expect(holder.lease.fence).toBe(fence)
      expect(await holder.lease.hold()).toBe(false)
    }
  })

  it('is written again by its holder where the record was lost or is an older one', async () => {
    const [holder, other] = await openTwo()
    const before = await client.hgetall(holder.key)
    for (const lose of [
      () => client.del(holder.key),
      () => client.hset(holder.key, { fence: 5, holder: 'old' }),
      () => client.hset(holder.key, { fence: 5, holder: '' }),
    ]) {
      await lose()
      await pass(LEASE_BEAT_MS, holder, other)
      expect(await holder.lease.hold()).toBe(true)
      expect(await other.lease.hold()).toBe(false)
      expect(await client.hgetall(holder.key)).toEqual({ ...before, beat: expect.any(String) })
    }
  })

  it('is not written again by one whose time is over', async () => {
    const [holder] = await openTwo()
    await client.del(holder.key)
    await pass(LEASE_MS, holder)
    expect(await holder.lease.hold()).toBe(false)
    expect(await client.hgetall(holder.key)).toMatchObject({ fence: '0', holder: 'nobody' })
  })

  it('has a higher fence also after the last one was lost', async () => {
    const [holder, other] = await openTwo()
    await client.del(holder.key)
    while (Math.floor(await other.link.readTimeMs()) <= holder.lease.fence);
    await contend([other])
    expect(other.lease.fence).toBeGreaterThan(holder.lease.fence)
  })

  it('has a higher fence than any that its new holder has had, also where the clock of redis was set back', async () => {
    const [holder] = await openTwo()
    await client.hset(holder.key, { fence: 2 ** 52, holder: '' })
    await contend([holder])
    expect(holder.lease.fence).toBeGreaterThan(Date.now())
    const { fence } = holder.lease
    await client.del(holder.key)
    await pass(LEASE_MS, holder)
    await contend([holder])
    expect(holder.lease.fence).toBe(fence + 1)
  })

  it('is not taken by a contender that has slept instead of watching', async () => {
    const [holder, other] = await openTwo()
    expect(await other.lease.hold()).toBe(false)
    await client.hset(holder.key, { beat: 'last' })
    expect(await other.lease.hold()).toBe(false)
    await pass(10 * LEASE_MS, other)
    expect(await other.lease.hold()).toBe(false)
    await pass(LEASE_BEAT_MS, other)
    expect(await other.lease.hold()).toBe(false)
  })

  it('is watched anew over every connection, held or given up: the server may have lost a holder', async () => {
    for (const holder of ['silent', '']) {
      const { link, clock, key } = await openOne()
      await client.hset(key, { fence: 5, holder, beat: 1 })
      let connection = 1
      const way = { state: () => ({ ...link.state(), connection }), evaluate: link.evaluate.bind(link) }
      const name = { scope: 'main', key: key.slice(key.lastIndexOf(':') + 1) }
      const lease = createRedisLease({ link: way, clock, prefix, name, holder: 'replica' })
      const waitMs = holder === '' ? 3500 : LEASE_MS
      const watch = async (forMs: number) => {
        for (let waitedMs = 0; waitedMs < forMs; waitedMs += 500) {
          expect(await lease.hold()).toBe(false)
          await clock.advance(500)
        }
      }
      await watch(waitMs - 500)
      connection = 2
      await watch(waitMs)
      expect(await lease.hold()).toBe(true)
    }
  })

  it('comes to nothing for a hold that is under way, or waits, when it is given up', async () => {
    const [holder, other] = await openTwo()
    const holds = [holder.lease.hold(), holder.lease.hold()]
    await sent()
    const release = holder.lease.release()
    expect(await Promise.all(holds)).toEqual([false, false])
    await release
    expect(believes(holder)).toBe(false)
    expect(await client.hget(holder.key, 'holder')).toBe('')
    await contend([other], [holder])
  })

  it('is given up also where it was about to be taken', async () => {
    const [holder, other] = await openTwo()
    for (let waitedMs = 0; waitedMs < LEASE_MS; waitedMs += LEASE_BEAT_MS) {
      expect(await other.lease.hold()).toBe(false)
      await pass(LEASE_BEAT_MS, other)
    }
    const taking = other.lease.hold()
    await sent()
    const release = other.lease.release()
    expect(await taking).toBe(false)
    await release
    expect(believes(other)).toBe(false)
    expect(Number(await client.hget(holder.key, 'fence'))).toBeGreaterThan(holder.lease.fence)
    expect(await client.hget(holder.key, 'holder')).toBe('')
  })

  it('is kept to the end of its time while redis refuses the commands, and no longer', async () => {
    const [holder, other] = await openTwo()
    await client.set(holder.key, 'something else')
    expect(await holder.lease.hold()).toBe(true)
    expect(await other.lease.hold()).toBe(false)
    await holder.clock.advance(LEASE_MS)
    expect(await holder.lease.hold()).toBe(false)
    await holder.lease.release()
  })

  it('is kept to the end of its time without the link, and no longer', async () => {
    const [holder] = await openTwo()
    const { heldUntilMs } = holder.lease
    await holder.link.close()
    for (let waitedMs = 0; waitedMs < LEASE_MS; waitedMs += LEASE_BEAT_MS) {
      expect(await holder.lease.hold()).toBe(true)
      await pass(LEASE_BEAT_MS, holder)
    }
    expect(holder.lease.heldUntilMs).toBe(heldUntilMs)
    expect(await holder.lease.hold()).toBe(false)
    await holder.lease.release()
  })
})
