// S19: somebody who is not who he says he is: forged headers of proxies, other people's names, keys by guessing.
import { percentile } from '../figures/percentiles.ts'
import { leftTenant, reader, toKey } from './clients.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { type RawReply, sendRaw, toLines, toRequest } from './raw-http.ts'
import type { Attack } from './target.ts'

const GUESSES = 1000
/** As the settings have it by default. */
const FAILURES_PER_MINUTE = 10
const TIMED = 300
const TIMING_LIMIT_MS = 1

/** Addresses that somebody would like to come from. */
const forgedAddresses = ['203.0.113.7', '127.0.0.1', '10.0.0.1', '::1', 'unknown', '1.2.3.4, 5.6.7.8']
const toForged = (address: string) => [
  `X-Forwarded-For: ${address}`,
  `X-Real-IP: ${address}`,
  `Forwarded: for="${address}"`,
  `X-Client-IP: ${address}`,
  `CF-Connecting-IP: ${address}`,
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: trusted.example',
]

/** S19. */
export async function attackByGuessing({ target, judgement, onEnd }: Attack<Gateway>): Promise<void> {
  const good = toLines(reader.headers)
  const ask = (headers: readonly string[], path = '/v1/accounts') => sendRaw(target, toRequest(`GET ${path}`, headers))
  const works = await ask(good)
  judgement.equals('goodKey', works.status, 200)

  // Another's name changes nothing about whose key it is.
  const own = await ask(toLines(leftTenant.headers))
  const swaps = [
    'X-Tenant',
    'X-Tenant-Id',
    'X-Account',
    'X-User',
    'X-Forwarded-User',
    'X-Api-Key-Name',
    'X-Original-User',
    'X-Role',
    'X-Weir-Role',
  ]
  const swapped = await Promise.all(
    swaps.map((name) => ask([...toLines(leftTenant.headers), `${name}: right-tenant`, `${name}-Role: ops`])),
  )
  judgement.equals(
    'swappedTenants',
    swapped.filter(({ status, body }) => status !== own.status || body !== own.body).length,
    0,
  )
  const key = encodeURIComponent(toKey(reader))
  const inQuery = ['key', 'apiKey', 'api_key', 'token', 'access_token', 'x-api-key', 'authorization']
  const fromQuery = await Promise.all(inQuery.map((name) => ask([], `/v1/accounts?${name}=${key}`)))
  judgement.equals('keysInTheQuery', fromQuery.filter(({ status }) => status !== 401).length, 0)

  // Every guess from another address, if it were believed.
  const guesses: RawReply[] = []
  const startedAtMs = performance.now()
  for (let index = 0; index < GUESSES; index += 20) {
    const some = Array.from({ length: 20 }, (_, offset) => {
      const address = forgedAddresses[(index + offset) % forgedAddresses.length] ?? ''
      const wrong = toKey(reader).slice(0, -3) + String(index + offset).padStart(3, '0')
      const path = offset % 2 === 0 ? '/v1/accounts' : '/graphql?query={__typename}'
      return ask([`X-Api-Key: ${wrong}`, ...toForged(address)], path)
    })
    guesses.push(...(await Promise.all(some)))
  }
  const minutes = 1 + Math.floor((performance.now() - startedAtMs) / 60_000)
  const count = (wanted: number) => guesses.filter(({ status }) => status === wanted).length
  judgement.note('guesses', guesses.length)
  judgement.atMost('answered401', count(401), FAILURES_PER_MINUTE * minutes)
  judgement.equals('otherThan401And429', guesses.length - count(401) - count(429), 0)
  const refusals = guesses.filter(({ status }) => status === 429)
  judgement.equals('withoutRetryAfter', refusals.filter(({ headers }) => !headers.has('retry-after')).length, 0)
  judgement.equals('keyThatWorkedBefore', (await ask(good)).status, 200)
  judgement.equals('keyNotSeenBefore', (await ask([`X-Api-Key: ${toKey(reader)}x`])).status, 429)
  const addresses = target.lines.filter((line) => /203\.0\.113\.7|10\.0\.0\.1|5\.6\.7\.8/.test(line))
  judgement.equals('forgedAddressesBelieved', addresses.length, 0)
  const patient = await startGateway({ settings: { ...target.settings, limits: { failedKeysPerMinute: 10_000 } } })
  onEnd(patient.close)
  await judgeTiming({ target: patient, judgement })
}

/** Where nobody is held up for guessing, a wrong key that begins like a right one takes as long as one that does not. */
async function judgeTiming({ target, judgement }: Pick<Attack<Gateway>, 'target' | 'judgement'>): Promise<void> {
  const right = toKey(reader)
  const near: number[] = []
  const far: number[] = []
  for (let round = 0; round < TIMED; round += 1)
    for (const [times, key] of [
      [near, `${right.slice(0, -1)}${round % 10}`],
      [far, `z${round}${right.slice(5)}`],
    ] as const) {
      const startedAtMs = performance.now()
      await fetch(`${target.url}/v1/accounts`, { headers: { 'x-api-key': key } }).then((answer) => answer.text())
      times.push(performance.now() - startedAtMs)
    }
  judgement.note('nearMedianMs', percentile(near, 0.5))
  judgement.takesAtMost('timingDifferenceMs', Math.abs(percentile(near, 0.5) - percentile(far, 0.5)), TIMING_LIMIT_MS)
}
