import { beijingMidnight } from './beijing-time.ts'
import { fraction, hashText, whole } from './noise.ts'
import type { Schedule } from './schedule.ts'
import type { SandboxStream } from './stream.ts'

/** Playback domains of the Tencent account; every stream belongs to one of them. */
const TENCENT_PLAY_DOMAINS = ['play1.example.com', 'play2.example.com', 'play.example.org'] as const

/** Tencent streams that are not simply live, by what they are for. */
export const TENCENT_SPECIAL_STREAMS = {
  /** Live, but drops the connection for 35 to 45 s every three minutes. */
  flapping: '8888_room3',
  /** Disabled by the provider (status 3); pushed until three to four hours before the sandbox started. */
  forbidden: '8888_forbidden',
  /** Off since two to three hours before the sandbox started, with twenty days of history before that. */
  offline: '8888_offline',
  /** As `offline`, under a name that breaks careless URL builders. */
  awkward: '8888_课堂 #1 & a=b+c@d%2F/?',
  /** As `offline`, under a name of digits only. */
  digits: '88880001',
  /** Never pushed; the provider does not know it. */
  never: '8888_never',
} as const

const DAY = 86_400
const LIFE_DAYS = 20

/** Name of the n-th live stream, n from 1. */
export function tencentRoom(number: number): string {
  return `8888_room${number}`
}

/**
 * The account's streams: `count` live rooms, then the special ones.
 *
 * @param seed - changes every random figure
 * @param count - live streams, 0 or more
 * @param startedAt - when the sandbox started, UNIX seconds
 */
export function tencentStreams(seed: number, count: number, startedAt: number): SandboxStream[] {
  const from = beijingMidnight(startedAt) - LIFE_DAYS * DAY
  const streams: SandboxStream[] = []
  for (let number = 1; number <= count; number += 1) {
    const key = tencentRoom(number)
    streams.push(tencentStream(seed, key, roomSchedule(number, hashText(key, seed), from)))
  }
  const hour = Math.floor(startedAt / 3600) * 3600
  const { forbidden, offline, awkward, digits } = TENCENT_SPECIAL_STREAMS
  for (const key of [offline, awkward, digits]) {
    streams.push(tencentStream(seed, key, dailySchedule(hour, 2, from)))
  }
  streams.push({ ...tencentStream(seed, forbidden, dailySchedule(hour, 3, from)), forbidden: true })
  return streams
}

/** A stream with a name's own audience, bit rate and playback domain. */
export function tencentStream(seed: number, key: string, schedule: Schedule): SandboxStream {
  const hash = hashText(key, seed)
  const isMain = key === tencentRoom(1) || key === tencentRoom(2)
  const popularity = isMain ? 40 : (1 - fraction(hash, 1)) ** -0.8
  return {
    key,
    hash,
    schedule,
    switches: [],
    forbidden: false,
    audience: Math.min(3000, Math.round(popularity * whole(hash, 2, 8, 20))),
    bitsPerSecond: whole(hash, 3, 6, 24) * 100_000,
    framesPerSecond: [24, 25, 30][whole(hash, 4, 0, 2)] ?? 25,
    playDomain: TENCENT_PLAY_DOMAINS[whole(hash, 5, 0, TENCENT_PLAY_DOMAINS.length - 1)] ?? TENCENT_PLAY_DOMAINS[0],
  }
}

/** Rooms 1 and 2 reconnect weekly and leave no gap; the others several times a day for 5 to 45 s. */
function roomSchedule(number: number, hash: number, from: number): Schedule {
  const life = { from, until: Number.POSITIVE_INFINITY }
  if (number <= 2) {
    return { slotSeconds: 7 * DAY, phaseSeconds: 4 * DAY, leastPauseSeconds: 0, mostPauseSeconds: 0, ...life }
  }
  if (tencentRoom(number) === TENCENT_SPECIAL_STREAMS.flapping) {
    return { slotSeconds: 180, phaseSeconds: 0, leastPauseSeconds: 35, mostPauseSeconds: 45, ...life }
  }
  const slotSeconds = 6 * 3600
  return {
    slotSeconds,
    phaseSeconds: whole(hash, 6, 0, slotSeconds - 1),
    leastPauseSeconds: 5,
    mostPauseSeconds: 45,
    ...life,
  }
}

/** Three to four hours of pushing out of every twelve, so that every day has history; ended `hoursAgo` before `hour`. */
function dailySchedule(hour: number, hoursAgo: number, from: number): Schedule {
  const until = hour - hoursAgo * 3600
  const slotSeconds = 12 * 3600
  return {
    slotSeconds,
    // The last push ends exactly at `until`, so that the hours before it always hold history.
    phaseSeconds: until % slotSeconds,
    leastPauseSeconds: 8 * 3600,
    mostPauseSeconds: 9 * 3600,
    from,
    until,
  }
}
