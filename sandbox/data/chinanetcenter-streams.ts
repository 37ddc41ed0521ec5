import { fraction, hashText, mix, whole } from './noise.ts'
import type { Push, Schedule } from './schedule.ts'
import type { SandboxStream } from './stream.ts'

/** Push domains of the ChinaNetCenter account. */
const CHINANETCENTER_DOMAINS = ['push.example.com', 'push.example.org'] as const

/** ChinaNetCenter streams (publish point and name) that exist on both domains beside the rooms. */
const CHINANETCENTER_SPECIAL_STREAMS = {
  /** Drops the connection for 30 to 90 s every ten minutes. */
  flapping: 'live/flap',
  /** Pushed twice a day until a day before the sandbox started. */
  offline: 'live/offline',
  /** Known, but without a single push. */
  silent: 'live/silent',
  /** Not known to the provider at all. */
  never: 'live/never',
} as const

const HOUR = 3600
const LIFE_SECONDS = 200 * 86_400
const REPORT_SALT = 0x3b19

/** Name of the n-th room of a domain, n from 1, as the report spells streams. */
function chinanetcenterRoom(domain: string, number: number): string {
  return `${domain}/live/room${number}`
}

/**
 * The account's streams: `count` rooms per domain and the special ones. Room 1 of each domain always pushes.
 *
 * @param seed - changes every random figure
 * @param count - rooms per domain, 0 or more
 * @param startedAt - when the sandbox started, UNIX seconds
 */
export function chinanetcenterStreams(seed: number, count: number, startedAt: number): SandboxStream[] {
  const from = startedAt - (startedAt % HOUR) - LIFE_SECONDS
  const endless = { from, until: Number.POSITIVE_INFINITY }
  const always = { slotSeconds: 12 * HOUR, leastPauseSeconds: 20, mostPauseSeconds: 20, ...endless }
  const often = { slotSeconds: 6 * HOUR, leastPauseSeconds: 2 * HOUR, mostPauseSeconds: 5 * HOUR, ...endless }
  const { flapping, offline, silent } = CHINANETCENTER_SPECIAL_STREAMS
  const streams: SandboxStream[] = []
  for (const domain of CHINANETCENTER_DOMAINS) {
    for (let number = 1; number <= count; number += 1) {
      const key = chinanetcenterRoom(domain, number)
      const schedule = number === 1 ? always : often
      const phaseSeconds = whole(hashText(key, seed), 6, 0, schedule.slotSeconds - 1)
      streams.push(chinanetcenterStream(seed, key, { ...schedule, phaseSeconds }))
    }
    const flap = { slotSeconds: 600, phaseSeconds: 0, leastPauseSeconds: 30, mostPauseSeconds: 90, ...endless }
    const until = startedAt - (startedAt % HOUR) - 24 * HOUR
    streams.push(
      chinanetcenterStream(seed, `${domain}/${flapping}`, flap),
      chinanetcenterStream(seed, `${domain}/${offline}`, { ...often, phaseSeconds: 0, until }),
      chinanetcenterStream(seed, `${domain}/${silent}`, { ...often, phaseSeconds: 0, until: from }),
    )
  }
  return streams
}

/** A stream with a name's own figures. */
export function chinanetcenterStream(seed: number, key: string, schedule: Schedule): SandboxStream {
  return {
    key,
    hash: hashText(key, seed),
    schedule,
    switches: [],
    forbidden: false,
    audience: 0,
    bitsPerSecond: 0,
    framesPerSecond: 0,
    playDomain: '',
  }
}

/**
 * The duration that the report gives for a push of `spanSeconds`, in milliseconds: the span itself, or, for two pushes in
 * five of all streams but room 1, a good deal less, as in the vendor's sample.
 */
export function reportedMs(stream: SandboxStream, push: Push, spanSeconds: number): number {
  const hash = mix(mix(stream.hash, REPORT_SALT), push.startedAt)
  const share = hash % 5 < 2 && !stream.key.endsWith('/live/room1') ? 0.3 + 0.5 * fraction(hash, 1) : 1
  return Math.floor(spanSeconds * share) * 1000
}
