// Answers from kept bytes, through whole gateways: when there is one, when there is one no more, and for whom.
import { createHash, randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { beginGeneration } from '#fleet/generations.ts'
import { createRedisLink } from '#fleet/redis-link.ts'
import { systemClock } from '#model/clock.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { type Gateway, type GatewayOptions, startGateway } from '#test/support/gateway.ts'
import { type Sending, send } from '#test/support/plain-client.ts'
import { openTestRedis, type SharedRedis } from '#test/support/redis-server.ts'
import { createSigningKey, signToken, startKeySetServer } from '#test/support/token-issuer.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const keys = {
  mode: 'keys',
  keys: [
    { name: 'ops', sha256: sha256('ops'), role: 'ops' },
    { name: 'web', sha256: sha256('web'), accounts: ['tencent-main'] },
    { name: 'cnc', sha256: sha256('cnc'), accounts: ['cnc-main'] },
  ],
}

let redis: SharedRedis
let clock: FakeClock
let sandbox: Sandbox
const open: Gateway[] = []

beforeAll(async () => {
  redis = await openTestRedis()
}, 300_000)
afterAll(() => redis.close())
afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()))
  await sandbox.close()
})

async function start(settings: Record<string, unknown> = {}, overrides: GatewayOptions['overrides'] = {}) {
  clock = new FakeClock()
  sandbox = await startSandbox({ now: () => clock.now() })
  const gateway = await startGateway({
    over: sandbox,
    settings: { log: { level: 'warn' }, ...settings },
    overrides: { clock, ...overrides },
  })
  open.push(gateway)
  return gateway
}

function ask(gateway: Gateway, query: string, headers: Record<string, string> = {}) {
  return send(gateway.address, {
    method: 'POST',
    path: '/graphql',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  })
}

/** Answers so far that came from there. */
async function countAnswers(gateway: Gateway, from: string, headers: Record<string, string> = {}): Promise<number> {
  const scrape = (await send(gateway.address, { path: '/metrics', headers })).body.toString()
  return [...scrape.matchAll(new RegExp(`from="${from}"\\} (\\d+)`, 'g'))].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  )
}

const LIVE = '{ stream(account: "tencent-main", key: "8888_room1") { live { onlineViewers fetchedAt } } }'
const HISTORY = '/v1/accounts/tencent-main/streams/8888_room1/recordings'

describe('an answer that is put together from kept parts', () => {
  it.each([
    [
      'a live reading for 5 s',
      5000,
      {
        method: 'POST',
        path: '/graphql',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: LIVE }),
      },
    ],
    ['recordings for 60 s', 60_000, { path: HISTORY }],
  ] satisfies readonly (readonly [string, number, Sending])[])('is sent again: %s', async (_name, lifeMs, question) => {
    const gateway = await start()
    for (const hits of [0, 0, 1, 2]) {
      await send(gateway.address, question)
      expect(await countAnswers(gateway, 'memory')).toBe(hits)
    }
    await clock.advance(lifeMs - 1)
    await send(gateway.address, question)
    expect(await countAnswers(gateway, 'memory')).toBe(3)
    const calls = sandbox.countCalls()
    await clock.advance(1)
    await send(gateway.address, question)
    expect(await countAnswers(gateway, 'memory')).toBe(3)
    expect(sandbox.countCalls()).toBe(calls + 1)
  })

  it('is sent in the coding its client likes best, and unpacks to the same', async () => {
    const gateway = await start()
    const path = '/v1/accounts/tencent-main/play-samples?from=2026-11-21T00:00:00Z&to=2026-11-21T02:00:00Z'
    const { body } = await send(gateway.address, { path })
    await send(gateway.address, { path })
    for (const coding of ['gzip', 'br', 'zstd']) {
      await waitUntil(`it is packed with ${coding}`, async () => {
        const packed = await send(gateway.address, { path, headers: { 'accept-encoding': coding } })
        expect(packed.body.equals(body)).toBe(true)
        expect(packed.headers.vary).toMatch(/accept-encoding/i)
        return packed.headers['content-encoding'] === coding
      })
    }
    const plain = await send(gateway.address, { path, headers: { 'accept-encoding': 'gzip;q=0' } })
    expect(plain.headers).not.toHaveProperty('content-encoding')
  })

  it('is shown to nobody who may not see it, in whichever order they ask', async () => {
    const gateway = await start({ access: keys })
    const query = '{ account(name: "tencent-main") { name liveTotals { streamCount } } }'
    const callers = ['web', 'cnc', 'ops', 'wrong']
    const first = new Map<string, string>()
    for (const caller of [...callers, ...callers, ...callers.toReversed(), ...callers]) {
      const { status, body } = await ask(gateway, query, { 'x-api-key': caller })
      const { data } = JSON.parse(body.toString())
      const shown = JSON.stringify([status, data])
      expect(shown).toBe(first.get(caller) ?? shown)
      first.set(caller, shown)
    }
    expect(first.get('cnc')).toBe('[200,{"account":null}]')
    expect(first.get('wrong')).toMatch(/^\[401/)
    expect(first.get('web')).toBe(first.get('ops'))
    expect(await countAnswers(gateway, 'memory', { 'x-api-key': 'ops' })).toBeGreaterThan(2)
  })

  it('is counted: who is over the limit is refused with the same request as without', async () => {
    const refusedAt = async (keepsAnswers: boolean) => {
      const gateway = await start({ access: keys, limits: { requestsPerMinute: 7 } }, { keepsAnswers })
      const statuses: number[] = []
      for (let index = 0; index < 10; index += 1)
        statuses.push((await ask(gateway, LIVE, { 'x-api-key': 'web' })).status)
      await gateway.close()
      open.pop()
      await sandbox.close()
      return statuses
    }
    const refused = [200, 200, 200, 200, 200, 200, 200, 429, 429, 429]
    expect(await refusedAt(false)).toEqual(refused)
    expect(await refusedAt(true)).toEqual(refused)
  })

  it('is not sent for a token that has expired meanwhile', async () => {
    const key = await createSigningKey('one')
    const issuer = await startKeySetServer(key)
    const jwt = {
      issuer: 'https://issuer.example',
      audience: 'weir',
      jwksUrl: issuer.url,
      clockToleranceSeconds: 0,
      claims: { accounts: null },
    }
    const gateway = await start({ access: { mode: 'jwt', jwt } })
    const now = Math.floor(clock.now() / 1000)
    const token = await signToken(key, {
      iss: jwt.issuer,
      aud: jwt.audience,
      sub: 'someone',
      weir_role: 'ops',
      iat: now,
      exp: now + 3,
    })
    const headers = { authorization: `Bearer ${token}` }
    for (let index = 0; index < 3; index += 1) expect((await ask(gateway, LIVE, headers)).status).toBe(200)
    expect(await countAnswers(gateway, 'memory', headers)).toBe(1)
    await clock.advance(3000)
    expect((await ask(gateway, LIVE, headers)).status).toBe(401)
    await issuer.close()
  })

  it.each([
    ['GraphQL', (gateway: Gateway) => ask(gateway, LIVE)],
    ['REST', (gateway: Gateway) => send(gateway.address, { path: HISTORY })],
  ])('is waited for by a crowd, cold or when the last one is over: %s', async (_name, askIt) => {
    const gateway = await start()
    for (const round of [1, 2, 3]) {
      const sent = await Promise.all(Array.from({ length: 100 }, () => askIt(gateway)))
      expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([200]))
      expect(sandbox.countCalls()).toBe(round)
      // One pays, one finds what was paid for.
      expect(await countAnswers(gateway, 'made')).toBe(2 * round)
      expect(await countAnswers(gateway, 'memory')).toBe(98 * round)
      await clock.advance(60_000)
    }
  })

  it('is registered with its digest each time a client sends both', async () => {
    const gateway = await start({ queries: { persisted: { automatic: true } } })
    const extensions = { persistedQuery: { version: 1, sha256Hash: sha256(LIVE) } }
    const both = { method: 'POST', path: '/graphql', headers: { 'content-type': 'application/json' } }
    for (let index = 0; index < 4; index += 1)
      await send(gateway.address, { ...both, body: JSON.stringify({ query: LIVE, extensions }) })
    expect(await countAnswers(gateway, 'memory')).toBe(0)
    for (let index = 0; index < 2; index += 1)
      expect((await send(gateway.address, { ...both, body: JSON.stringify({ extensions }) })).status).toBe(200)
    expect(await countAnswers(gateway, 'memory')).toBe(1)
  })
})

describe('replicas over one Redis', () => {
  it('send what another of them has kept, until it is cleared', { timeout: 60_000 }, async () => {
    const prefix = `w${randomUUID().slice(0, 8)}`
    const settings = { log: { level: 'warn' }, redis: { url: redis.url, prefix } }
    const overrides = { fleetTime: { toFleet: (instant: number) => instant }, commandTimeoutMs: 10_000 }
    const isInReach = async (gateway: Gateway) => (await gateway.getJson('/readyz')).parts[0].state === 'ok'
    const path = '/v1/accounts/tencent-main/play-samples?from=2026-11-21T00:00:00Z&to=2026-11-21T02:00:00Z'
    const headers = { host: 'weir.localhost' }

    const one = await start(settings, overrides)
    await waitUntil('Redis is in reach', () => isInReach(one))
    await waitUntil('one keeps it', async () => {
      // What is begun in the moment in which the first generation is read is kept by nobody.
      await clock.advance(1)
      await send(one.address, { path, headers })
      return (await countAnswers(one, 'memory')) > 0
    })
    const other = await startGateway({ over: sandbox, settings, overrides: { clock, ...overrides } })
    open.push(other)
    await waitUntil('Redis is in reach', () => isInReach(other))
    let probes = 0
    await waitUntil('what is shared is found', async () => {
      await clock.advance(1)
      probes += 1
      const probe = await send(other.address, { path, headers: { host: `probe${probes}.localhost` } })
      return probe.headers['x-upstream-calls'] === '0'
    })
    const calls = sandbox.countCalls()
    const kept = await send(other.address, { path, headers })
    expect(await countAnswers(other, 'shared')).toBe(1)
    expect(kept.body.equals((await send(one.address, { path, headers })).body)).toBe(true)
    expect(sandbox.countCalls()).toBe(calls)

    const link = createRedisLink({
      url: redis.url,
      prefix,
      clock: systemClock,
      log: { info: () => undefined, warn: () => undefined },
    })
    await waitUntil('the link is up', async () => link.state().health === 'up')
    await beginGeneration(link, prefix, 'tencent-main')
    await link.close()
    await waitUntil('all have forgotten it', async () => {
      await clock.advance(4000)
      await send(other.address, { path, headers })
      return sandbox.countCalls() > calls
    })
  })
})
