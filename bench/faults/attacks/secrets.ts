// S15: everything is made to fail, and to talk about it. Nothing that comes out may hold a secret in any form.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Behaviour, toAnswer } from '../../../test/support/hostile-upstream.ts'
import { startRedis } from '../../../test/support/redis-server.ts'
import { startTraceCollector } from '../../../test/support/trace-collector.ts'
import type { FaultCase, Stage } from '../fault-case.ts'
import { createCanary, findCanaries, listSignatures } from './canaries.ts'
import { toDigest } from './clients.ts'
import type { Gateway } from './gateway.ts'
import { startGateway, UNCOUNTED } from './gateway.ts'
import { introduceSocket } from './operation-socket.ts'
import { sendRaw, toRequest } from './raw-http.ts'
import { checkSettings } from './settings-check.ts'
import { openWays } from './ways.ts'

const canaries = {
  tencent: createCanary('tencent key'),
  reports: createCanary('reports key'),
  client: createCanary('client key'),
  operator: createCanary('operator key'),
  guess: createCanary('guessed key'),
  token: createCanary('token'),
  redis: createCanary('redis password'),
}
const secretValues = Object.values(canaries)

/** Faults of the emulated providers. */
const faults = [
  { kind: 'hang', times: 1 },
  { kind: 'reset', at: 'body', times: 1 },
  { kind: 'html', times: 2 },
  { kind: 'truncated', times: 2 },
  { kind: 'throttled', times: 2 },
  { kind: 'wrong-types', times: 2 },
  { kind: 'error', status: 500, times: 2 },
  { kind: 'malformed', variant: 'not-http', times: 2 },
  { kind: 'malformed', variant: 'two-lengths', times: 2 },
  { kind: 'redirect', times: 2 },
] as const

/** S15. */
export const secretsInTheOpen: FaultCase = {
  name: 'S15',
  title: 'secrets in whatever comes out',
  part: 'attacks',
  isQuick: true,
  needsRedis: false,
  queue: 'secrets',
  run: attackSecrets,
}

/** How long spans wait for others to leave with them, and some more. */
const TRACES_ARRIVE_MS = 6000

/** Its gateway has a Redis with a password, a log that tells the most, and a collector of everything it does. */
async function attackSecrets({ judgement, onEnd }: Stage): Promise<void> {
  const redis = await startRedis().catch(() => undefined)
  if (redis !== undefined) onEnd(redis.close)
  // From here on the rig itself can only kill it.
  await redis?.command('CONFIG', 'SET', 'requirepass', canaries.redis.value)
  const collector = await startTraceCollector()
  onEnd(collector.close)
  const gateway = await startGateway(toSetup(redis?.port, collector.url))
  onEnd(gateway.close)
  const texts: Record<string, string> = {}
  await provoke(gateway, texts)
  if (redis !== undefined) {
    await redis.kill()
    await askAround(gateway, texts, 'without Redis')
  }
  const signatures = [
    ...listSignatures(gateway.sandbox.calls),
    ...listSignatures(gateway.hostile.requests.map(({ target, head }) => ({ target, headers: readHeaders(head) }))),
  ]
  await delay(TRACES_ARRIVE_MS)
  // The last words of a process that is shot.
  gateway.process.kill('SIGABRT')
  await gateway.process.ended
  texts['log'] = gateway.lines.join('\n')
  texts['traces'] = collector.text
  Object.assign(texts, await startWrongly(gateway))
  const finds = findCanaries([...secretValues, ...signatures], texts)
  judgement.note('places', Object.keys(texts).length)
  judgement.note(
    'characters',
    Object.values(texts).reduce((sum, text) => sum + text.length, 0),
  )
  judgement.atLeast('signatures', new Set(signatures.map(({ value }) => value)).size, 3)
  judgement.atLeast('spans', collector.spans.length, 50)
  judgement.note('withRedis', redis !== undefined)
  judgement.equals('found', [...new Set(finds)].slice(0, 4).join('; ') || 'nothing', 'nothing')
  const addresses = Object.entries(texts).filter(([, text]) =>
    // A metric names its interface in quotes, an address does not.
    /interface=(?!")|Param\.[ns]\.|[?&]sign=|\/common_access\?/.test(stripDocuments(text)),
  )
  judgement.equals('upstreamAddresses', addresses.map(([place]) => place).join(', ') || 'none', 'none')
}

/** Pages explain themselves, and are the same for everybody. */
function stripDocuments(text: string): string {
  return /^\s*<!doctype|"openapi":/i.test(text) ? '' : text
}

function toSetup(redisPort: number | undefined, collectorUrl: string) {
  const { tencent, reports, client, operator } = canaries
  return {
    credentials: {
      tencent: { appId: 1_250_000_000, apiKey: tencent.value },
      chinanetcenter: { username: 'somebody', apiKey: reports.value },
    },
    settings: {
      log: { level: 'debug' },
      tracing: { endpoint: collectorUrl },
      ...(redisPort !== undefined && { redis: { url: `redis://:${canaries.redis.value}@127.0.0.1:${redisPort}` } }),
      upstream: { deadlineMs: 600 },
      access: {
        mode: 'keys',
        keys: [
          { name: 'web', sha256: toDigest(client.value) },
          { name: 'operator', sha256: toDigest(operator.value), role: 'ops' },
        ],
      },
      limits: { requestsPerMinute: null },
    },
    accounts: (sandbox: Gateway['sandbox'], hostile: Gateway['hostile']) => {
      const usual = { quota: UNCOUNTED }
      const ours = { ...usual, provider: 'tencent', credentials: sandbox.credentials.tencent }
      const theirs = { ...usual, provider: 'chinanetcenter', credentials: sandbox.credentials.chinanetcenter }
      const { tencentStatistics: statistics, tencentControl: control, chinanetcenter } = sandbox.urls
      return [
        { ...ours, name: 'left', endpoints: { statistics, control } },
        { ...theirs, name: 'reports', endpoints: { reports: chinanetcenter } },
        { ...ours, name: 'hostile', endpoints: { statistics: hostile.url, control: hostile.url } },
        { ...theirs, name: 'hostile-reports', endpoints: { reports: hostile.url } },
      ]
    },
    caller: { 'x-api-key': client.value },
  }
}

/** A provider that says what it was asked, in every part of its answer. */
const echo: readonly Behaviour[] = ['200 OK', '400 Bad', '403 Forbidden', '500 Broken'].map(
  (status) =>
    (socket, { head, target, body }) => {
      const whole = `${head} ${target} ${body}`
      const headers = [
        `X-Request-Id: ${target.slice(0, 1000)}`,
        `Location: ${target.slice(0, 1000)}`,
        `X-Echo: ${/authorization: (.*)/i.exec(head)?.[1] ?? ''}`,
      ]
      socket.write(
        toAnswer(
          JSON.stringify({ ret: 4000, code: target, message: whole, msg: whole, output: whole, requestId: target }),
          headers,
          status,
        ),
      )
    },
)

async function provoke(gateway: Gateway, texts: Record<string, string>): Promise<void> {
  await askAround(gateway, texts, 'well')
  for (const [index, fault] of faults.entries()) gateway.sandbox.setFault({ ...fault, stream: `secret-fault${index}` })
  await Promise.all(faults.map((_, index) => askStreams(gateway, texts, `fault${index}`, ['left'])))
  for (const [index, fault] of faults.slice(1, 4).entries()) {
    gateway.sandbox.setFault({ ...fault, provider: 'chinanetcenter' })
    await askStreams(gateway, texts, `report-fault${index}`, ['reports'])
  }
  gateway.sandbox.clearFaults()
  for (const [index, behaviour] of echo.entries()) {
    gateway.hostile.behave(behaviour)
    await askStreams(gateway, texts, `echo${index}`, ['hostile', 'hostile-reports'])
  }
  await askStrangers(gateway, texts)
}

/** Questions that nobody has asked before, over both faces. */
async function askStreams(
  gateway: Gateway,
  texts: Record<string, string>,
  name: string,
  accounts: readonly string[],
): Promise<void> {
  const ways = openWays(gateway)
  const range = `from=${new Date(Date.now() - 3_600_000).toISOString()}&to=${new Date().toISOString()}`
  await Promise.all(
    accounts.map(async (account) => {
      const key = account.includes('reports') ? `push.example.com/live/${name}` : `secret-${name}`
      const field = account.includes('reports') ? 'id' : 'state live{onlineViewers}'
      texts[`graphql ${account} ${name}`] = (
        await ways.post({ query: `{stream(account:"${account}",key:"${key}"){${field}}}` })
      ).text
      const path = account.includes('reports') ? `push-sessions?${range}` : 'recordings'
      texts[`rest ${account} ${name}`] = await read(
        gateway,
        `/v1/accounts/${account}/streams/${encodeURIComponent(key)}/${path}`,
      )
    }),
  )
  await ways.close()
}

/** Whoever sends a key in the wrong place, or a wrong one. */
async function askStrangers(gateway: Gateway, texts: Record<string, string>): Promise<void> {
  const { client, guess, token } = canaries
  const lines = [
    `GET /v1/accounts?key=${client.value}`,
    `GET /v1/accounts/${client.value}`,
    `GET /graphql?query={__typename}&apiKey=${client.value}`,
    `GET /${client.value}/%zz`,
    `GET http://user:${client.value}@x/`,
  ]
  for (const line of lines)
    texts[line.slice(0, 20)] = (await sendRaw(gateway, toRequest(line, [`Authorization: Bearer ${token.value}`]))).body
  for (const header of [
    `X-Api-Key: ${guess.value}`,
    `Authorization: Bearer ${token.value}`,
    `Authorization: Basic ${Buffer.from(`x:${token.value}`).toString('base64')}`,
    `Cookie: token=${token.value}`,
    `X-Request-Id: ${token.value}!`,
    `Referer: https://x/?token=${token.value}`,
  ])
    texts[`with ${header.slice(0, 14)}`] = (await sendRaw(gateway, toRequest('GET /v1/accounts', [header]))).body
  const ended = introduceSocket({ url: gateway.url, caller: {} }, { apiKey: guess.value }).catch((error: unknown) =>
    String(error),
  )
  texts['socket'] = String(await ended)
}

/** Everything that anybody may look at. */
async function askAround(gateway: Gateway, texts: Record<string, string>, when: string): Promise<void> {
  await askStreams(gateway, texts, when.replace(/ /g, '-'), ['left', 'reports', 'hostile'])
  const paths = [
    '/metrics',
    '/openapi.json',
    '/docs',
    '/graphiql',
    '/console',
    '/healthz',
    '/readyz',
    '/v1/accounts',
    '/v1/live-streams',
    '/v1/accounts/left/snapshots',
    '/v1/nothing',
  ]
  for (const path of paths)
    texts[`${path} ${when}`] = await read(gateway, path, { 'x-api-key': canaries.operator.value })
  await delay(100)
}

async function read(gateway: Gateway, path: string, caller = gateway.caller): Promise<string> {
  const answer = await fetch(gateway.url + path, { headers: { ...caller } })
  return [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n') + (await answer.text())
}

/** Settings that are wrong where the secrets stand. */
async function startWrongly(gateway: Gateway): Promise<Record<string, string>> {
  const { tencent, redis, client } = canaries
  const wrong: Readonly<Record<string, object>> = {
    'an address with a password': {
      accounts: [
        {
          name: 'x',
          provider: 'tencent',
          credentials: { appId: 1, apiKey: tencent.value },
          endpoints: { control: `http://u:${tencent.value}@x/` },
        },
      ],
    },
    'a key that is a list': {
      accounts: [{ name: 'x', provider: 'tencent', credentials: { appId: tencent.value, apiKey: [tencent.value] } }],
    },
    'a wrong Redis': { redis: { url: `redis://:${redis.value}@127.0.0.1:99999/x` }, accounts: [] },
    'a key instead of its digest': {
      access: { mode: 'keys', keys: [{ name: 'x', sha256: client.value, [client.value]: 1 }] },
      accounts: [],
    },
  }
  const files = {
    ...Object.fromEntries(Object.entries(wrong).map(([what, settings]) => [what, JSON.stringify(settings)])),
    'broken settings': `{"accounts": [{"credentials": {"apiKey": "${tencent.value}" "x"`,
  }
  const texts = Object.entries(files).map(async ([what, text], index) => {
    const file = join(gateway.folder, `wrong${index}.json`)
    await writeFile(file, text)
    return [what, (await checkSettings(file, gateway.folder)).text] as const
  })
  return Object.fromEntries(await Promise.all(texts))
}

function readHeaders(head: string): Record<string, string> {
  return Object.fromEntries(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
}
