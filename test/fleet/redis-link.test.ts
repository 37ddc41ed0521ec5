import { connect, createServer, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { FleetCommandError, type FleetLink, type FleetScript, LinkDownError } from '#fleet/fleet-link.ts'
import { openLink, runLinkProcess, timed } from '#test/support/link-rig.ts'
import { startRedis, type TestRedis } from '#test/support/redis-server.ts'

const COMMAND_TIMEOUT_MS = 200
const echo: FleetScript = { name: 'echo', lua: 'return {KEYS[1], ARGV[1], tonumber(ARGV[2]), false, {}}' }
const put: FleetScript = { name: 'put', lua: "return redis.call('SET', KEYS[1], ARGV[1])" }

const links: FleetLink[] = []
function open(...options: Parameters<typeof openLink>) {
  const rig = openLink(...options)
  links.push(rig.link)
  return rig
}
afterEach(async () => {
  await Promise.all(links.splice(0).map((link) => link.close()))
})

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
}, 60_000)
afterAll(() => redis.close())
beforeEach(() => redis.flush())

/** A link through somebody who counts the pieces in which its commands arrive. */
async function openWatched() {
  let pieces = 0
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(redis.port, '127.0.0.1')
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined).setNoDelay())
    near.on('data', () => {
      pieces += 1
    })
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const rig = open(`redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`)
  return {
    ...rig,
    pieces: () => pieces,
    close: async () => {
      await rig.link.close()
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

describe('commands', () => {
  test('run scripts: the first time, by their digest, and when Redis has forgotten them', async () => {
    const { link, waitFor } = open(redis.url)
    await waitFor('up', 2000)
    for (let time = 0; time < 2; time += 1)
      expect(await link.evaluate(echo, ['k:{a}'], ['é', 7])).toEqual(['k:{a}', 'é', 7, null, []])
    await redis.command('SCRIPT', 'FLUSH')
    expect(await link.evaluate(echo, ['k:{a}'], ['x', 1])).toEqual(['k:{a}', 'x', 1, null, []])
    await Promise.all(Array.from({ length: 50 }, () => link.evaluate(put, ['k'], ['v'])))
    expect(link.state()).toMatchObject({ health: 'up', connection: 1 })
  })

  test('keep bytes as they are, for as long as they were told', async () => {
    const { link, waitFor } = open(redis.url)
    await waitFor('up', 2000)
    const bytes = Buffer.from([0, 255, 13, 10, 128])
    await link.set('{a}:1', bytes, 60_000)
    await link.set('{a}:2', Buffer.alloc(0), 0.2)
    expect(await link.getMany(['{a}:1', '{a}:none'])).toEqual([bytes, null])
    expect(await link.getMany([])).toEqual([])
    expect(Number(await redis.command('PTTL', '{a}:1'))).toBeGreaterThan(50_000)
    await expect.poll(() => link.getMany(['{a}:2'])).toEqual([null])
  })

  test('read long values as they were written, also where they come in pieces', async () => {
    const { link, waitFor } = open(redis.url)
    await waitFor('up', 2000)
    const values = Array.from({ length: 12 }, (_, index) => Buffer.alloc(150_000 + index * 7919, `value ${index} `))
    await Promise.all(values.map((value, index) => link.set(`long:${index}`, value, 60_000)))
    for (let round = 0; round < 3; round += 1) {
      const found = await Promise.all(values.map((_, index) => link.get(`long:${index}`)))
      expect(found.every((value, index) => value?.equals(values[index] ?? Buffer.alloc(0)))).toBe(true)
    }
    expect(link.state()).toMatchObject({ health: 'up', connection: 1 })
  })

  test('read one value each, whoever else reads in the same turn', async () => {
    const { link, waitFor } = open(redis.url)
    await waitFor('up', 2000)
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => link.set(`one:${index}`, Buffer.from(`${index}`), 60_000)),
    )
    await link.evaluate({ name: 'push', lua: "return redis.call('RPUSH', KEYS[1], 'x')" }, ['one:list'], [])
    const keys = [...Array.from({ length: 80 }, (_, index) => `one:${index}`), 'one:list']
    const found = await Promise.all(keys.map((key) => link.get(key)))
    expect(found.map((value) => value && Number(value))).toEqual(keys.map((_, index) => (index < 50 ? index : null)))
  })

  test('read the time of Redis', async () => {
    const { link, waitFor } = open(redis.url)
    await waitFor('up', 2000)
    expect(Math.abs((await link.readTimeMs()) - Date.now())).toBeLessThan(1000)
  })

  test('fail with nothing but the first word when Redis answers with an error, and the link stays up', async () => {
    const { link, waitFor } = open(redis.url)
    await waitFor('up', 2000)
    const failing: readonly (readonly [string, string])[] = [
      ['return redis.error_reply(ARGV[1])', 'ERR'],
      ["return redis.error_reply('OOM ' .. ARGV[1])", 'OOM'],
      ['error(ARGV[1])', 'ERR'],
      ["redis.call('SET', KEYS[1], 'x') return redis.call('INCR', KEYS[1])", 'ERR'],
      ["redis.call('SET', KEYS[1], 'x') return redis.call('LPUSH', KEYS[1], 1)", 'WRONGTYPE'],
    ]
    for (const [lua, code] of failing) {
      const { error } = await timed(() => link.evaluate({ name: 'failing', lua }, ['k'], ['the-secret']))
      expect(error).toBeInstanceOf(FleetCommandError)
      expect(error).toMatchObject({ code })
      expect(JSON.stringify([error, String(error), error instanceof Error && error.stack])).not.toContain('secret')
    }
    expect(link.state()).toMatchObject({ health: 'up', connection: 1 })
  })

  test('answers that come late because this process was busy are no failure', async () => {
    const { link, waitFor } = open(redis.url)
    await waitFor('up', 2000)
    const answer = link.evaluate(echo, ['k'], ['x', 1])
    // The request leaves first.
    await new Promise((resolve) => setImmediate(resolve))
    const until = performance.now() + 3 * COMMAND_TIMEOUT_MS
    while (performance.now() < until);
    expect(await answer).toHaveLength(5)
    expect(link.state()).toMatchObject({ health: 'up', connection: 1 })
  })

  test('a command that could not leave because this process was busy has all its time', async () => {
    const { link, waitFor } = open(redis.url)
    await waitFor('up', 2000)
    // The second one waits for the end of the turn.
    const answers = [link.evaluate(echo, ['k'], ['x', 1]), link.evaluate(echo, ['k'], ['y', 2])]
    const until = performance.now() + 3 * COMMAND_TIMEOUT_MS
    while (performance.now() < until);
    expect(await Promise.all(answers)).toEqual([
      ['k', 'x', 1, null, []],
      ['k', 'y', 2, null, []],
    ])
    expect(link.state()).toMatchObject({ health: 'up', connection: 1 })
  })

  test('of one turn leave together: a crowd is a few pieces of data, and one alone does not wait', async () => {
    const { link, waitFor, pieces, close } = await openWatched()
    try {
      await waitFor('up', 2000)
      const before = pieces()
      await link.getMany(['alone'])
      expect(pieces() - before).toBe(1)
      for (let round = 0; round < 3; round += 1)
        await Promise.all(Array.from({ length: 100 }, (_, index) => link.getMany([`k${index}`])))
      expect(pieces() - before).toBeLessThan(20)
    } finally {
      await close()
    }
  })
})

describe('the end', () => {
  test('fails what was waiting, and whatever comes later', async () => {
    const { link, waitFor, lines } = open(redis.url)
    await waitFor('up', 2000)
    let changes = 0
    link.onChange(() => {
      changes += 1
    })
    const pending = [timed(() => link.getMany(['k'])), ...['a', 'b'].map((key) => timed(() => link.get(key)))]
    await link.close()
    for (const { error } of await Promise.all(pending)) expect(error).toBeInstanceOf(LinkDownError)
    expect((await timed(() => link.get('k'))).error).toBeInstanceOf(LinkDownError)
    expect((await timed(() => link.getMany(['k']))).error).toBeInstanceOf(LinkDownError)
    expect(link.state().health).toBe('silent')
    await link.close()
    expect([changes, lines.length]).toEqual([0, 1])
  })

  test('leaves nothing open: a process ends by itself', async () => {
    expect(await runLinkProcess(redis.url, 'up')).toBe('up')
    expect(await runLinkProcess(redis.url, 'begun')).toBe('silent')
  })

  test('a listener that throws harms nobody', async () => {
    const { link, waitFor, lines } = open(redis.url)
    link.onChange(() => {
      throw new TypeError('the-secret')
    })
    await waitFor('up', 2000)
    expect(lines.at(-1)).toEqual({
      level: 'warn',
      fields: { error: 'TypeError' },
      message: 'a listener of the link failed',
    })
  })

  test('is possible before anything has begun', async () => {
    const { link } = openLink('redis://127.0.0.1:1')
    await link.close()
    expect(link.state().health).toBe('silent')
  })
})
