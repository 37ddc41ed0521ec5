import { reportedMs } from '../data/chinanetcenter-streams.ts'
import { mix } from '../data/noise.ts'
import { listPushes, type SandboxStream } from '../data/stream.ts'
import type { Period } from './period.ts'

/** One domain asked for; without `streams` all of its streams. */
export interface AskedDomain {
  /** Host name of the push domain. */
  domain: string
  /** `publish point/name`, without the domain. */
  streams: ReadonlySet<string> | undefined
}

/** The report's `data`: one entry per known domain, in the order asked; unknown domains are left out silently. */
export function reportDurations(
  streams: readonly SandboxStream[],
  asked: readonly AskedDomain[],
  period: Period,
  now: number,
) {
  return asked
    .map((entry) => ({ ...entry, known: streams.filter((stream) => domainOf(stream) === entry.domain) }))
    .filter(({ known }) => known.length > 0)
    .map(({ domain, streams: wanted, known }) => ({
      domain,
      streamList: known
        .filter((stream) => wanted === undefined || wanted.has(stream.key.slice(domain.length + 1)))
        .map((stream) => toStreamEntry(stream, period, now))
        .filter((entry) => entry.durationDetailList.length > 0),
    }))
}

/** Domain of a stream key `domain/publish point/name`. */
export function domainOf(stream: SandboxStream): string {
  return stream.key.slice(0, stream.key.indexOf('/'))
}

/**
 * A push belongs to the period in which it starts and is given whole. One that still runs ends at `now`, so its end and
 * duration grow from call to call.
 */
function toStreamEntry(stream: SandboxStream, period: Period, now: number) {
  const pushes = listPushes(stream, period.from, period.to)
    .filter((push) => push.startedAt >= period.from && push.startedAt < Math.min(period.to, now))
    .map((push) => ({ ...push, endedAt: Math.min(push.endedAt, now) }))
  // The published sample is not in time order either.
  pushes.sort((left, right) => mix(stream.hash, left.startedAt) - mix(stream.hash, right.startedAt))
  const details = pushes.map((push) => ({
    startTime: String(push.startedAt),
    endTime: String(push.endedAt),
    duration: reportedMs(stream, push, push.endedAt - push.startedAt),
  }))
  return {
    stream: stream.key,
    sumTime: details.reduce((sum, detail) => sum + detail.duration, 0),
    durationDetailList: details,
  }
}
