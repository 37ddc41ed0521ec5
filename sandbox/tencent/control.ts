import type { Answer } from '../answer.ts'
import { beijingMidnight, toBeijingTime } from '../data/beijing-time.ts'
import { mix } from '../data/noise.ts'
import { listSegments, type RecordingSegment, toFile } from '../data/recordings.ts'
import { type SandboxStream, wasSeen } from '../data/stream.ts'
import type { TencentAccount } from './account.ts'
import { toAnswer, toRefusal, toSuccess } from './envelope.ts'
import type { Parameters } from './parameters.ts'

/** "Parameter error" of the older video-cloud list, which the control host is believed to share. */
export const CONTROL_INVALID_PARAMETER = 1000

const NEVER_PUSHED = 20_601

/** The vendor's way to say "kept for ever": 2^31 - 1 in Beijing time. */
const NEVER_EXPIRES = '2038-01-19 11:14:07'

/** Live_Queue_Get: takes the oldest screenshot messages away; nobody gets them again. */
export function getQueue(account: TencentAccount, { numbers }: Parameters): Answer {
  const data = account.snapshots.pop(numbers['count'] ?? 1)
  return { ...toSuccess('control', { count: data.length, data }), taken: data }
}

/** Live_Tape_GetFilelist: the closed recording segments of one stream. */
export function getRecordings(account: TencentAccount, { numbers, texts }: Parameters): Answer {
  const { start_time: from, end_time: to } = numbers as { start_time?: number; end_time?: number }
  if ((from === undefined) !== (to === undefined)) return invalid('start_time and end_time belong together')
  if (from !== undefined && to !== undefined) {
    if (to < from) return invalid('end_time must not be before start_time')
    if (beijingMidnight(from) !== beijingMidnight(to)) return invalid('start_time and end_time must be of one day')
  }
  const stream = account.streams.find(texts['channel_id'] ?? '')
  const all = stream === undefined ? [] : listSegments(stream, account.now())
  const chosen = all.filter(({ startedAt }) => startedAt >= (from ?? startedAt) && startedAt <= (to ?? startedAt))
  if (texts['sort_type'] === 'desc') chosen.reverse()
  const size = numbers['page_size'] ?? 10
  const first = ((numbers['page_no'] ?? 1) - 1) * size
  const page = chosen.slice(first, first + size)
  const files = stream === undefined ? [] : page.map((segment) => toFileItem(account, stream, segment))
  return { ...toSuccess('control', { all_count: chosen.length, file_list: files }), rows: files.length }
}

/** Live_Channel_GetStatus: a list of one object. */
export function getStatus(account: TencentAccount, { texts }: Parameters): Answer {
  const now = account.now()
  const stream = account.streams.find(texts['channel_id'] ?? '')
  if (stream === undefined || !wasSeen(stream, now)) {
    return toAnswer('control', NEVER_PUSHED, 'stream id never pushed')
  }
  const status = account.streams.isLive(stream, now) ? 1 : 0
  return toSuccess('control', [{ ...toEncoding(stream), status: stream.forbidden ? 3 : status }])
}

function toEncoding(stream: SandboxStream) {
  const hash = mix(stream.hash, 0x57a7)
  const size = hash % 3 === 0 ? { width: 1280, height: 720 } : {}
  return { rate_type: [0, 0, 10, 20][hash % 4] ?? 0, recv_type: 1 + (mix(hash, 1) % 3), ...size }
}

function toFileItem(account: TencentAccount, stream: SandboxStream, segment: RecordingSegment) {
  const file = toFile(stream, segment, account.appId)
  return {
    id: file.id,
    appid: String(account.appId),
    stream_id: stream.key,
    task_id: null,
    vid: file.videoId,
    file_id: file.fileId,
    record_file_id: file.fileId,
    record_file_url: file.url,
    start_time: toBeijingTime(segment.startedAt),
    end_time: toBeijingTime(segment.endedAt),
    create_time: toBeijingTime(segment.createdAt),
    expire_time: NEVER_EXPIRES,
    file_size: String(file.sizeBytes),
    file_format: '3',
    err_code: '0',
    task_sub_type: '0',
    vod2Flag: '1',
    record_type: null,
    report_message: null,
  }
}

function invalid(text: string): Answer {
  return toRefusal('control', CONTROL_INVALID_PARAMETER, text)
}
