import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { FleetLink } from '#fleet/fleet-link.ts'
import {
  beginGeneration,
  createGenerationWatch,
  FORGOTTEN_WITHIN_MS,
  type GenerationWatch,
} from '#fleet/generations.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { openLink as openRawLink } from '#test/support/link-rig.ts'
import { openLink } from '#test/support/open-link.ts'
import { openTestRedis, type SharedRedis, startRedis } from '#test/support/redis-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'

let redis: SharedRedis
let link: FleetLink
let client: Redis
let fleets = 0
const watches: GenerationWatch[] = []
beforeAll(async () => {
  redis = await openTestRedis()
  link = await openLink(redis.url, redis.prefix)
  client = new Redis(redis.url)
})
afterEach(() => {
  for (const watch of watches.splice(0)) watch.close()
})
afterAll(async () => {
  client?.disconnect()
  await link?.close()
  await redis?.close()
})

const makePrefix = () => {
  fleets += 1
  return `${redis.prefix}-${fleets}`
}

/** A watch over two accounts and what it has told. */
function openWatch(prefix = makePrefix(), over = link) {
  const clock = new FakeClock()
  const changes: { scope: string; before: string | undefined; found: string | undefined }[] = []
  const watch: GenerationWatch = createGenerationWatch({
    link: over,
    clock,
    prefix,
    scopes: ['a', 'b'],
    onChange: (scope, before) => changes.push({ scope, before, found: watch.find(scope) }),
  })
  watches.push(watch)
  const known = () => [watch.find('a'), watch.find('b')]
  const untilKnown = () => waitUntil('both are known', async () => !known().includes(undefined))
  return { prefix, clock, watch, changes, known, untilKnown }
}

describe('the generations of a fleet', () => {
  it('are not known before the first reading, and then the first ones', async () => {
    const { changes, known, untilKnown } = openWatch()
    expect(known()).toEqual([undefined, undefined])
    await untilKnown()
    expect(known()).toEqual(['0', '0'])
    expect(changes).toEqual(['a', 'b'].map((scope) => ({ scope, before: undefined, found: '0' })))
  })

  it('are known to every replica soon after another one was begun, of that account alone', async () => {
    const one = openWatch()
    const other = openWatch(one.prefix)
    await Promise.all([one.untilKnown(), other.untilKnown()])
    await beginGeneration(link, one.prefix, 'b')
    for (const { clock, changes, known } of [one, other]) {
      await clock.advance(FORGOTTEN_WITHIN_MS - 500)
      await waitUntil('it is told', async () => changes.length === 3)
      expect(known()).toEqual(['0', expect.stringMatching(/^[\w-]{8}$/)])
      expect(changes[2]).toEqual({ scope: 'b', before: '0', found: known()[1] })
    }
    expect(one.known()).toEqual(other.known())
  })

  it('are never the same again, and have no end', async () => {
    const prefix = makePrefix()
    const seen = new Set<string | null>()
    for (let round = 0; round < 20; round += 1) {
      await beginGeneration(link, prefix, 'a')
      seen.add(await client.get(`${prefix}:{a}:cache:generation`))
    }
    expect(seen.size).toBe(20)
    expect(await client.ttl(`${prefix}:{a}:cache:generation`)).toBe(-1)
  })

  it('are fit for a key whatever stands in Redis', async () => {
    const prefix = makePrefix()
    await client.set(`${prefix}:{a}:cache:generation`, 'a b\n}'.repeat(100))
    await client.rpush(`${prefix}:{b}:cache:generation`, 'x')
    const { known, untilKnown } = openWatch(prefix)
    await untilKnown()
    expect(known()).toEqual([expect.stringMatching(/^[\w-]{8}$/), '0'])
  })

  it('are read at once when the link is back, and change when Redis was emptied', async () => {
    const own = await startRedis()
    const over = openRawLink(own.url)
    try {
      await over.waitFor('up', 5000)
      await beginGeneration(over.link, 'weir', 'a')
      const { changes, known, untilKnown } = openWatch('weir', over.link)
      await untilKnown()
      const [begun] = known()
      expect(begun).not.toBe('0')
      await own.kill()
      await over.waitFor('refused', 5000)
      expect(known()).toEqual([begun, '0'])
      await own.start()
      await waitUntil('it is told', async () => changes.length === 3)
      expect(changes[2]).toEqual({ scope: 'a', before: begun, found: '0' })
    } finally {
      await over.link.close()
      await own.close()
    }
  })

  it('are read by nobody once the watch is closed', async () => {
    const { clock, watch, untilKnown } = openWatch()
    await untilKnown()
    expect(clock.waiting).toBe(1)
    watch.close()
    await clock.advance(2 * FORGOTTEN_WITHIN_MS)
    expect(clock.waiting).toBe(0)
  })
})
