import { createHash, createHmac } from 'node:crypto'
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http'
import type { Sandbox } from '../../sandbox/sandbox.ts'

/** Tuesday 2026-01-20 16:51:33 in Beijing. */
export const NOW_MS = Date.UTC(2026, 0, 20, 8, 51, 33)
export const NOW = NOW_MS / 1000

export interface Reply {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

export function send(url: string, options: RequestOptions = {}, body?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, ...options }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const STATISTICS = new Set(['Get_LiveStat', 'Get_LivePlayStatHistory', 'Get_LivePushStatHistory'])

export function tencentUrl(sandbox: Sandbox, name: string, parameters: Record<string, string | number> = {}): string {
  const { appId, apiKey } = sandbox.credentials.tencent
  const t = Math.floor(sandbox.nowMs() / 1000) + 60
  const sign = createHash('md5').update(`${apiKey}${t}`).digest('hex')
  const own = Object.entries(parameters).map(([key, value]) => `&${key}=${encodeURIComponent(value)}`)
  const isStatistics = STATISTICS.has(name)
  const base = isStatistics ? sandbox.urls.tencentStatistics : sandbox.urls.tencentControl
  return `${base}?${isStatistics ? 'cmd' : 'appid'}=${appId}&interface=${name}${own.join('')}&t=${t}&sign=${sign}`
}

// Answers are what the tests look into; `any` keeps that readable.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Loose = any

export async function askTencent(
  sandbox: Sandbox,
  name: string,
  parameters: Record<string, string | number> = {},
): Promise<Loose> {
  return JSON.parse((await send(tencentUrl(sandbox, name, parameters))).text)
}

export function reportHeaders(sandbox: Sandbox, atMs = sandbox.nowMs()): Record<string, string> {
  const { username, apiKey } = sandbox.credentials.chinanetcenter
  const date = new Date(atMs).toUTCString()
  const password = createHmac('sha1', apiKey).update(date).digest('base64')
  return {
    Date: date,
    Accept: 'application/json',
    'Content-Type': 'application/json',
    Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
  }
}

export function reportUrl(sandbox: Sandbox): string {
  return `${sandbox.urls.chinanetcenter}/api/report/domain/stream/duration`
}

export async function askReport(
  sandbox: Sandbox,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Reply & { json: Loose }> {
  const options = { method: 'POST', headers: { ...reportHeaders(sandbox), ...headers } }
  const reply = await send(reportUrl(sandbox), options, JSON.stringify(body))
  const isJson = reply.headers['content-type']?.startsWith('application/json') === true
  return { ...reply, json: isJson ? JSON.parse(reply.text) : undefined }
}
