import { dayCurve } from './curve.ts'
import { fraction, mix, smoothNoise, whole } from './noise.ts'
import type { Push } from './schedule.ts'
import type { SandboxStream } from './stream.ts'

/** Push figures are observed on a grid of this many seconds, aligned to the epoch. */
export const PUSH_STEP_SECONDS = 5

/** Play figures are observed on a grid of this many seconds, aligned to the epoch. */
export const PLAY_STEP_SECONDS = 60

/** What the ingest saw of one stream at one instant. */
export interface PushSample {
  /** Address the encoder pushed from. */
  clientIp: string
  /** Ingest server that took the push. */
  serverIp: string
  /** Frames per second, whole. */
  framesPerSecond: number
  /** Bit rate in bit/s, whole. */
  bitsPerSecond: number
}

/** What the playback side saw of one stream in one minute. */
export interface PlaySample {
  /** Viewers at that instant. */
  viewers: number
  /** Playback bandwidth in bit/s. */
  bitsPerSecond: number
}

const PUSH_SALT = 0x51ab
const PLAY_SALT = 0x7c3d

/** The ingest's view at a second of a push; addresses stay the same for the whole push. */
export function pushSampleAt(stream: SandboxStream, push: Push, second: number): PushSample {
  const hash = mix(stream.hash, PUSH_SALT)
  const step = Math.floor(second / PUSH_STEP_SECONDS)
  const session = mix(hash, Math.floor(push.startedAt))
  const wobble = 1 + 0.08 * smoothNoise(hash, second / 90) + 0.03 * (fraction(hash, step) - 0.5)
  // The encoder needs a few seconds after a connect to reach its rate.
  const warmUp = Math.min(1, 0.4 + (second - push.startedAt) / 20)
  const dropsFrames = mix(hash, step) % 23 === 0
  return {
    clientIp: `203.0.113.${whole(stream.hash, 11, 1, 200) + whole(session, 1, 0, 40)}`,
    serverIp: `198.51.100.${whole(session, 2, 1, 240)}`,
    framesPerSecond: stream.framesPerSecond - (dropsFrames ? whole(hash, step + 1, 1, 4) : 0),
    bitsPerSecond: Math.round(stream.bitsPerSecond * wobble * warmUp),
  }
}

/** The playback side's view at a minute (UNIX seconds, a multiple of 60). */
export function playSampleAt(stream: SandboxStream, minute: number): PlaySample {
  const hash = mix(stream.hash, PLAY_SALT)
  const drift = 1 + 0.25 * smoothNoise(hash, minute / 1500) + 0.1 * (fraction(hash, minute / 60) - 0.5)
  const viewers = Math.max(0, Math.round(stream.audience * dayCurve(minute) * drift))
  const overhead = 1 + 0.04 * smoothNoise(hash ^ 1, minute / 240)
  return { viewers, bitsPerSecond: Math.round(viewers * stream.bitsPerSecond * overhead) }
}
