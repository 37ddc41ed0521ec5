import { fraction, mix, whole } from './noise.ts'
import { listPushes, type SandboxStream } from './stream.ts'
import { TENCENT_SPECIAL_STREAMS } from './tencent-streams.ts'

/** When one closed recording segment was made, in UNIX seconds. */
export interface RecordingSegment {
  /** Begin; up to 2 s later than the push because of key frames. */
  startedAt: number
  /** End, at most half an hour after the begin. */
  endedAt: number
  /** When the file became available, some seconds after the end. */
  createdAt: number
  /** Seeds everything else about the file. */
  hash: number
}

/** The file of a segment. */
export interface RecordingFile {
  /** Numeric id, 10 digits. */
  id: string
  /** Id of 19 digits, beyond 2^53. */
  fileId: string
  /** Video id, 9 digits, `_`, 32 hex digits; empty for some. */
  videoId: string
  /** Play address; empty for some. */
  url: string
  /** Size in bytes. */
  sizeBytes: number
}

const LONGEST_SEGMENT_SECONDS = 1800

/** Every segment of a stream that was available at `now`, oldest first. */
export function listSegments(stream: SandboxStream, now: number): RecordingSegment[] {
  const segments: RecordingSegment[] = []
  for (const push of listPushes(stream, stream.schedule.from, now + 1)) {
    for (let start = push.startedAt; start < push.endedAt; start += LONGEST_SEGMENT_SECONDS) {
      const endedAt = Math.min(start + LONGEST_SEGMENT_SECONDS, push.endedAt)
      if (endedAt > now) break
      const hash = mix(stream.hash, start)
      const createdAt = endedAt + whole(hash, 2, 3, 8)
      const startedAt = start + Math.min(whole(hash, 1, 0, 2), endedAt - start)
      if (createdAt <= now) segments.push({ startedAt, endedAt, createdAt, hash })
    }
  }
  if (stream.key === TENCENT_SPECIAL_STREAMS.awkward) addOddities(segments)
  return segments
}

/** The file that holds a segment. */
export function toFile(stream: SandboxStream, segment: RecordingSegment, appId: number): RecordingFile {
  const { hash } = segment
  const seconds = Math.max(0, segment.endedAt - segment.startedAt)
  const hex = [4, 5, 6, 7].map((position) => mix(hash, position).toString(16).padStart(8, '0')).join('')
  const fileId = `9${digits(hash, 8, 10)}${digits(hash, 9, 8)}`
  return {
    id: `1${digits(hash, 3, 9)}`,
    fileId,
    videoId: mix(hash, 10) % 7 === 0 ? '' : `200000000_${hex}`,
    url: mix(hash, 11) % 11 === 0 ? '' : `http://${appId}.vod2.example.invalid/${fileId}/f0.mp4`,
    sizeBytes: Math.round((seconds * stream.bitsPerSecond * (0.95 + 0.1 * fraction(hash, 12))) / 8),
  }
}

/** Real lists hold segments of no length and some that end before they begin. */
function addOddities(segments: RecordingSegment[]): void {
  const [empty, reversed] = segments
  if (empty !== undefined) segments[0] = { ...empty, endedAt: empty.startedAt }
  if (reversed !== undefined) segments[1] = { ...reversed, endedAt: reversed.startedAt - 2 }
}

function digits(hash: number, position: number, length: number): string {
  return String(mix(hash, position)).padStart(length, '0').slice(-length)
}
