// What replicas keep, and how an operator has them forget it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '#model/clock.ts'
import { clearCache } from '#src/commands/clear-cache.ts'
import { createReplicas, type Replicas } from '#src/replicas.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { startRedis, type TestRedis } from '#test/support/redis-server.ts'
import { account, loadText } from '#test/support/settings-source.ts'
import { waitUntil } from '#test/support/wait-until.ts'

const FOREVER = 8_640_000_000_000_000
const key = { scope: 'main', key: 'window' }
const other = { scope: 'other', key: 'window of another account' }
const own = { scope: 'main', key: 'list that lacks a page' }

let redis: TestRedis
let dataDirectory: string
const open: Replicas[] = []

beforeEach(async () => {
  redis = await startRedis({ persistent: true })
  dataDirectory = await mkdtemp(join(tmpdir(), 'weir-replicas-'))
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((replica) => replica.close()))
  await redis.close()
  await rm(dataDirectory, { recursive: true, force: true })
})

const loadSettings = () =>
  loadText(`redis: { url: "${redis.url}" }\naccounts: [ ${account}, ${account.replace('main', 'other')} ]`)

/** Replicas that share what they keep, on clocks that stand still. */
async function openReplicas(count: number) {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const replicas = Array.from({ length: count }, () => {
    const clock = new FakeClock(Date.now())
    const fleetTime = { toFleet: (instant: number) => instant }
    const replica = createReplicas({ config: loadSettings(), clock, log, dataDirectory, fleetTime })
    open.push(replica)
    const write = (name: typeof key, { isPrivate = false, begunAtMs = clock.monotonicMs() } = {}) => {
      const entry = { value: 'x', fetchedAt: clock.now(), freshUntil: FOREVER }
      return replica.cache.set(name, entry, { sizeBytes: 1, keepUntil: clock.now() + 3_600_000, isPrivate, begunAtMs })
    }
    const has = async (name: typeof key) => (await replica.cache.get(name)) !== undefined
    return { clock, write, has, isWell: replica.isWell, replica }
  })
  const [first, ...rest] = replicas
  if (!first) throw new Error('no replica')
  for (const [index, replica] of rest.entries())
    await waitUntil('they share', async () => {
      for (const scope of ['main', 'other']) {
        const probe = { scope, key: `probe ${scope} ${index}` }
        await first.write(probe, { begunAtMs: Number.MAX_VALUE })
        if (!(await replica.has(probe))) return false
      }
      return true
    })
  // What is begun now comes after the first reading.
  for (const { clock } of replicas) await clock.advance(1)
  return { first, replicas }
}

describe('replicas over one Redis', () => {
  it('forget what is kept of an account that is cleared, each in its memory too, within 5 s', async () => {
    const { first, replicas } = await openReplicas(3)
    await first.write(key)
    await first.write(other)
    for (const { has, write } of replicas) {
      await write(own, { isPrivate: true })
      expect([await has(key), await has(other), await has(own)]).toEqual([true, true, true])
    }
    const begunAtMs = first.clock.monotonicMs()
    const outcome = await clearCache({ config: loadSettings(), accounts: ['main'], clock: systemClock })
    expect(outcome).toEqual({
      exitCode: 0,
      text: 'cleared what is kept of main: replicas forget it within 5 s',
    })
    for (const { clock, has } of replicas) {
      await clock.advance(5000)
      await waitUntil('it is forgotten', async () => !(await has(key)))
      expect([await has(key), await has(own), await has(other)]).toEqual([false, false, true])
    }
    for (const { clock } of replicas) await clock.advance(1)
    // An answer that was on its way all the time.
    await first.write(key, { begunAtMs })
    for (const { has } of replicas) expect(await has(key)).toBe(false)
    await first.write(key)
    for (const { has } of replicas) expect(await has(key)).toBe(true)
  })

  it('forget it as soon as they are back where the link was down when it was cleared', async () => {
    const { first, replicas } = await openReplicas(2)
    await first.write(key)
    for (const { has } of replicas) expect(await has(key)).toBe(true)
    await redis.kill()
    await waitUntil('they are alone', async () => replicas.every(({ isWell }) => !isWell()))
    await redis.start()
    // Their clocks stand still: nobody has connected again.
    await clearCache({ config: loadSettings(), accounts: [], clock: systemClock })
    for (const { clock, has } of replicas) {
      expect(await has(key)).toBe(true)
      await clock.advance(500)
      await waitUntil('it is forgotten', async () => !(await has(key)))
    }
  })

  it('know what is wanted at any of them, until one of them ends', async () => {
    const { replicas } = await openReplicas(2)
    const [one, other] = replicas.map(({ replica }) => replica)
    let heard = 0
    other?.demand.onChange('main', () => {
      heard += 1
    })
    // Called once as soon as it can hear.
    await waitUntil('it listens', async () => heard > 0)
    one?.demand.want('main', 'liveStat live/a')
    await waitUntil('it is told', async () => heard > 1)
    expect(await other?.demand.list('main')).toEqual(['liveStat live/a'])
    await one?.close()
    await waitUntil('it is told', async () => heard > 2)
    expect(await other?.demand.list('main')).toEqual([])
  })
})

describe('a replica without others', () => {
  it('has a bell and a board of its own', async () => {
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
    const config = loadText(`accounts: [ ${account} ]`)
    const { bell, demand, shared, close } = createReplicas({ config, clock: new FakeClock(), log, dataDirectory })
    const rung = new Promise<void>((resolve) => bell.listen('a', resolve))
    bell.ring('a')
    await rung
    demand.want('main', 'a')
    expect(await demand.list('main')).toEqual(['a'])
    expect(shared).toBeUndefined()
    await close()
    expect(await demand.list('main')).toEqual([])
  })
})
