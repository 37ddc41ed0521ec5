import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createProcessBell } from '#fleet/bell.ts'
import type { DemandBoard } from '#fleet/demand-board.ts'
import { type FleetLink, LinkDownError } from '#fleet/fleet-link.ts'
import { createRedisDemandBoard } from '#fleet/redis-demand-board.ts'
import { describeDemandBoard, follow, untilListed } from '#test/contract/demand-board-kit.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import type { LinkLine } from '#test/support/link-rig.ts'
import { openLink, patient } from '#test/support/open-link.ts'
import { openTestRedis, type SharedRedis } from '#test/support/redis-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'

let redis: SharedRedis
let link: FleetLink
let client: Redis
let fleets = 0
const boards: DemandBoard[] = []
beforeAll(async () => {
  redis = await openTestRedis()
  link = await openLink(redis.url, redis.prefix, patient)
  client = new Redis(redis.url)
})
afterEach(async () => {
  await Promise.all(boards.splice(0).map((board) => board.close()))
})
afterAll(async () => {
  client?.disconnect()
  await link?.close()
  await redis?.close()
})

/** Replicas that hear each other, and what each of them has asked Redis. */
function openReplicas(count: number) {
  fleets += 1
  const prefix = `${redis.prefix}-${fleets}`
  const bell = createProcessBell()
  const replicas = Array.from({ length: count }, () => {
    const clock = new FakeClock()
    const asked: { readonly name: string; readonly values: readonly (string | number)[] }[] = []
    const lines: LinkLine[] = []
    const state = { isAway: false, underWay: 0 }
    const evaluate: FleetLink['evaluate'] = async (script, keys, values) => {
      if (state.isAway) throw new LinkDownError('away')
      asked.push({ name: script.name, values })
      state.underWay += 1
      return link.evaluate(script, keys, values).finally(() => {
        state.underWay -= 1
      })
    }
    const log = {
      warn: (fields: object, message: string) => lines.push({ level: 'warn', fields, message }),
      info: (fields: object, message: string) => lines.push({ level: 'info', fields, message }),
    }
    const board = createRedisDemandBoard({ link: { evaluate }, bell, clock, prefix, log })
    boards.push(board)
    /** Lets time pass, and what was sent then be answered. */
    const pass = async (ms: number) => {
      await clock.advance(ms)
      await waitUntil('it rests', async () => {
        await clock.advance(0)
        return state.underWay === 0
      })
    }
    const listWrites = () => asked.flatMap(({ name, values }) => (name === 'demand_write' ? [values] : []))
    return { board, clock, lines, state, pass, listWrites }
  })
  const [here, there = here] = replicas
  if (!here || !there) throw new Error('at least one was asked for')
  return { here, there, key: `${prefix}:{main}:demand` }
}

describeDemandBoard('Redis', async () => {
  const { here, there } = openReplicas(2)
  return { here: here.board, there: there.board }
})

describe('a demand board over Redis', () => {
  it('writes what counts for 15 s by the clock of Redis', async () => {
    const { here, key } = openReplicas(1)
    const before = await link.readTimeMs()
    here.board.want('main', 'a')
    await here.pass(0)
    const after = await link.readTimeMs()
    const [entry, ends] = (await client.zrange(key, '0', '-1', 'WITHSCORES')).map(String)
    expect(entry).toMatch(/^[\w-]{36}\na$/)
    expect(Number(ends)).toBeGreaterThanOrEqual(Math.floor(before) + 15_000)
    expect(Number(ends)).toBeLessThanOrEqual(Math.floor(after) + 15_000)
    expect(await client.pttl(key)).toBeGreaterThan(14_000)
  })

  it('says it again every 5 s, and nothing once nobody wants anything', async () => {
    const { here } = openReplicas(1)
    const stop = here.board.want('main', 'a')
    await here.pass(0)
    expect(here.listWrites()).toHaveLength(1)
    for (let time = 2; time <= 4; time += 1) {
      await here.pass(4900)
      expect(here.listWrites()).toHaveLength(time - 1)
      await here.pass(100)
      expect(here.listWrites()).toHaveLength(time)
    }
    stop()
    await here.pass(0)
    const writes = here.listWrites().length
    await here.pass(60_000)
    expect(here.listWrites()).toHaveLength(writes)
    expect(here.clock.waiting).toBe(0)
  })

  it('rings for changes alone', async () => {
    const { here, there } = openReplicas(2)
    const changes = follow(there.board, 'main')
    here.board.want('main', 'a')
    await waitUntil('it is told', async () => changes.count === 1)
    for (let time = 0; time < 4; time += 1) await here.pass(5000)
    expect(changes.count).toBe(1)
  })

  it('drops what a dead replica wanted when its time is over', async () => {
    const { here, key } = openReplicas(1)
    const now = Math.floor(await link.readTimeMs())
    await client.zadd(key, now - 1, 'dead\na')
    await client.zadd(key, now + 60_000, 'living\nb')
    await client.zadd(key, now + 60_000, 'no topic')
    expect(await here.board.list('main')).toEqual(expect.arrayContaining(['b']))
    expect(await here.board.list('main')).not.toContain('a')
    expect(await client.zscore(key, 'dead\na')).toBeNull()
  })

  it('writes the changes of one turn in one command, and many in pieces', async () => {
    const { here, there } = openReplicas(2)
    const stops = Array.from({ length: 1200 }, (_, index) => here.board.want('main', `topic ${index}`))
    stops[0]?.()
    await here.pass(0)
    expect(here.listWrites().map((values) => values.length - 2)).toEqual([500, 500, 200])
    expect(await there.board.list('main')).toHaveLength(1199)
    for (const stop of stops) stop()
    await here.pass(0)
    expect(await there.board.list('main')).toEqual([])
  })

  it('wants here what the others cannot be told, and tells them within a second of when they can', async () => {
    const { here, there } = openReplicas(2)
    there.board.want('main', 'b')
    await untilListed(here.board, 'main', ['b'])
    here.state.isAway = true
    const [own, other] = [follow(here.board, 'main'), follow(there.board, 'main')]
    here.board.want('main', 'a')
    await waitUntil('it is told here', async () => own.count === 1)
    expect(await here.board.list('main')).toEqual(['a'])
    expect(await there.board.list('main')).toEqual(['b'])
    for (let second = 0; second < 20; second += 1) await here.pass(1000)
    const before = other.count
    here.state.isAway = false
    await here.pass(1000)
    await waitUntil('it is told there', async () => other.count > before)
    expect(await there.board.list('main')).toEqual(expect.arrayContaining(['a', 'b']))
    expect(here.lines).toEqual([])
  })

  it('lists nothing of its own that it does not want any more, whatever Redis says', async () => {
    const { here, there } = openReplicas(2)
    const stop = here.board.want('main', 'a')
    await untilListed(there.board, 'main', ['a'])
    here.state.isAway = true
    stop()
    await here.pass(0)
    here.state.isAway = false
    expect(await here.board.list('main')).toEqual([])
    expect(await there.board.list('main')).toEqual(['a'])
  })

  it('says once that Redis refuses it, and once that it takes it again', async () => {
    const { here, key } = openReplicas(1)
    await client.set(key, 'something else')
    here.board.want('main', 'a')
    await here.pass(0)
    await here.pass(3000)
    expect(here.lines.map(({ level, fields }) => ({ level, fields }))).toEqual([
      { level: 'warn', fields: { use: 'demand', scope: 'main', code: 'WRONGTYPE' } },
    ])
    expect(await here.board.list('main')).toEqual(['a'])
    await client.del(key)
    await here.pass(1000)
    expect(here.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
  })

  it('leaves nothing behind when it is closed', async () => {
    const { here, key } = openReplicas(1)
    here.board.want('main', 'a')
    here.board.want('main', 'b')
    await here.pass(0)
    expect(await client.zcard(key)).toBe(2)
    here.board.want('main', 'c')
    await here.board.close()
    expect(await client.exists(key)).toBe(0)
    expect(here.clock.waiting).toBe(0)
  })
})
