import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { FleetLink } from '#fleet/fleet-link.ts'
import { createProcessTurn, createRedisTurn } from '#fleet/turn.ts'
import { openLink } from '#test/support/open-link.ts'
import { openTestRedis, type SharedRedis, startRedis } from '#test/support/redis-server.ts'

const trial = { scope: 'main', key: 'trial:statistics' }
/** Far longer than a test takes. */
const LONG_MS = 60_000

describe('a turn of one process', () => {
  it('is always its own', async () => {
    const turn = createProcessTurn()
    expect([await turn.mayTry(trial, LONG_MS), await turn.mayTry(trial, LONG_MS)]).toEqual([true, true])
  })
})

describe('turns of all replicas', () => {
  let shared: SharedRedis
  const links: FleetLink[] = []
  beforeAll(async () => {
    shared = await openTestRedis()
  })
  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.close()))
  })
  afterAll(() => shared.close())

  async function openReplica(url: string, prefix: string) {
    const link = await openLink(url, prefix)
    links.push(link)
    return createRedisTurn({ link, prefix })
  }

  it('go to one of all who ask', async () => {
    const prefix = `${shared.prefix}:one`
    const turns = await Promise.all([1, 2, 3].map(() => openReplica(shared.url, prefix)))
    const answers = await Promise.all(turns.flatMap((turn) => [1, 2, 3].map(() => turn.mayTry(trial, LONG_MS))))
    expect(answers.filter(Boolean)).toHaveLength(1)
  })

  it('are one for each account and thing', async () => {
    const turn = await openReplica(shared.url, `${shared.prefix}:each`)
    for (const name of [trial, { ...trial, scope: 'other' }, { ...trial, key: 'trial:control' }]) {
      expect(await turn.mayTry(name, LONG_MS)).toBe(true)
      expect(await turn.mayTry(name, LONG_MS)).toBe(false)
    }
  })

  it('come again when the time is over', async () => {
    const turn = await openReplica(shared.url, `${shared.prefix}:again`)
    const startedAtMs = performance.now()
    expect(await turn.mayTry(trial, 100)).toBe(true)
    while (!(await turn.mayTry(trial, 100)));
    expect(performance.now() - startedAtMs).toBeGreaterThan(95)
  })

  it("are everybody's while the store cannot be reached", async () => {
    const redis = await startRedis()
    const turn = await openReplica(redis.url, shared.prefix)
    expect(await turn.mayTry(trial, LONG_MS)).toBe(true)
    await redis.freeze()
    expect(await turn.mayTry(trial, LONG_MS)).toBe(true)
    await redis.kill()
    expect(await turn.mayTry(trial, LONG_MS)).toBe(true)
    await redis.close()
  })
})
