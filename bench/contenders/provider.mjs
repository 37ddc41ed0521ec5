// The provider's calls as one writes them by hand: signed, fetched with undici, turned into the schema's words.
import { createHash } from 'node:crypto'
import { Pool } from 'undici'
import { options } from './options.mjs'

const { statistics, appId, apiKey } = options.provider ?? {}
const address = new URL(statistics ?? 'http://127.0.0.1')
const pool = new Pool(address.origin, { connections: 64 })

async function call(name, parameters) {
  const t = String(Math.floor(Date.now() / 1000) + 60)
  const sign = createHash('md5')
    .update(apiKey + t)
    .digest('hex')
  const query = new URLSearchParams({ cmd: String(appId), interface: name, ...parameters, t, sign })
  const { statusCode, body } = await pool.request({ path: `${address.pathname}?${query}`, method: 'GET' })
  const answer = await body.json()
  if (statusCode !== 200 || answer.ret !== 0) throw new Error(`${name}: ${answer.ret ?? statusCode}`)
  return answer.output
}

const toTime = (text) => new Date(`${text.replace(' ', 'T')}+08:00`).toISOString()
const toSeconds = (time) => String(Math.floor(Date.parse(time) / 1000))
const isInside =
  ({ from, to }) =>
  ({ observedAt }) =>
    Date.parse(observedAt) >= Date.parse(from) && Date.parse(observedAt) < Date.parse(to)

function toLive(row, fetchedAt) {
  return {
    onlineViewers: row.online,
    bandwidthBitsPerSecond: Math.round(row.bandwidth * 1e6),
    push: {
      observedAt: fetchedAt,
      frameRate: row.fps,
      bitrateBitsPerSecond: row.speed,
      clientIp: row.client_ip,
      serverIp: row.server_ip,
    },
    fetchedAt,
    stale: false,
  }
}

/** What is measured of one stream now; null when it is not live. */
export async function getLive(key) {
  const output = await call('Get_LiveStat', {
    'Param.n.page_no': '1',
    'Param.n.page_size': '300',
    'Param.s.stream_id': key,
  })
  const row = output.stream_info?.[0]
  return row === undefined ? null : toLive(row, new Date().toISOString())
}

/** The first so many live streams by key. */
export async function listLive(first) {
  const rows = []
  for (let page = 1; ; page += 1) {
    const output = await call('Get_LiveStat', { 'Param.n.page_no': String(page), 'Param.n.page_size': '300' })
    rows.push(...output.stream_info)
    if (output.stream_info.length < 300) break
  }
  const fetchedAt = new Date().toISOString()
  return rows
    .map((row) => ({ id: row.stream_name, key: row.stream_name, state: 'LIVE', live: toLive(row, fetchedAt) }))
    .sort((one, other) => (one.key < other.key ? -1 : 1))
    .slice(0, first)
}

/** Samples of playback in a range of two hours at most. */
export async function listPlay(key, range) {
  const output = await call('Get_LivePlayStatHistory', {
    'Param.n.start_time': toSeconds(range.from),
    'Param.n.end_time': toSeconds(range.to),
    'Param.s.stream_id': key,
  })
  return output.stat_info
    .map((row) => ({
      observedAt: toTime(row.time),
      onlineViewers: row.online,
      bandwidthBitsPerSecond: Math.round(row.bandwidth * 1e6),
      trafficBytes: Math.round(row.flux * 1e6),
    }))
    .filter(isInside(range))
}

/** Samples of ingest in a range of two hours at most. */
export async function listPush(key, range) {
  const output = await call('Get_LivePushStatHistory', {
    'Param.n.start_time': toSeconds(range.from),
    'Param.n.end_time': toSeconds(range.to),
    'Param.s.stream_id': key,
  })
  return output.stream_info
    .map((row) => ({
      observedAt: toTime(row.time),
      frameRate: row.fps,
      bitrateBitsPerSecond: row.speed,
      clientIp: row.client_ip,
      serverIp: row.server_ip,
    }))
    .filter(isInside(range))
}
