import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Bell } from '#fleet/bell.ts'
import type { FleetLink } from '#fleet/fleet-link.ts'
import { createRedisBell } from '#fleet/redis-bell.ts'
import { systemClock } from '#model/clock.ts'
import { describeBell, listen } from '#test/contract/bell-kit.ts'
import type { LinkLine } from '#test/support/link-rig.ts'
import { openLink as openRawLink } from '#test/support/link-rig.ts'
import { openLink, patient } from '#test/support/open-link.ts'
import { startCluster } from '#test/support/redis-cluster.ts'
import { startSentinelTrio } from '#test/support/redis-sentinel.ts'
import { startRedis, type TestRedis } from '#test/support/redis-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'

let redis: TestRedis
let link: FleetLink
let fleets = 0
const bells: Bell[] = []
beforeAll(async () => {
  redis = await startRedis()
  link = await openLink(redis.url, 'weir-test', patient)
})
afterEach(async () => {
  await Promise.all(bells.splice(0).map((bell) => bell.close()))
})
afterAll(async () => {
  await link?.close()
  await redis?.close()
})

const makePrefix = () => {
  fleets += 1
  return `weir-test-${fleets}`
}

function openBell(prefix: string, over: Pick<FleetLink, 'evaluate'> = link, url = redis.url) {
  const lines: LinkLine[] = []
  const bell = createRedisBell({
    link: over,
    url,
    prefix,
    clock: systemClock,
    log: {
      warn: (fields, message) => lines.push({ level: 'warn', fields, message }),
      info: (fields, message) => lines.push({ level: 'info', fields, message }),
    },
  })
  bells.push(bell)
  return { bell, lines }
}

const untilRung = (rings: { readonly count: number }, count: number) =>
  waitUntil(`it was rung ${count} times`, async () => rings.count >= count)

/** Listens, and waits until it is heard: then everybody has been called once. */
async function openHearing(prefix: string, over: Pick<FleetLink, 'evaluate'> = link, url = redis.url) {
  const { bell, lines } = openBell(prefix, over, url)
  const rings = listen(bell, 'hearing')
  await untilRung(rings, 1)
  return { bell, lines, rings }
}

const countListeners = async (prefix: string) => {
  const answer = await redis.command('PUBSUB', 'NUMSUB', `${prefix}:bell`)
  return Array.isArray(answer) ? Number(answer[1]) : -1
}

/** Rings until it is heard: whoever listens may be coming back. */
const untilHeard = (from: Bell, rings: { readonly count: number }) => {
  const before = rings.count
  return waitUntil('it is heard again', async () => {
    from.ring('hearing')
    return rings.count > before + 1
  })
}

describeBell('Redis', async () => {
  const prefix = makePrefix()
  const [here, there] = await Promise.all([openHearing(prefix), openHearing(prefix)])
  return { here: here.bell, there: there.bell }
})

describe('a bell over Redis', () => {
  it('is heard in its own fleet alone', async () => {
    const one = await openHearing(makePrefix())
    const prefix = makePrefix()
    const [other, third] = [await openHearing(prefix), await openHearing(prefix)]
    other.bell.ring('hearing')
    await untilRung(third.rings, 2)
    expect(one.rings.count).toBe(1)
  })

  it('is heard once where it was rung, though it comes back', async () => {
    const prefix = makePrefix()
    const [one, other] = [await openHearing(prefix), await openHearing(prefix)]
    one.bell.ring('hearing')
    await untilRung(other.rings, 2)
    other.bell.ring('hearing')
    await untilRung(one.rings, 3)
    await untilRung(other.rings, 3)
    expect([one.rings.count, other.rings.count]).toEqual([3, 3])
  })

  it('is listened to only while somebody does, and then again', async () => {
    const prefix = makePrefix()
    const { bell } = openBell(prefix)
    bell.ring('a')
    expect(await countListeners(prefix)).toBe(0)
    for (let time = 0; time < 2; time += 1) {
      const [one, other] = [listen(bell, 'a'), listen(bell, 'b')]
      await untilRung(one, 1)
      expect(await countListeners(prefix)).toBe(1)
      one.stop()
      expect(await countListeners(prefix)).toBe(1)
      other.stop()
      await waitUntil('nobody listens', async () => (await countListeners(prefix)) === 0)
    }
  })

  it('sends a name once, however often it is rung while Redis takes its time', async () => {
    const sent: (readonly (string | number)[])[] = []
    const answers: (() => void)[] = []
    const slow: FleetLink['evaluate'] = (_, __, values) => {
      sent.push(values)
      return new Promise((resolve) => answers.push(() => resolve(1)))
    }
    const { bell } = openBell(makePrefix(), { evaluate: slow })
    for (let turn = 0; turn < 50; turn += 1) {
      bell.ring('a')
      if (turn === 0) bell.ring('b')
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(sent.map((values) => values.length - 1)).toEqual([2])
    answers[0]?.()
    await waitUntil('the rest is sent', async () => sent.length === 2)
    expect(sent[1]).toHaveLength(2)
    answers[1]?.()
  })

  it('sends what was rung last before it is closed', async () => {
    const prefix = makePrefix()
    const [one, other] = [openBell(prefix), await openHearing(prefix)]
    one.bell.ring('hearing')
    await one.bell.close()
    await untilRung(other.rings, 2)
  })

  it('comes back within about a second, says so once, and rings for what it may have missed', async () => {
    const { lines, rings } = await openHearing(makePrefix())
    for (let time = 2; time <= 3; time += 1) {
      const since = performance.now()
      await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
      await untilRung(rings, time)
      expect(performance.now() - since).toBeLessThan(1500)
      expect(rings.count).toBe(time)
    }
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'info', 'warn', 'info'])
    expect(lines[0]?.fields).toEqual({ use: 'bell', reason: 'CLOSED' })
  })

  it('says once each that it may not be heard, and not be rung', async () => {
    const user = 'user someone on >word ~* +@all resetchannels'
    const own = await startRedis({ settings: [user] })
    const url = own.url.replace('//', '//someone:word@')
    const { link: ownLink, waitFor } = openRawLink(url)
    try {
      await waitFor('up', 10_000)
      const { bell, lines } = openBell('p', ownLink, url)
      const rings = listen(bell, 'a')
      for (let time = 1; time <= 2; time += 1) {
        bell.ring('a')
        await untilRung(rings, time)
        await waitUntil('both are said', async () => lines.length === 2)
      }
      expect(lines.map(({ level }) => level)).toEqual(['warn', 'warn'])
      expect(lines.map(({ fields }) => fields)).toContainEqual({ use: 'bell', reason: 'NOPERM' })
      expect(JSON.stringify(lines)).not.toContain('word')
    } finally {
      await Promise.all(bells.splice(0).map((bell) => bell.close()))
      await ownLink.close()
      await own.close()
    }
  })

  it('refuses an address that is none without repeating it', () => {
    expect(() => openBell('weir-test', link, 'redis//:secret@host')).toThrow(
      /^the address of Redis is no Redis address$/,
    )
  })
})

describe('a bell whose Redis fails', () => {
  it('is heard again after the server was killed, and after it did not answer', async () => {
    const own = await startRedis()
    const { link: ownLink, waitFor } = openRawLink(own.url)
    try {
      await waitFor('up', 10_000)
      const [one, other] = [await openHearing('p', ownLink, own.url), await openHearing('p', ownLink, own.url)]
      await own.kill()
      one.bell.ring('hearing')
      await untilRung(one.rings, 2)
      await waitUntil('it is noticed', async () => other.lines.length > 0)
      await own.start()
      await waitFor('up', 10_000)
      await untilHeard(one.bell, other.rings)
      await own.freeze()
      await waitUntil('it is noticed', async () => other.lines.length > 2)
      await own.resume()
      await waitFor('up', 10_000)
      await untilHeard(one.bell, other.rings)
      expect(other.lines.map(({ level }) => level)).toEqual(['warn', 'info', 'warn', 'info'])
    } finally {
      await Promise.all(bells.splice(0).map((bell) => bell.close()))
      await ownLink.close()
      await own.close()
    }
  })

  it('holds up nobody who closes it', async () => {
    const own = await startRedis()
    const { link: ownLink, waitFor } = openRawLink(own.url)
    try {
      await waitFor('up', 10_000)
      const frozen = await openHearing('p', ownLink, own.url)
      await own.freeze()
      const connecting = openBell('p', ownLink, own.url)
      listen(connecting.bell, 'a')
      frozen.bell.ring('a')
      const since = performance.now()
      await Promise.all([frozen.bell.close(), connecting.bell.close()])
      expect(performance.now() - since).toBeLessThan(1000)
    } finally {
      await ownLink.close()
      await own.close()
    }
  })
})

describe('a bell elsewhere than on one server', { timeout: 60_000 }, () => {
  it('is heard from every node of a cluster, and from another one when that is gone', async () => {
    const cluster = await startCluster()
    const { link: clusterLink, waitFor } = openRawLink(cluster.url, { prefix: 'p' })
    try {
      await waitFor('up', 10_000)
      const turned = cluster.nodes.map((_, index) => {
        const nodes = [...cluster.nodes.slice(index), ...cluster.nodes.slice(0, index)]
        return `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
      })
      const all = await Promise.all(turned.map((url) => openHearing('p', clusterLink, url)))
      all[0]?.bell.ring('hearing')
      await Promise.all(all.map(({ rings }) => untilRung(rings, 2)))
      await cluster.nodes[0]?.kill()
      const [orphan] = all
      if (orphan) await untilRung(orphan.rings, 3)
      expect(orphan?.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
    } finally {
      await Promise.all(bells.splice(0).map((bell) => bell.close()))
      await clusterLink.close()
      await cluster.close()
    }
  })

  it('is heard from the new primary after a failover', async () => {
    const trio = await startSentinelTrio()
    const { link: trioLink, waitFor } = openRawLink(trio.url)
    try {
      await waitFor('up', 10_000)
      const [one, other] = [await openHearing('p', trioLink, trio.url), await openHearing('p', trioLink, trio.url)]
      one.bell.ring('hearing')
      await untilRung(other.rings, 2)
      await trio.primary.kill()
      await trio.waitForFailover()
      await waitFor('up', 10_000)
      await untilHeard(one.bell, other.rings)
      expect(other.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
    } finally {
      await Promise.all(bells.splice(0).map((bell) => bell.close()))
      await trioLink.close()
      await trio.close()
    }
  })
})
