import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { FleetLink } from '#fleet/fleet-link.ts'
import { createRedisSingleFlight } from '#fleet/redis-single-flight.ts'
import { createProcessSingleFlight, type SharedWork, type SingleFlight } from '#fleet/single-flight.ts'
import { systemClock } from '#model/clock.ts'
import { describeFleetSingleFlight, describeSingleFlight } from '#test/contract/single-flight-kit.ts'
import { openLink } from '#test/support/open-link.ts'
import { openTestRedis, type SharedRedis, startRedis, type TestRedis } from '#test/support/redis-server.ts'

const staying = new AbortController().signal
const links: FleetLink[] = []
let shared: SharedRedis

async function openReplica(url: string, prefix: string): Promise<{ single: SingleFlight; link: FleetLink }> {
  const link = await openLink(url, prefix)
  links.push(link)
  const processFlights = createProcessSingleFlight()
  return { link, single: createRedisSingleFlight({ link, clock: systemClock, prefix, processFlights }) }
}

const pause = (ms: number) => systemClock.delay(ms)

async function waitUntil(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pause(5)
}

beforeAll(async () => {
  shared = await openTestRedis()
})
afterEach(async () => {
  await Promise.all(links.splice(0).map((link) => link.close()))
})
afterAll(() => shared.close())

describeSingleFlight('redis', async () => (await openReplica(shared.url, shared.prefix)).single)
describeFleetSingleFlight('redis', async (count) => {
  const replicas = await Promise.all(Array.from({ length: count }, () => openReplica(shared.url, shared.prefix)))
  return replicas.map(({ single }) => single)
})

describe('single flight over redis that breaks', () => {
  let redis: TestRedis
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.close())

  /** Work that ends when it is told to. */
  function createWork(answer: string) {
    const end = Promise.withResolvers<void>()
    const work = {
      starts: 0,
      end: end.resolve,
      run: async () => {
        work.starts += 1
        await end.promise
        return answer
      },
      recall: async (): Promise<string | undefined> => undefined,
    }
    return work satisfies SharedWork<string>
  }

  it('replaces a leader that died within 3.5 s, by one of those who waited', async () => {
    const [dead, second, third] = await Promise.all([1, 2, 3].map(() => openReplica(redis.url, 'dying')))
    if (!dead || !second || !third) throw new Error('three replicas were asked for')
    const flight = { scope: 'main', key: 'dying' }
    const [first, next, last] = [createWork('first'), createWork('next'), createWork('last')]
    const begun = dead.single.run(flight, first, staying)
    await waitUntil(() => first.starts === 1)
    const answers = [second.single.run(flight, next, staying), third.single.run(flight, last, staying)]
    await dead.link.close()
    const diedAtMs = performance.now()
    await waitUntil(() => next.starts + last.starts === 1)
    expect(performance.now() - diedAtMs).toBeLessThan(3500)

    first.end()
    expect(await begun).toEqual({ value: 'first', shared: false })
    await pause(60)
    expect(next.starts + last.starts).toBe(1)
    next.end()
    last.end()
    expect((await Promise.all(answers)).map(({ value }) => value)).toEqual(['next', 'last'])
  })

  it('keeps the lock of work that takes longer than the lock lives', async () => {
    const [one, other] = await Promise.all([1, 2].map(() => openReplica(redis.url, 'long')))
    if (!one || !other) throw new Error('two replicas were asked for')
    const flight = { scope: 'main', key: 'long' }
    const [work, unneeded] = [createWork('long'), createWork('own')]
    const led = one.single.run(flight, work, staying)
    await waitUntil(() => work.starts === 1)
    let kept: string | undefined
    const waited = other.single.run(flight, { ...unneeded, recall: async () => kept }, staying)
    await pause(3300)
    expect(unneeded.starts).toBe(0)
    kept = 'long'
    work.end()
    await led
    expect(await waited).toEqual({ value: 'long', shared: true })
  })

  it('answers who asked before the result is where others find it, and has those wait until it is', async () => {
    const [one, other] = await Promise.all([1, 2].map(() => openReplica(redis.url, 'leaving')))
    if (!one || !other) throw new Error('two replicas were asked for')
    const flight = { scope: 'main', key: 'leaving' }
    const [work, unneeded] = [createWork('early'), createWork('own')]
    const leaving = Promise.withResolvers<void>()
    const led = one.single.run(flight, { ...work, left: () => leaving.promise }, staying)
    await waitUntil(() => work.starts === 1)
    let kept: string | undefined
    const waited = other.single.run(flight, { ...unneeded, recall: async () => kept }, staying)
    work.end()
    expect(await led).toEqual({ value: 'early', shared: false })
    await pause(60)
    expect(unneeded.starts).toBe(0)
    kept = 'early'
    leaving.resolve()
    expect(await waited).toEqual({ value: 'early', shared: true })
  })

  it('tells work what was left before its lock was taken', async () => {
    const [one, other] = await Promise.all([1, 2].map(() => openReplica(redis.url, 'recalling')))
    if (!one || !other) throw new Error('two replicas were asked for')
    for (let round = 0; round < 30; round += 1) {
      const place = `recalling:${round}`
      let writes = 0
      const work = (link: FleetLink): SharedWork<string> => ({
        recall: async () => (await link.getMany([place]))[0]?.toString(),
        run: async (recalled) => {
          const known = await recalled
          if (known !== undefined) return known
          writes += 1
          await link.set(place, Buffer.from('told'), 10_000)
          return 'told'
        },
      })
      const first = one.single.run({ scope: 'main', key: place }, work(one.link), staying)
      // The sooner or later the other one comes, the nearer it is to the end of the first.
      await pause(round % 3)
      const second = other.single.run({ scope: 'main', key: place }, work(other.link), staying)
      expect((await Promise.all([first, second])).map(({ value }) => value)).toEqual(['told', 'told'])
      expect(writes).toBe(1)
    }
  })

  it('takes nothing away from who leads now when it comes back after its lock has ended', async () => {
    const [slow, quick] = await Promise.all([1, 2].map(() => openReplica(redis.url, 'frozen')))
    if (!slow || !quick) throw new Error('two replicas were asked for')
    const flight = { scope: 'main', key: 'frozen' }
    const [first, next, late] = [createWork('first'), createWork('next'), createWork('late')]
    const begun = slow.single.run(flight, first, staying)
    await waitUntil(() => first.starts === 1)
    // The end of its lock, which it has slept through.
    await redis.flush()
    const led = quick.single.run(flight, next, staying)
    await waitUntil(() => next.starts === 1)
    first.end()
    await begun
    let kept: string | undefined
    const waited = slow.single.run(flight, { ...late, recall: async () => kept }, staying)
    await pause(60)
    expect(late.starts).toBe(0)
    kept = 'next'
    next.end()
    await led
    expect(await waited).toEqual({ value: 'next', shared: true })
  })

  it('lets everybody work alone when redis freezes while they wait, and is none the worse afterwards', async () => {
    const replicas = await Promise.all([1, 2, 3].map(() => openReplica(redis.url, 'freezing')))
    const flight = { scope: 'main', key: 'freezing' }
    const works = replicas.map((_, index) => createWork(`own ${index}`))
    const runs = replicas.map(({ single }, index) => single.run(flight, works[index] ?? createWork(''), staying))
    await waitUntil(() => works.some(({ starts }) => starts === 1))
    await pause(30)
    const frozenAtMs = performance.now()
    await redis.freeze()
    await waitUntil(() => works.every(({ starts }) => starts === 1))
    // One command, as long as the link's own patience.
    expect(performance.now() - frozenAtMs).toBeLessThan(400)
    for (const { end } of works) end()
    expect((await Promise.all(runs)).map(({ value }) => value)).toEqual(['own 0', 'own 1', 'own 2'])
    await redis.resume()
    const again = createWork('again')
    again.end()
    const run = replicas[0]?.single.run({ scope: 'main', key: 'after' }, again, staying)
    expect(await run).toEqual({ value: 'again', shared: false })
  })

  it('works alone at once while redis is gone', async () => {
    const { single } = await openReplica(redis.url, 'gone')
    await redis.kill()
    const work = createWork('alone')
    work.end()
    expect(await single.run({ scope: 'main', key: 'gone' }, work, staying)).toEqual({ value: 'alone', shared: false })
    await redis.start()
  })
})
