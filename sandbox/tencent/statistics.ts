import type { Answer } from '../answer.ts'
import { toBeijingTime } from '../data/beijing-time.ts'
import { addUp, isPlayed } from '../data/play-totals.ts'
import { PLAY_STEP_SECONDS, type PlaySample, PUSH_STEP_SECONDS, playSampleAt, pushSampleAt } from '../data/samples.ts'
import { findPush, listPushes, type SandboxStream } from '../data/stream.ts'
import type { TencentAccount } from './account.ts'
import { toAnswer, toRefusal, toSuccess } from './envelope.ts'
import type { Parameters } from './parameters.ts'

const DAY = 86_400
const LONGEST_SPAN_SECONDS = 7200
const PLAY_RETENTION_SECONDS = 15 * DAY
const PUSH_RETENTION_SECONDS = 3 * DAY

const INVALID_PARAMETER = 1204
const NO_LIVE_STREAM = 1301
const NO_DATA = 10_003

/** Get_LiveStat: push and play figures of the streams that are live now; the totals are those of the whole account. */
export function getLiveStat(account: TencentAccount, { numbers, texts }: Parameters): Answer {
  const now = account.now()
  const live = account.streams.live(now)
  if (live.length === 0) return toAnswer('statistics', NO_LIVE_STREAM, 'has not live stream', [])
  const { stream_id: key, pull_domain: domain } = texts as { stream_id?: string; pull_domain?: string }
  const inDomain = domain === undefined ? live : live.filter((stream) => stream.playDomain === domain)
  const chosen = key === undefined ? inDomain : inDomain.filter((stream) => stream.key === key)
  if (key !== undefined && chosen.length === 0) return toSuccess('statistics', [])
  const size = numbers['page_size'] ?? 300
  const first = ((numbers['page_no'] ?? 1) - 1) * size
  const total = addUp(live, floorTo(now, PLAY_STEP_SECONDS))
  const page = chosen.slice(first, first + size)
  const output = {
    stream_count: inDomain.length,
    stream_info: page.map((stream) => toLiveItem(stream, now)),
    total_bandwidth: toMegabits(total.bitsPerSecond),
    total_online: total.viewers,
  }
  return { ...toSuccess('statistics', output), rows: page.length }
}

/** Get_LivePlayStatHistory: one row a minute, of a stream or of the account, in one playback domain or in all. */
export function getLivePlayStatHistory(account: TencentAccount, { numbers, texts }: Parameters): Answer {
  const window = toWindow(account, numbers, PLAY_RETENTION_SECONDS, PLAY_STEP_SECONDS)
  if (typeof window === 'string') return toRefusal('statistics', INVALID_PARAMETER, window)
  const { stream_id: key, domain } = texts as { stream_id?: string; domain?: string }
  const stream = key === undefined ? undefined : account.streams.find(key)
  const isElsewhere = domain !== undefined && stream?.playDomain !== domain
  const rows = []
  let sum = 0
  for (let minute = window.first; minute <= window.last; minute += PLAY_STEP_SECONDS) {
    let sample: PlaySample | undefined
    if (key === undefined) sample = account.playTotals.find(minute, domain)
    else if (stream !== undefined && !isElsewhere && isPlayed(stream, minute)) sample = playSampleAt(stream, minute)
    if (sample === undefined) continue
    const flux = toMegabytes(sample.bitsPerSecond)
    sum += flux
    rows.push({
      time: toBeijingTime(minute),
      bandwidth: toMegabits(sample.bitsPerSecond),
      online: sample.viewers,
      flux,
    })
  }
  const output = { ...texts, stat_info: rows, sum_info: { sum_flux: Math.round(sum * 1000) / 1000 } }
  return rows.length === 0 ? noData(output) : { ...toSuccess('statistics', output), rows: rows.length }
}

/** Get_LivePushStatHistory: one row each five seconds of pushing. */
export function getLivePushStatHistory(account: TencentAccount, { numbers, texts }: Parameters): Answer {
  const window = toWindow(account, numbers, PUSH_RETENTION_SECONDS, PUSH_STEP_SECONDS)
  if (typeof window === 'string') return toRefusal('statistics', INVALID_PARAMETER, window)
  const stream = account.streams.find(texts['stream_id'] ?? '')
  const rows = []
  for (const push of stream === undefined ? [] : listPushes(stream, window.first, window.last + 1)) {
    const first = Math.max(window.first, ceilTo(push.startedAt, PUSH_STEP_SECONDS))
    for (let second = first; second <= window.last && second < push.endedAt; second += PUSH_STEP_SECONDS) {
      if (stream !== undefined) rows.push({ time: toBeijingTime(second), ...toPushHalf(stream, push, second) })
    }
  }
  return rows.length === 0 ? noData([]) : { ...toSuccess('statistics', { stream_info: rows }), rows: rows.length }
}

/** Observation times inside the asked range that are not in the future; a text says why the range is refused. */
function toWindow(
  account: TencentAccount,
  numbers: Parameters['numbers'],
  retentionSeconds: number,
  stepSeconds: number,
): { first: number; last: number } | string {
  const { start_time: start = 0, end_time: end = 0 } = numbers as { start_time?: number; end_time?: number }
  const now = account.now()
  if (end <= start) return 'invalid input param: end_time must be after start_time'
  if (end - start > LONGEST_SPAN_SECONDS) return 'invalid input param: span over 2 hours'
  if (start < now - retentionSeconds) return 'invalid input param: start_time too long ago'
  const last = account.endTimeInclusive ? end : end - 1
  return { first: ceilTo(start, stepSeconds), last: floorTo(Math.min(last, now), stepSeconds) }
}

function toLiveItem(stream: SandboxStream, now: number) {
  const play = playSampleAt(stream, floorTo(now, PLAY_STEP_SECONDS))
  const observedAt = floorTo(now, PUSH_STEP_SECONDS)
  // While the encoder reconnects, and right after it connected, the nearest push speaks for the stream.
  const push = findPush(stream, observedAt) ?? findPush(stream, now) ?? listPushes(stream, now - DAY, now + 1).at(-1)
  const pushHalf = push === undefined ? {} : toPushHalf(stream, push, Math.max(push.startedAt, observedAt))
  return {
    stream_name: stream.key,
    bandwidth: toMegabits(play.bitsPerSecond),
    online: play.viewers,
    ...pushHalf,
  }
}

function toPushHalf(stream: SandboxStream, push: { startedAt: number; endedAt: number }, second: number) {
  const sample = pushSampleAt(stream, push, second)
  return {
    client_ip: sample.clientIp,
    server_ip: sample.serverIp,
    fps: sample.framesPerSecond,
    speed: sample.bitsPerSecond,
  }
}

function noData(output: unknown): Answer {
  return toAnswer('statistics', NO_DATA, 'query data is empty', output)
}

function toMegabits(bitsPerSecond: number): number {
  return Math.round(bitsPerSecond / 1000) / 1000
}

/** Megabytes that a minute at this bandwidth moves. */
function toMegabytes(bitsPerSecond: number): number {
  return Math.round((bitsPerSecond * PLAY_STEP_SECONDS) / 8 / 1000) / 1000
}

function floorTo(second: number, step: number): number {
  return Math.floor(second / step) * step
}

function ceilTo(second: number, step: number): number {
  return Math.ceil(second / step) * step
}
