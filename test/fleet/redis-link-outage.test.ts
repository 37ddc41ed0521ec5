import { createServer, type Server } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type FleetLink, type FleetScript, LinkDownError } from '#fleet/fleet-link.ts'
import { openLink, timed } from '#test/support/link-rig.ts'
import { startRedis, type TestRedis } from '#test/support/redis-server.ts'

const COMMAND_TIMEOUT_MS = 200
/** What a busy machine may add to any time. */
const SLACK_MS = 150
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

/** Listens as somebody who is not Redis would. */
async function withServer(server: Server, use: (url: string) => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  try {
    await use(`redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`)
  } finally {
    server.close()
  }
}

describe('while Redis is away', () => {
  test('frozen: one command waits for its timeout, no other does, and all is well again soon after', async () => {
    const { link, waitFor, lines } = open(redis.url)
    await waitFor('up', 2000)
    await redis.freeze()
    try {
      const pending = timed(() => link.set('pending', Buffer.from('x'), 1000))
      const first = await timed(() => link.getMany(['k']))
      expect(first.error).toBeInstanceOf(LinkDownError)
      expect(first.tookMs).toBeLessThan(COMMAND_TIMEOUT_MS + 50 + SLACK_MS)
      expect((await pending).error).toBeInstanceOf(LinkDownError)
      expect(link.state().health).toBe('silent')
      const next = await Promise.all(Array.from({ length: 100 }, () => timed(() => link.getMany(['k']))))
      expect(next.every(({ error, tookMs }) => error instanceof LinkDownError && tookMs < 5 + SLACK_MS)).toBe(true)
    } finally {
      await redis.resume()
    }
    expect(await waitFor('up', 3000)).toBeLessThan(1000 + SLACK_MS)
    expect(link.state().connection).toBe(2)
    expect(await link.evaluate(echo, ['k'], ['x', 1])).toHaveLength(5)
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['info', 'redis answers'],
      ['warn', 'redis does not answer: going on without it'],
      ['info', 'redis answers'],
    ])
    expect(lines[1]?.fields).toMatchObject({ reason: 'ETIMEDOUT', before: 'up', connection: 1 })
    expect(lines[2]?.fields).toMatchObject({ before: 'silent', lastedSeconds: expect.any(Number) })
  })

  test('frozen while nobody asks: it is found out all the same', async () => {
    const { waitFor } = open(redis.url)
    await waitFor('up', 2000)
    await redis.freeze()
    try {
      expect(await waitFor('silent', 3000)).toBeLessThan(600 + SLACK_MS)
    } finally {
      await redis.resume()
    }
  })

  test('while nobody asks, the link is confirmed all the time', async () => {
    const { link, waitFor } = open(redis.url)
    await waitFor('up', 2000)
    const ages: number[] = []
    for (let time = 0; time < 20; time += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      ages.push(performance.now() - link.state().confirmedAtMs)
    }
    expect(Math.max(...ages)).toBeLessThan(600)
    expect(link.state().connection).toBe(1)
  })

  test('killed: refused soon, confirmed again and again, and another connection when it is back, empty', async () => {
    const own = await startRedis()
    try {
      const { link, waitFor, lines } = open(own.url)
      await waitFor('up', 2000)
      await link.set('k', Buffer.from('v'), 60_000)
      await own.kill()
      expect(await waitFor('refused', 3000)).toBeLessThan(1000)
      const { sinceMs } = link.state()
      const ages: number[] = []
      for (let time = 0; time < 30; time += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        ages.push(performance.now() - link.state().confirmedAtMs)
      }
      expect(Math.max(...ages)).toBeLessThan(600)
      expect(link.state()).toMatchObject({ health: 'refused', sinceMs, connection: 1 })
      expect((await timed(() => link.readTimeMs())).error).toBeInstanceOf(LinkDownError)
      await own.start()
      await waitFor('up', 2000)
      expect(link.state().connection).toBe(2)
      expect(await link.getMany(['k'])).toEqual([null])
      expect(lines.map(({ fields }) => 'before' in fields && fields.before)).toEqual([
        'silent',
        'up',
        'silent',
        'refused',
      ])
    } finally {
      await own.close()
    }
  })

  test('not there at the start: refused, then up', async () => {
    const own = await startRedis()
    try {
      await own.kill()
      const { link, waitFor } = open(own.url)
      expect(link.state()).toMatchObject({ health: 'silent', connection: 0 })
      expect((await timed(() => link.readTimeMs())).error).toBeInstanceOf(LinkDownError)
      await waitFor('refused', 1000)
      await own.start()
      await waitFor('up', 2000)
      expect(link.state().connection).toBe(1)
    } finally {
      await own.close()
    }
  })

  test('every connection that is lost counts, even when the next one comes at once', async () => {
    const { link, waitFor } = open(redis.url)
    await waitFor('up', 2000)
    const changes: string[] = []
    link.onChange(() => changes.push(`${link.state().health} ${link.state().connection}`))
    await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await waitFor('silent', 1000)
    await waitFor('up', 1000)
    expect(changes).toEqual(['silent 1', 'up 2'])
  })
})

describe('what is not the Redis that was meant', () => {
  test('a wrong password: silent, and the secret is nowhere', async () => {
    await redis.command('ACL', 'SETUSER', 'weir-user', 'on', '>right-secret')
    const { link, lines } = open(redis.url.replace('//', '//weir-user:wrong-secret@'))
    await expect.poll(() => lines).toHaveLength(1)
    expect(link.state()).toMatchObject({ health: 'silent', connection: 0 })
    expect(lines[0]).toMatchObject({ level: 'warn', fields: { reason: 'WRONGPASS' } })
    const { error } = await timed(() => link.readTimeMs())
    expect(
      JSON.stringify([lines, String(error), link, inspect(link, { depth: null, showHidden: true })]),
    ).not.toContain('secret')
  })

  test('the right password of a user who may do no more than is needed: up', async () => {
    const rules = ['on', '>right-secret', '~weir-test:*', '+@read', '+@write', '+@scripting', '+@connection', '+time']
    await redis.command('ACL', 'SETUSER', 'weir-user', 'reset', ...rules)
    const { link, waitFor } = open(redis.url.replace('//', '//weir-user:right-secret@'))
    await waitFor('up', 2000)
    await link.set('weir-test:k', Buffer.from('v'), 1000)
    expect(await link.readTimeMs()).toBeGreaterThan(0)
    expect((await timed(() => link.getMany(['other']))).error).toMatchObject({ code: 'NOPERM' })
    expect(link.state()).toMatchObject({ health: 'up', connection: 1 })
  })

  test('one that still loads its data: silent until it has', async () => {
    const settings = ['key-load-delay 200000', 'loading-process-events-interval-bytes 1024']
    const own = await startRedis({ persistent: true, settings })
    try {
      for (let key = 0; key < 5; key += 1) await own.command('SET', `k${key}`, 'x'.repeat(2000))
      await own.command('BGREWRITEAOF')
      await expect.poll(async () => String(await own.command('INFO', 'persistence'))).toContain('rewrite_in_progress:0')
      await own.kill()
      const { waitFor, lines } = open(own.url)
      await waitFor('refused', 2000)
      await Promise.all([own.start(), waitFor('silent', 3000)])
      await waitFor('up', 3000)
      expect(lines.map(({ message }) => message)).toHaveLength(3)
    } finally {
      await own.close()
    }
  })

  test('a server that accepts and says nothing: silent', async () => {
    await withServer(
      createServer().on('connection', (socket) => socket.on('error', () => undefined)),
      async (url) => {
        const { link, lines } = open(url)
        await expect.poll(() => lines, { timeout: 3000 }).toHaveLength(1)
        expect(link.state().health).toBe('silent')
        expect(lines[0]?.fields).toMatchObject({ reason: 'ETIMEDOUT' })
        await link.close()
      },
    )
  })

  test('a server that hangs up: silent, although nobody answers', async () => {
    await withServer(
      createServer((socket) => socket.resetAndDestroy()),
      async (url) => {
        const { link, lines } = open(url)
        await expect.poll(() => lines).toHaveLength(1)
        expect(link.state().health).toBe('silent')
        await link.close()
      },
    )
  })

  test('a name that leads nowhere: silent', async () => {
    const { link, lines } = open('redis://weir.invalid')
    await expect.poll(() => lines, { timeout: 5000 }).toHaveLength(1)
    expect(link.state().health).toBe('silent')
  })

  test('a database that does not exist: silent, and not another one', async () => {
    const { link, lines } = open(`${redis.url}/999`)
    await expect.poll(() => lines).toHaveLength(1)
    expect(link.state()).toMatchObject({ health: 'silent', connection: 0 })
  })

  test('a replica: silent, and a primary that becomes one is left', async () => {
    const { link, lines, waitFor } = open(redis.url)
    await waitFor('up', 2000)
    await redis.command('REPLICAOF', '127.0.0.1', 1)
    try {
      expect((await timed(() => link.evaluate(put, ['k'], ['v']))).error).toBeInstanceOf(LinkDownError)
      await expect.poll(() => lines.length).toBe(2)
      expect(lines[1]?.fields).toMatchObject({ reason: 'READONLY' })
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect(link.state()).toMatchObject({ health: 'silent', connection: 1 })
    } finally {
      await redis.command('REPLICAOF', 'NO', 'ONE')
    }
    await waitFor('up', 2000)
    expect(link.state().connection).toBe(2)
  })

  test('an address that is none: refused at once, without a word of it', () => {
    expect(() => openLink('redis://the-secret@h')).toThrow(/^the address of Redis has a user without a password$/)
  })
})
