// How a WebSocket is doing: whether its client is there, takes what it is sent, and says no more than it may.
import type { Clock } from '#model/clock.ts'
import type { LineReading } from './socket-line.ts'

/** After so long without a sign of its client a socket is asked for one. */
export const PING_EVERY_MS = 15_000
/** How long the client may take for it, once it can have read what was sent before. */
export const PONG_WITHIN_MS = 10_000
/** A client that takes nothing of what waits for it for so long is cut off. */
export const STALLED_MS = 12_000
/** What counts as nothing: a few bytes now and then must not hold a socket. */
const LEAST_TAKEN_BYTES = 1024
/** Of a client for which more than this waits more is expected. */
export const MAX_WAITING_BYTES = 64 * 1024 * 1024
const HURRIED_TAKEN_BYTES = 384 * 1024
/** A client that is slower than this, in bytes per second, may be taken for dead after a large message. */
const LEAST_PACE = 32 * 1024
/** Longest time that a client is given to read what has left; more than 8 MB is never on its way. */
const MAX_READING_MS = 4 * 60_000
/** The same where more waits, which fills what the system holds: on a slow line that is little. */
const BACKLOG_READING_MS = 60_000
/** How many seconds' worth of messages a client may send at once. */
const BURST_SECONDS = 10

/** What is wrong with a socket. */
export type SocketTrouble = 'silent' | 'stalled'

/** What is watched. */
export interface SocketPulseOptions {
  /** Asks the client for a sign of life, and calls back when the question has left. */
  readonly ping: (hasLeft: () => void) => void
  readonly readLine: () => LineReading
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** For long, ≥ 1; ten times as many at once. */
  readonly messagesPerSecond: number
}

/** The state of a socket's client. */
export class SocketPulse {
  private readonly options: SocketPulseOptions
  private allowance: number
  private heardAtMs: number
  /** When the client was last seen to take enough, or to have all, and how much had left then. */
  private mark: { readonly atMs: number; readonly leftBytes: number }
  private lookedAtMs: number
  private leftBytes = 0
  /** How long the client may yet be busy with what has left. */
  private readingMs = 0
  /** Since when the sign that was asked for could be there; undefined until the question has left. */
  private pingedAtMs: number | undefined
  private isPinging = false

  constructor(options: SocketPulseOptions) {
    this.options = options
    this.allowance = options.messagesPerSecond * BURST_SECONDS
    this.heardAtMs = options.clock.monotonicMs()
    this.lookedAtMs = this.heardAtMs
    this.mark = { atMs: this.heardAtMs, leftBytes: 0 }
  }

  /** Notes a message, or a ping or pong of the connection itself. @returns false when there were too many */
  hear(): boolean {
    const { clock, messagesPerSecond } = this.options
    const nowMs = clock.monotonicMs()
    const earned = ((nowMs - this.heardAtMs) / 1000) * messagesPerSecond
    this.allowance = Math.min(messagesPerSecond * BURST_SECONDS, this.allowance + earned) - 1
    this.heardAtMs = nowMs
    this.isPinging = false
    this.pingedAtMs = undefined
    return this.allowance >= 0
  }

  /**
   * Looks after the socket; to be called every second or so.
   * @param waitingBytes of messages that have not left
   */
  check(waitingBytes: number): SocketTrouble | undefined {
    const nowMs = this.options.clock.monotonicMs()
    const line = this.options.readLine()
    this.watchReading(line, nowMs)
    const leastBytes = waitingBytes > MAX_WAITING_BYTES ? HURRIED_TAKEN_BYTES : LEAST_TAKEN_BYTES
    if (!line.isWaiting || line.leftBytes - this.mark.leftBytes >= leastBytes)
      this.mark = { atMs: nowMs, leftBytes: line.leftBytes }
    if (nowMs - this.mark.atMs >= STALLED_MS) return 'stalled'
    if (this.pingedAtMs !== undefined && nowMs - this.pingedAtMs >= PONG_WITHIN_MS) return 'silent'
    if (!this.isPinging && nowMs - this.heardAtMs >= PING_EVERY_MS) this.ping()
    return undefined
  }

  /** A client comes to a ping when it has read what was sent before, so that taking bytes is a sign of life too. */
  private watchReading({ leftBytes, isWaiting }: LineReading, nowMs: number): void {
    const addedMs = ((leftBytes - this.leftBytes) / LEAST_PACE) * 1000
    const readingMs = this.readingMs + addedMs - (nowMs - this.lookedAtMs)
    this.readingMs = Math.min(MAX_READING_MS, Math.max(isWaiting ? BACKLOG_READING_MS : 0, readingMs))
    this.leftBytes = leftBytes
    this.lookedAtMs = nowMs
    if (this.readingMs > 0 && this.pingedAtMs !== undefined) this.pingedAtMs = nowMs
  }

  private ping(): void {
    this.isPinging = true
    // Behind much that waits it leaves late.
    this.options.ping(() => {
      if (this.isPinging) this.pingedAtMs = this.options.clock.monotonicMs()
    })
  }
}
