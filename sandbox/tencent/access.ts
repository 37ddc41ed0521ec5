import { createHash } from 'node:crypto'
import type { Answer, RequestHead } from '../answer.ts'
import type { TencentCredentials } from '../options.ts'
import { ACCESS_RET, type TencentRole, toHttpRefusal, toRefusal } from './envelope.ts'
import { type TencentQuery, valuesOf } from './query.ts'

/** The one path of both hosts. */
export const TENCENT_PATH = '/common_access'

const COMMON_PARAMETERS = ['interface', 't', 'sign']

/** `md5(key + t)` in lower-case hex, where `t` is the expiry in UNIX seconds as written in the request. */
function tencentSign(apiKey: string, t: string): string {
  return createHash('md5').update(`${apiKey}${t}`).digest('hex')
}

/** What the access layer says against a call; undefined when it lets it through. */
export function refuseAccess(
  role: TencentRole,
  head: RequestHead,
  query: TencentQuery,
  credentials: TencentCredentials,
  nowMs: number,
): Answer | undefined {
  if (query.path !== TENCENT_PATH || head.headers.host === undefined) return toHttpRefusal(404, 'Not Found')
  if (head.method !== 'GET') return toHttpRefusal(405, 'Method Not Allowed')
  if (hasForbiddenCookie(head.headers.cookie)) return toHttpRefusal(403, 'Forbidden')
  const ids = [...valuesOf(query, 'cmd'), ...valuesOf(query, 'appid')]
  const idText = valuesOf(query, 'appid').length > 0 ? 'appid is invalid' : 'cmd is invalid'
  const isWellBuilt = query.isReadable && COMMON_PARAMETERS.every((name) => valuesOf(query, name).length === 1)
  if (!isWellBuilt || ids.length !== 1 || hasWhiteSpace(query) || ids[0] !== String(credentials.appId)) {
    return toRefusal(role, ACCESS_RET, idText)
  }
  const [t = ''] = valuesOf(query, 't')
  const [sign] = valuesOf(query, 'sign')
  if (sign !== tencentSign(credentials.apiKey, t)) return toRefusal(role, ACCESS_RET, 'sign invalid')
  if (!/^\d+$/.test(t) || nowMs > Number(t) * 1000) return toRefusal(role, ACCESS_RET, 'time expired')
  return undefined
}

/** Blanks belong into text values only; in names, numbers and the common parameters they mean a badly built URL. */
function hasWhiteSpace(query: TencentQuery): boolean {
  return query.pairs.some(([name, value]) => /\s/.test(name) || (!name.startsWith('Param.s.') && /\s/.test(value)))
}

function hasForbiddenCookie(cookie: string | undefined): boolean {
  return (cookie ?? '').split(';').some((pair) => pair.split('=', 1)[0]?.trim() === 'skey')
}
