import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { ChinanetcenterCredentials } from '../options.ts'

const RFC_1123 =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** The password of a Basic pair: base64 of the raw HMAC-SHA1 of the date text under the API key. */
function chinanetcenterPassword(apiKey: string, date: string): string {
  return createHmac('sha1', apiKey).update(date).digest('base64')
}

/** Account that the request names; empty when it names none. */
export function readUsername(headers: IncomingHttpHeaders): string {
  return readPair(headers)?.username ?? ''
}

/** Says why the request is not let in; undefined when it is. */
export function refuseAuthentication(
  headers: IncomingHttpHeaders,
  credentials: ChinanetcenterCredentials,
  nowMs: number,
  maxClockSkewSeconds: number,
): string | undefined {
  const pair = readPair(headers)
  if (pair === undefined) return 'no Basic authorization'
  const date = readDate(headers)
  if (date === undefined) return 'no Date'
  const dateMs = Date.parse(date)
  // Reading and writing the date again also finds out wrong weekdays and days that do not exist.
  if (!RFC_1123.test(date) || Number.isNaN(dateMs) || new Date(dateMs).toUTCString() !== date) return 'bad Date'
  if (pair.username !== credentials.username) return 'unknown user'
  if (pair.password !== chinanetcenterPassword(credentials.apiKey, date)) return 'wrong password'
  if (Math.abs(nowMs - dateMs) > maxClockSkewSeconds * 1000) return 'Date too far off'
  return undefined
}

/** `x-cnc-date` stands in for `Date` where a client cannot set the latter, so it wins. */
function readDate(headers: IncomingHttpHeaders): string | undefined {
  const substitute = headers['x-cnc-date']
  return typeof substitute === 'string' ? substitute : headers.date
}

function readPair(headers: IncomingHttpHeaders): { username: string; password: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/]+={0,2})$/.exec(headers.authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) }
}
