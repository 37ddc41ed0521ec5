// S12: bytes that are no text, names that mean something to the language, numbers beyond numbers, by every way in: the
// body, the document, its variables, the query string, headers and what a provider answers.
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { toAnswer } from '../../../test/support/hostile-upstream.ts'
import { type Gateway, isGateway } from './gateway.ts'
import { attackStore } from './malformed-store.ts'
import { type RawReply, sendRaw, toLines, toRequest } from './raw-http.ts'
import type { Attack } from './target.ts'
import { openWays } from './ways.ts'

const SEED = 12
const MARK = 'polluted'
/** A number that only stands where nothing may be read from. */
const FORBIDDEN_NUMBER = 987_654_321
const TRIES = 100
const PAUSE_MS = 20
const SIDE_BY_SIDE = 8

/** Bytes that are no proper UTF-8, or proper and odd: overlong, surrogates, beyond the last letter, marks, NUL. */
const oddBytes = [
  'ff',
  'c0af',
  'c080',
  'e080af',
  'eda080',
  'f4908080',
  'f0808080',
  'efbbbf',
  'fffe',
  '00',
  'e2',
  'efbfbf',
  'e280a8',
  '1b5b33316d',
].map((hex) => Buffer.from(hex, 'hex'))
const oddNames = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '__defineGetter__',
  'valueOf',
  'then',
  '',
]
const oddTexts = [
  '\ud800',
  '\udc00',
  '\u0000',
  '\ufeff',
  '\u202e',
  '\uffff',
  '1e400',
  '-0',
  '../',
  '\r\n',
  '%00',
  '${x}',
  '{{x}}',
]

const oddByte = fc.constantFrom(...oddBytes)
const oddName = fc.oneof(fc.constantFrom(...oddNames), fc.constantFrom(...oddTexts))
const oddText = fc.oneof(
  oddName,
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.array(oddName, { maxLength: 4 }).map((parts) => parts.join('')),
)
/** JSON as text, so that a name may be repeated and a prototype named. */
const oddJson: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(
      'null',
      'true',
      '0',
      '-0',
      '1e400',
      '1E-400',
      String(FORBIDDEN_NUMBER),
      '12345678901234567890',
      `"${MARK}"`,
    ),
    oddText.map((text) => JSON.stringify(text)),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join()}]`),
    fc.array(fc.tuple(oddName, tie('value')), { maxLength: 4 }).map((pairs) => {
      const written = pairs.map(([name, value]) => `${JSON.stringify(name)}:${value}`)
      return `{${[...written, `"__proto__":{"${MARK}":"${MARK}"}`, `"constructor":{"prototype":{"${MARK}":1}}`].join()}}`
    }),
  ),
})).value

/** Puts bytes into a text at any place. */
const spoil = (text: string, bytes: Buffer, at: number) => {
  const whole = Buffer.from(text)
  const place = Math.floor(at * whole.length)
  return Buffer.concat([whole.subarray(0, place), bytes, whole.subarray(place)])
}
const place = fc.double({ min: 0, max: 1, noNaN: true })

/** Ways in, each with requests by chance. */
function listEntries(caller: readonly string[]): Readonly<Record<string, fc.Arbitrary<Buffer>>> {
  const json = [...caller, 'Content-Type: application/json']
  const post = (body: Buffer | string) => toRequest('POST /graphql', json, body)
  const good = '{"query":"query($names:[String!]){accounts(names:$names){name}}","variables":{"names":["left"]}}'
  const names = 'query($names:[String!]){accounts(names:$names){name}}'
  return {
    body: fc.oneof(
      fc.tuple(oddByte, place).map(([bytes, at]) => post(spoil(good, bytes, at))),
      oddJson.map((text) => post(text)),
      fc
        .tuple(oddName, oddJson)
        .map(([name, value]) =>
          post(`{"query":"{__typename}","query":"{__typename}",${JSON.stringify(name)}:${value}}`),
        ),
    ),
    query: fc.oneof(
      fc
        .tuple(oddByte, place)
        .map(([bytes, at]) =>
          post(Buffer.concat([Buffer.from('{"query":"'), spoil('{accounts{name}}', bytes, at), Buffer.from('"}')])),
        ),
      fc
        .tuple(oddText, place)
        .map(([text, at]) =>
          post(JSON.stringify({ query: spoil('{ account(name: "a") { name } }', Buffer.from(text), at).toString() })),
        ),
      oddName.map((name) =>
        post(JSON.stringify({ query: `{${name}:account(name:${JSON.stringify(name)}){name ${name}}}` })),
      ),
    ),
    variables: fc
      .tuple(oddJson, oddJson)
      .map(([one, two]) =>
        post(`{"query":${JSON.stringify(names)},"variables":{"names":${one},"__proto__":${two},"constructor":${two}}}`),
      ),
    queryString: fc.tuple(oddText, oddByte, oddName).map(([text, bytes, name]) => {
      const escaped = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
      const query = encodeURIComponent(text.toWellFormed())
      return toRequest(
        `GET /v1/live-streams?account=${query}${escaped}&${encodeURIComponent(name.toWellFormed())}[${MARK}]=1&__proto__[${MARK}]=1`,
        caller,
      )
    }),
    path: fc.tuple(oddText, oddByte).map(([text, bytes]) => {
      const escaped = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
      return toRequest(`GET /v1/accounts/left/streams/${encodeURIComponent(text.toWellFormed())}${escaped}`, caller)
    }),
    headers: fc
      .tuple(
        oddByte,
        fc.constantFrom(
          'X-Request-Id',
          'User-Agent',
          'Accept',
          'If-None-Match',
          'X-Api-Key',
          'Authorization',
          'Cookie',
          'Origin',
          '__proto__',
          'constructor',
        ),
        oddText,
      )
      .map(([bytes, name, text]) => {
        const value =
          bytes.toString('latin1') +
          Buffer.from(text)
            .toString('latin1')
            .replace(/[\r\n\0]/g, '')
        return toRequest('GET /v1/accounts', [...caller, `${name}: ${value}`, '__proto__: x', `constructor: ${MARK}`])
      }),
  }
}

/** S12. */
export async function attackWithMalformed({ target, judgement, isQuick, onEnd }: Attack): Promise<void> {
  if (!isQuick && isGateway(target)) await attackStore({ judgement, onEnd })
  const count = isQuick ? 40 : 1000
  const entries = listEntries(toLines(target.caller))
  const failed: string[] = []
  let tried = 0
  for (const [name, arbitrary] of Object.entries(entries)) {
    const requests = fc.sample(arbitrary, { numRuns: count, seed: SEED })
    for (let from = 0; from < requests.length; from += SIDE_BY_SIDE) {
      const some = requests.slice(from, from + SIDE_BY_SIDE)
      const replies = await Promise.all(some.map((request) => sendPatiently(target, request)))
      for (const [index, reply] of replies.entries()) {
        tried += 1
        const flaw = findFlaw(reply)
        if (flaw !== undefined) failed.push(`${name}: ${flaw}: ${some[index]?.toString('latin1').slice(0, 200)}`)
      }
    }
  }
  if (isGateway(target)) failed.push(...(await answerMalformed(target, count)))
  judgement.note('tried', tried + (isGateway(target) ? count : 0))
  judgement.note('examples', failed.slice(0, 3).join(' | ') || 'none')
  judgement.equals('failures', failed.length, 0)
  const { strangeNames } = await target.inspect()
  judgement.equals('touchedPrototypes', strangeNames.join() || 'none', 'none')
  const after = await sendRaw(
    target,
    toRequest(
      'POST /graphql',
      [...toLines(target.caller), 'Content-Type: application/json'],
      '{"query":"{__typename}"}',
    ),
  )
  judgement.equals('afterwards', /"data":\{"__typename":"Query"\}/.test(after.body), true)
}

/** A refusal for want of time says nothing of the request. */
async function sendPatiently(target: Attack['target'], request: Buffer): Promise<RawReply> {
  for (let tries = 1; ; tries += 1) {
    const reply = await sendRaw(target, request)
    if (reply.status !== 503 || tries === TRIES) return reply
    await delay(PAUSE_MS)
  }
}

/** What must not come back; undefined when nothing is wrong. */
function findFlaw({ status, body }: RawReply): string | undefined {
  if (status >= 500) return `status ${status}`
  if (status === 0) return 'no answer'
  return /"code":"INTERNAL"/.test(body) ? 'an internal error' : undefined
}

/** What a provider says: good rows with names of the language among theirs, and things of no shape at all. */
async function answerMalformed(target: Gateway, count: number): Promise<string[]> {
  const ways = openWays(target, { isPatient: true })
  const failed: string[] = []
  const row = (value: string) =>
    `{"ret":0,"__proto__":{"output":${value},"${MARK}":1},"output":[{"status":1,"recv_type":1,"rate_type":0,"__proto__":{"status":3,"fps":${FORBIDDEN_NUMBER}},"constructor":${value},"extra":${value}}],"constructor":{"prototype":{"${MARK}":${value}}}}`
  const answers = fc.sample(
    fc.oneof(
      oddJson.map((value) => Buffer.from(row(value))),
      oddJson.map((value) => Buffer.from(value)),
      fc.tuple(oddByte, place).map(([bytes, at]) => spoil(row('1'), bytes, at)),
    ),
    { numRuns: count, seed: SEED },
  )
  for (const [index, bytes] of answers.entries()) {
    target.hostile.behave((socket) =>
      socket.write(
        Buffer.concat([
          Buffer.from(toAnswer('').replace('Content-Length: 0', `Content-Length: ${bytes.length}`)),
          bytes,
        ]),
      ),
    )
    const question = {
      query: `{stream(account:"hostile",key:"malformed${index}"){state ingest{protocols rendition} pushSamples(from:"${hourAgo}",to:"${now}"){samples{frameRate}}}}`,
    }
    // What was kept must not be worse than what came.
    for (const { status, text, codes } of [await ways.post(question), await ways.post(question)]) {
      const isBad =
        status !== 200 || codes.includes('INTERNAL') || text.includes(MARK) || text.includes(String(FORBIDDEN_NUMBER))
      if (isBad) failed.push(`upstream: ${status} ${text.slice(0, 200)}: ${bytes.toString('latin1').slice(0, 200)}`)
    }
  }
  target.hostile.behave((socket) => socket.write(toAnswer('{}')))
  await ways.close()
  return failed
}

const now = new Date().toISOString()
const hourAgo = new Date(Date.now() - 3_600_000).toISOString()
