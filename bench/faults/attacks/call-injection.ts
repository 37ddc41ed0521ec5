// S13: values of callers that try to become something else in the request to a provider: another parameter, another
// call, another header, another path.
import type { CallRecord } from '../../../sandbox/call-log.ts'
import { createRandom } from '../rig/seeded-random.ts'
import type { Gateway } from './gateway.ts'
import type { Attack } from './target.ts'
import { type Outcome, openWays, type Ways } from './ways.ts'

/** What a provider must see exactly once: each by one of its names. */
const SINGLE = [['cmd', 'appid'], ['interface'], ['t'], ['sign']]
const SEED = 13

/** Pieces of values. */
const pieces = [
  '&interface=Live_Tape_Start',
  '&interface=Live_Queue_Get&cmd=1',
  '%26interface%3DLive_Tape_Start',
  '%2526',
  '#',
  '#&t=0&sign=0',
  '?cmd=2',
  ';cmd=3',
  '&sign=00000000000000000000000000000000',
  '&t=99999999999',
  '\r\nX-Injected: yes',
  '\r\n\r\nGET /injected HTTP/1.1\r\nHost: x\r\n\r\n',
  '\u0000',
  '..',
  '/../../',
  '%2e%2e%2f',
  '１２３',
  '＆ｉｎｔｅｒｆａｃｅ＝ｘ',
  '嘊嘍',
  'e\u0301',
  '\u00e9',
  '\u202e',
  '\ud83c\udfa5',
  '\ud800',
  '+',
  ' ',
  "'",
  '"}]',
  '\\u0026',
  '=',
  'a'.repeat(10_240),
]

/** What one try sends, and where the value must arrive. */
interface Try {
  readonly value: string
  readonly send: (ways: Ways, value: string) => Promise<Outcome>
  /** Reads the value back out of the call. */
  readonly find: (call: CallRecord) => string | undefined
}

/** S13. */
export async function attackCalls(attack: Attack<Gateway>): Promise<void> {
  const { target, judgement, isQuick } = attack
  const ways = openWays(target, { isPatient: true })
  const calls = new Set<string>()
  const wrong: string[] = []
  let carried = 0
  let refused = 0
  const values = listValues(isQuick ? 20 : 400)
  // A call for a value that nothing is wrong with: whatever headers others have beyond its own were put there by one.
  await ways.post(toState('harmless'))
  const usual = new Set(target.sandbox.listCalls({ interface: 'Live_Channel_GetStatus' }).flatMap(toHeaderNames))
  for (const one of values.flatMap((value) => toTries(value, target))) {
    const from = target.sandbox.calls.length
    const outcome = await one.send(ways, one.value)
    const sent = target.sandbox.calls
      .slice(from)
      .filter((call) => call.interface !== 'Live_Queue_Get' || isStrange(call))
    for (const call of sent) calls.add(call.interface)
    const isRefused = outcome.codes.includes('INVALID_INPUT') || outcome.status === 400 || outcome.status === 404
    if (sent.length === 0 && isRefused) refused += 1
    // A question may need a list besides, which knows nothing of the value.
    else if (
      sent.some((call) => one.find(call) === one.value) &&
      sent.every((call) => findFlaw(call, usual) === undefined)
    )
      carried += 1
    else {
      const flaw = sent.map((call) => findFlaw(call, usual) ?? `carries ${one.find(call)?.slice(0, 40)}`).join()
      wrong.push(
        `${JSON.stringify(one.value.slice(0, 40))}: ${sent.map((call) => call.interface).join('+')}, ${outcome.status} ${outcome.codes.join()} ${flaw}`,
      )
    }
  }
  await ways.close()
  judgement.note('carriedWhole', carried)
  judgement.note('refused', refused)
  judgement.note('calls', [...calls].toSorted().join(', '))
  judgement.equals('wrong', wrong.slice(0, 5).join('; ') || 'none', 'none')
  judgement.equals('wrongCount', wrong.length, 0)
}

/** What is wrong with the form of a call; undefined for nothing. */
function findFlaw(call: CallRecord, usual: ReadonlySet<string>): string | undefined {
  const strange = toHeaderNames(call).find((name) => !usual.has(name) && !usualOfReports.has(name))
  if (strange !== undefined) return `a header ${strange}`
  if (call.provider === 'tencent') {
    const names = call.target
      .slice(call.target.indexOf('?') + 1)
      .split('&')
      .map((pair) => pair.split('=', 1)[0] ?? '')
    for (const single of SINGLE) {
      const count = names.filter((name) => single.includes(name.toLowerCase())).length
      if (count !== 1) return `${count} times ${single.join(' or ')}`
    }
    if (!/^[!-~]+$/.test(call.target)) return 'a target of other characters'
  }
  return undefined
}

/** What a POST has and a GET has not. */
const usualOfReports = new Set(['authorization', 'date', 'content-type', 'content-length', 'accept', 'x-time-zone'])

function isStrange({ verdict }: CallRecord): boolean {
  return verdict === 'refused'
}

function toHeaderNames({ headers }: CallRecord): string[] {
  return Object.keys(headers)
}

/** A stream's key, a domain, a time and a report's key, each over both faces where both take it. */
function toTries(value: string, { url, caller }: Gateway): Try[] {
  const fromQuery = (name: string) => (call: CallRecord) => call.parameters[name]
  const from = new Date(Date.now() - 3_600_000).toISOString()
  const rest = async (path: string): Promise<Outcome> => {
    const startedAtMs = performance.now()
    const answer = await fetch(`${url}${path}`, { headers: caller })
    const text = await answer.text()
    const code = /"code":"(\w+)"/.exec(text)?.[1]
    const tookMs = performance.now() - startedAtMs
    return { status: answer.status, codes: code === undefined ? [] : [code], isExecuted: answer.ok, text, tookMs }
  }
  const encode = (text: string) => encodeURIComponent(text.toWellFormed())
  const key: Try = {
    value,
    send: (ways) => ways.post(toState(value)),
    find: fromQuery('Param.s.channel_id'),
  }
  const tries: Try[] = [
    key,
    {
      value,
      send: (ways) => ways.post({ query: DOMAIN_QUERY, variables: { domain: value } }),
      find: fromQuery('Param.s.pull_domain'),
    },
    {
      // No time has such a form, so that nothing may be asked.
      value: `${from}${value}`,
      send: (ways, time) => ways.post({ query: TIME_QUERY, variables: { from: time, to: from } }),
      find: () => undefined,
    },
    {
      value: `push.example.com/live/${value}`,
      send: (ways, report) =>
        ways.post({ query: REPORT_QUERY, variables: { key: report, from, to: new Date().toISOString() } }),
      find: toReportKey,
    },
  ]
  // A segment of an address cannot hold a lone surrogate.
  if (!value.isWellFormed()) return tries
  const path = `/v1/accounts/left/streams/${encode(value)}/recordings`
  const accounts = `/v1/accounts/left/play-samples?from=${encode(`${from}${value}`)}&to=${encode(from)}`
  return [
    ...tries,
    { value, send: () => rest(path), find: fromQuery('Param.s.channel_id') },
    { value, send: () => rest(accounts), find: () => undefined },
  ]
}

const DOMAIN_QUERY = 'query($domain:String){account(name:"left"){liveStreams(domain:$domain,first:1){nodes{key}}}}'
const TIME_QUERY = 'query($from:DateTime!,$to:DateTime!){account(name:"left"){playSamples(from:$from,to:$to){stale}}}'
const REPORT_QUERY =
  'query($key:String!,$from:DateTime!,$to:DateTime!){stream(account:"reports",key:$key){pushSessions(from:$from,to:$to){stale}}}'

function toState(key: string) {
  return { query: 'query($key:String!){stream(account:"left",key:$key){state}}', variables: { key } }
}

function toReportKey({ body }: CallRecord): string | undefined {
  const text = JSON.stringify(body)
  const [, domain, stream] = /"domain":("(?:[^"\\]|\\.)*").*"stream":\[("(?:[^"\\]|\\.)*")\]/.exec(text) ?? []
  return domain === undefined || stream === undefined ? undefined : `${JSON.parse(domain)}/${JSON.parse(stream)}`
}

/** Each piece alone and at the end of a usual name, and so many joined by chance. */
function listValues(generated: number): readonly string[] {
  const random = createRandom(SEED)
  const pick = () => pieces[Math.floor(random() * (pieces.length - 1))] ?? ''
  const joined = Array.from({ length: generated }, (_, index) => `k${index}${pick()}${pick()}${pick()}`)
  return [...new Set([...pieces, ...pieces.map((piece) => `8888_room1${piece}`), ...joined])]
}
