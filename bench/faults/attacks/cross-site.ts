// S7: what the page of another site can make a browser send, with the standing of whoever looks at it.
import { type RawReply, sendRaw, toLines, toRequest } from './raw-http.ts'
import type { Attack, Target } from './target.ts'

const EVIL = 'https://evil.example'
/** An origin of the settings. */
export const FRIEND = 'https://console.example.com'

/** What every browser says of itself and of such a page. */
const browser = [
  `Origin: ${EVIL}`,
  `Referer: ${EVIL}/`,
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
  'Accept: */*',
  'Sec-Fetch-Site: cross-site',
  'Sec-Fetch-Mode: no-cors',
  'Cookie: session=1',
]

const QUERY = '{stream(account:"left",key:"cross-site"){state}}'
const JSON_BODY = JSON.stringify({ query: QUERY })

/** Content types that carry JSON which must not be read. */
const contentTypes = [
  'application/x-www-form-urlencoded',
  'text/plain',
  'text/plain; application/json',
  'text/plain;charset=application/json',
  'multipart/form-data; boundary=x',
  'application/jsonx',
  'application/json, text/plain',
  'text/plain, application/json',
  'application/json x',
  'application/xml',
  '',
]
/**
 * Spellings of the one type that is read. A browser asks for leave before it sends any of these, so that they may be
 * taken for what they mean; nothing of the strange ones may be half understood.
 */
const spellings = [
  '\tapplication/json',
  '  application/json',
  'APPLICATION/JSON',
  'application/json;',
  'application/json; charset=utf-8',
]

/** S7. */
export async function attackAcrossSites({ target, judgement }: Attack): Promise<void> {
  const callsBefore = await target.countCalls()
  const caller = toLines(target.caller)
  const wrong: string[] = []
  const note = (what: string, { status, body }: RawReply, isGood: boolean) => {
    if (!isGood || isExecuted(body)) wrong.push(`${what}: ${status} ${body.slice(0, 80)}`)
  }
  for (const type of contentTypes)
    for (const body of [JSON_BODY, toForm(type)]) {
      const headers = [...browser, ...caller, ...(type === '' ? [] : [`Content-Type: ${type}`])]
      const reply = await sendRaw(target, toRequest('POST /graphql', headers, body))
      note(`POST of "${type}"`, reply, [400, 415].includes(reply.status))
    }
  for (const query of [QUERY, `query Q ${QUERY}`]) {
    const reply = await sendRaw(target, toRequest(`GET /graphql?query=${encodeURIComponent(query)}`, browser))
    note('GET without a preflight header', reply, [400, 415].includes(reply.status))
  }
  for (const query of ['mutation{a}', 'mutation M{__typename}', 'subscription{snapshot(account:"left"){id}}']) {
    const line = `GET /graphql?query=${encodeURIComponent(query)}`
    const unproven = await sendRaw(target, toRequest(line, browser))
    note(`GET of ${query} as a page sends it`, unproven, unproven.status >= 400 && unproven.status < 500)
    const headers = [...caller, 'GraphQL-Require-Preflight: 1', 'Accept: application/json']
    const proven = await sendRaw(target, toRequest(line, headers))
    note(`GET of ${query}`, proven, proven.status === 405)
  }
  judgement.equals('letThrough', wrong.join('; ') || 'none', 'none')
  judgement.equals('providerCalls', (await target.countCalls()) - callsBefore, 0)
  await judgeSpellings({ target, judgement }, caller)
  await judgeCors({ target, judgement })
}

/** Spellings of the type that is read are that type or none, never something between. */
async function judgeSpellings({ target, judgement }: Pick<Attack, 'target' | 'judgement'>, caller: readonly string[]) {
  const statuses: string[] = []
  const odd: string[] = []
  for (const type of spellings) {
    const good = await sendRaw(
      target,
      toRequest('POST /graphql', [...caller, `Content-Type: ${type}`], '{"query":"{__typename}"}'),
    )
    const bad = await sendRaw(target, toRequest('POST /graphql', [...caller, `Content-Type: ${type}`], '{"query":7}'))
    statuses.push(`${JSON.stringify(type)} ${good.status}`)
    const isBad = bad.status === 400 || (!target.hasCodes && !isExecuted(bad.body))
    const isRead = good.status === 200 && isBad
    const isRefused = [400, 415].includes(good.status) && [400, 415].includes(bad.status)
    if (!isRead && !isRefused) odd.push(`${JSON.stringify(type)}: ${good.status} and ${bad.status}`)
  }
  judgement.note('spellings', statuses.join(', '))
  judgement.equals('halfUnderstood', odd.join('; ') || 'none', 'none')
}

async function judgeCors({ target, judgement }: { readonly target: Target; readonly judgement: Attack['judgement'] }) {
  const wrong: string[] = []
  for (const origin of [EVIL, 'null', `${FRIEND}.evil.example`, FRIEND.toUpperCase(), FRIEND]) {
    const headers = [
      `Origin: ${origin}`,
      'Access-Control-Request-Method: POST',
      'Access-Control-Request-Headers: content-type,x-api-key',
    ]
    for (const line of ['OPTIONS /graphql', 'GET /healthz']) {
      const reply = await sendRaw(target, toRequest(line, headers))
      const allowed = reply.headers.get('access-control-allow-origin') ?? ''
      const withCredentials = reply.headers.get('access-control-allow-credentials') ?? ''
      if (allowed === '*' && withCredentials !== '') wrong.push(`${line}: * with credentials`)
      if (origin !== FRIEND && allowed === origin) wrong.push(`${line}: ${origin} is allowed`)
      if (target.hasCodes && origin === FRIEND && allowed !== FRIEND) wrong.push(`${line}: ${origin} is not allowed`)
    }
  }
  judgement.equals('cors', wrong.join('; ') || 'as in the settings', 'as in the settings')
}

function isExecuted(body: string): boolean {
  return /"data":\{/.test(body)
}

/** The question as that type writes it. */
function toForm(type: string): string {
  if (type.startsWith('multipart'))
    return `--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n${QUERY}\r\n--x--\r\n`
  return type.startsWith('text/plain') ? `${JSON_BODY}=` : `query=${encodeURIComponent(QUERY)}`
}
