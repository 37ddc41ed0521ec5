import { toBeijingTime } from './beijing-time.ts'
import { mix } from './noise.ts'
import type { Push } from './schedule.ts'
import { findPush, type SandboxStream } from './stream.ts'

/** A screenshot message as it goes over the wire; the sandbox makes the two documented forms, tests may push any. */
export type SnapshotMessage = Record<string, unknown>

/** What the tests and the control port may do to the screenshot queue. */
export interface SnapshotControl {
  /** Messages waiting now. */
  readonly size: number
  /** Messages that were handed out by calls so far. */
  readonly popped: number
  /** Messages that were lost because the queue was full. */
  readonly dropped: number
  /** Every message handed out so far, in order; the newest 100 000 are kept. */
  readonly poppedMessages: readonly SnapshotMessage[]
  /** Puts messages at the end of the queue, as they are. */
  push(...messages: SnapshotMessage[]): void
  /** Puts `count` made-up messages, no two alike, at the end of the queue. */
  fill(count: number): void
  /** Empties the queue; nothing counts as handed out. */
  clear(): void
}

/** Tencent takes one picture per stream each 10 s, on a grid aligned to the epoch. */
const SNAPSHOT_STEP_SECONDS = 10

const MOST_REMEMBERED = 100_000

/**
 * The account's screenshot queue: oldest first, bounded (the oldest give way), and read destructively. Messages are made
 * when somebody looks, for all the instants since the last look.
 */
export class SnapshotQueue implements SnapshotControl {
  readonly #photographed: (second: number) => Iterable<SandboxStream>
  readonly #now: () => number
  readonly #capacity: number
  readonly #bucketHost: string
  readonly #poppedMessages: SnapshotMessage[] = []
  #messages: SnapshotMessage[] = []
  #madeUntil: number
  #popped = 0
  #dropped = 0
  #filled = 0

  /**
   * @param photographed - streams whose pictures are taken at a second
   * @param now - the provider's clock, UNIX seconds
   * @param capacity - most messages that wait at a time
   * @param backlogSeconds - pretend that pictures have been taken for so long already
   * @param bucketHost - host name of the picture storage
   */
  constructor(
    photographed: (second: number) => Iterable<SandboxStream>,
    now: () => number,
    capacity: number,
    backlogSeconds: number,
    bucketHost: string,
  ) {
    this.#photographed = photographed
    this.#now = now
    this.#capacity = capacity
    this.#bucketHost = bucketHost
    this.#madeUntil = now() - backlogSeconds
  }

  get size(): number {
    this.#make()
    return this.#messages.length
  }

  get popped(): number {
    return this.#popped
  }

  get dropped(): number {
    return this.#dropped
  }

  get poppedMessages(): readonly SnapshotMessage[] {
    return this.#poppedMessages
  }

  push(...messages: SnapshotMessage[]): void {
    this.#make()
    this.#append(messages)
  }

  fill(count: number): void {
    const now = this.#now()
    const messages = Array.from({ length: count }, () => {
      this.#filled += 1
      return { stream_id: '8888_room1', pic_full_url: this.#url(`filled/${this.#filled}.jpg`), create_time: now }
    })
    this.#make()
    this.#append(messages)
  }

  clear(): void {
    this.#make()
    this.#messages = []
  }

  /** Takes up to `count` of the oldest messages away. */
  pop(count: number): SnapshotMessage[] {
    this.#make()
    const batch = this.#messages.splice(0, count)
    this.#popped += batch.length
    this.#poppedMessages.push(...batch)
    if (this.#poppedMessages.length > MOST_REMEMBERED) {
      this.#poppedMessages.splice(0, this.#poppedMessages.length - MOST_REMEMBERED)
    }
    return batch
  }

  #make(): void {
    const now = this.#now()
    const newest = Math.floor(now / SNAPSHOT_STEP_SECONDS) * SNAPSHOT_STEP_SECONDS
    const oldest = Math.floor(this.#madeUntil / SNAPSHOT_STEP_SECONDS + 1) * SNAPSHOT_STEP_SECONDS
    this.#madeUntil = Math.max(this.#madeUntil, now)
    // Looked at backwards, so that a long time without a look costs no more than a full queue.
    const instants: SnapshotMessage[][] = []
    let made = 0
    for (let second = newest; second >= oldest && made < this.#capacity; second -= SNAPSHOT_STEP_SECONDS) {
      const messages = this.#messagesAt(second)
      if (messages.length === 0 && instants.length > this.#capacity) break
      made += messages.length
      instants.push(messages)
    }
    this.#append(instants.reverse().flat())
  }

  #append(messages: readonly SnapshotMessage[]): void {
    for (const message of messages) this.#messages.push(message)
    const surplus = this.#messages.length - this.#capacity
    if (surplus <= 0) return
    this.#messages.splice(0, surplus)
    this.#dropped += surplus
  }

  #messagesAt(second: number): SnapshotMessage[] {
    const messages: SnapshotMessage[] = []
    for (const stream of this.#photographed(second)) {
      const push = findPush(stream, second)
      if (push !== undefined) messages.push(this.#toMessage(stream, push, second))
    }
    return messages
  }

  #toMessage(stream: SandboxStream, push: Push, second: number): SnapshotMessage {
    const hash = mix(stream.hash, second)
    if (hash % 2 === 0) {
      const time = toBeijingTime(second).slice(11).replaceAll(':', '-')
      const day = toBeijingTime(second).slice(0, 10)
      const path = `${encodeURIComponent(stream.key)}/${day}-${time}-1280x720.jpg`
      return { stream_id: stream.key, pic_full_url: this.#url(path), create_time: second }
    }
    // Some real names lack the start of the screenshot task.
    const task = hash % 16 === 1 ? '' : `_${push.startedAt + 1}`
    const name = `${stream.key}_${push.startedAt}${task}_${second - push.startedAt}_300_168.jpg`
    return { stream_id: stream.key, pic_url: name }
  }

  #url(path: string): string {
    return `http://${this.#bucketHost}/${path}`
  }
}
