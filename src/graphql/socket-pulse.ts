// How a WebSocket is doing: whether its client is there, takes what it is sent, and says no more than it may.
import type { WebSocket } from 'ws'
import type { Clock } from '#model/clock.ts'

/** After so long without a sign of its client a socket is asked for one. */
export const PING_EVERY_MS = 15_000
/** How long the client may take for it. */
export const PONG_WITHIN_MS = 10_000
/** A client that takes nothing of what waits for it for so long is cut off. */
export const STALLED_MS = 30_000
/** Most bytes that wait for a client when the next message comes for it. */
export const MAX_WAITING_BYTES = 1024 * 1024
/** How many seconds' worth of messages a client may send at once. */
const BURST_SECONDS = 10

/** What is wrong with a socket. */
export type SocketTrouble = 'silent' | 'stalled'

/** The state of a socket's client. */
export class SocketPulse {
  private readonly socket: Pick<WebSocket, 'ping' | 'bufferedAmount'>
  private readonly clock: Clock
  private readonly messagesPerSecond: number
  private allowance: number
  private heardAtMs: number
  private tookAtMs: number
  /** When the sign was asked for; undefined until that has left. */
  private pingedAtMs: number | undefined
  private isPinging = false

  constructor(socket: Pick<WebSocket, 'ping' | 'bufferedAmount'>, clock: Clock, messagesPerSecond: number) {
    this.socket = socket
    this.clock = clock
    this.messagesPerSecond = messagesPerSecond
    this.allowance = messagesPerSecond * BURST_SECONDS
    this.heardAtMs = clock.monotonicMs()
    this.tookAtMs = this.heardAtMs
  }

  /** Notes a message, or a ping or pong of the connection itself. @returns false when there were too many */
  hear(): boolean {
    const nowMs = this.clock.monotonicMs()
    const earned = ((nowMs - this.heardAtMs) / 1000) * this.messagesPerSecond
    this.allowance = Math.min(this.messagesPerSecond * BURST_SECONDS, this.allowance + earned) - 1
    this.heardAtMs = nowMs
    this.isPinging = false
    this.pingedAtMs = undefined
    return this.allowance >= 0
  }

  /** Notes that a message has left. */
  take(): void {
    this.tookAtMs = this.clock.monotonicMs()
  }

  /** Whether another message may be put behind those that wait. */
  hasRoom(): boolean {
    return this.socket.bufferedAmount <= MAX_WAITING_BYTES
  }

  /** Looks after the socket; to be called every second or so. */
  check(): SocketTrouble | undefined {
    const nowMs = this.clock.monotonicMs()
    if (this.socket.bufferedAmount === 0) this.tookAtMs = nowMs
    if (nowMs - this.tookAtMs >= STALLED_MS) return 'stalled'
    if (this.pingedAtMs !== undefined && nowMs - this.pingedAtMs >= PONG_WITHIN_MS) return 'silent'
    if (!this.isPinging && nowMs - this.heardAtMs >= PING_EVERY_MS) {
      this.isPinging = true
      // Behind much that waits it leaves late, and so may the answer.
      this.socket.ping('', false, () => {
        if (this.isPinging) this.pingedAtMs = this.clock.monotonicMs()
      })
    }
    return undefined
  }
}
