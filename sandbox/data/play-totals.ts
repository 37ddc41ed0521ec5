import { type PlaySample, playSampleAt } from './samples.ts'
import { isLive, type SandboxStream } from './stream.ts'
import type { StreamSet } from './stream-set.ts'

/** Viewers stay through an encoder's reconnect of up to this long, so the play history has no hole there. */
const PLAY_GRACE_SECONDS = 60

const MOST_REMEMBERED = 50_000

/** Whether a minute (UNIX seconds) of a stream has a play sample. */
export function isPlayed(stream: SandboxStream, minute: number): boolean {
  return isLive(stream, minute, PLAY_GRACE_SECONDS)
}

/** Sum of the streams' samples of one minute. */
export function addUp(streams: Iterable<SandboxStream>, minute: number): PlaySample {
  let viewers = 0
  let bitsPerSecond = 0
  for (const stream of streams) {
    const sample = playSampleAt(stream, minute)
    viewers += sample.viewers
    bitsPerSecond += sample.bitsPerSecond
  }
  return { viewers, bitsPerSecond }
}

/** Play figures of all streams together; remembered, because thousands of streams over two hours are slow to add up. */
export class PlayTotals {
  readonly #streams: StreamSet
  readonly #totals = new Map<string, PlaySample | undefined>()
  #changes = -1

  /** @param streams - the account's streams */
  constructor(streams: StreamSet) {
    this.#streams = streams
  }

  /**
   * Total of one past minute (UNIX seconds), of one playback domain or of all; undefined when nothing was played.
   */
  find(minute: number, domain: string | undefined): PlaySample | undefined {
    if (this.#changes !== this.#streams.changes || this.#totals.size > MOST_REMEMBERED) this.#totals.clear()
    this.#changes = this.#streams.changes
    const name = `${minute} ${domain ?? ''}`
    if (!this.#totals.has(name)) this.#totals.set(name, this.#total(minute, domain))
    return this.#totals.get(name)
  }

  #total(minute: number, domain: string | undefined): PlaySample | undefined {
    const played = [...this.#streams.all()].filter(
      (stream) => (domain === undefined || stream.playDomain === domain) && isPlayed(stream, minute),
    )
    return played.length === 0 ? undefined : addUp(played, minute)
  }
}
