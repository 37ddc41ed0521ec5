// Clients that hold a socket and do nothing with it. Node's own limits end those that are slow to send, as long as the
// server listens; here are the others: those that take nothing of their answer, those that will not leave, and those
// that would hold up the end of the process.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '#model/clock.ts'
import { readSendQueues, type SendQueues, toConnectionName } from './send-queues.ts'

/** Longest time a client may take for its headers, in milliseconds. */
export const HEADERS_TIMEOUT_MS = 5_000
/** Longest time for the whole request. */
export const REQUEST_TIMEOUT_MS = 8_000
/** How often Node looks for clients beyond these two limits, which do nothing without it. */
export const CHECK_EVERY_MS = 500
/** How often the others are looked for. */
export const LOOK_EVERY_MS = 500
/** How often it is asked how much the system holds for clients. `STALLED_MS` is a multiple of both. */
const QUEUES_EVERY_MS = 1_000
/** The same when that takes long, because this machine has very many connections. */
const SLOW_QUEUES_EVERY_MS = 2_000
const SLOW_READING_MS = 100
/**
 * Most requests of a socket that wait for their answers (pipelining). All that arrive in one piece are taken at once,
 * so that a single socket could have hundreds stand before those of others.
 */
const MOST_IN_ADVANCE = 32
/** A client that takes less than `LEAST_TAKEN_BYTES` of what waits for it in this time is cut off: with the looks, in 10 s. */
const STALLED_MS = 6_000
/** Enough for the slowest of lines, and too much for who reads a few bytes now and then to hold the socket. */
const LEAST_TAKEN_BYTES = 1024
/** How long a client that was told to go may take to read it. */
const FAREWELL_MS = 1_000
/** A client that has just connected may have its first request on the way when the server closes. */
const FIRST_BYTE_MS = 1_000
/** Most sockets at a time besides those that stay open on purpose: each is a file descriptor and some 20 KB. */
const MAX_SOCKETS = 4_000
/** How long a socket may be idle: longer than the proxies that reuse them wait, so that none is closed under a request. */
const KEEP_ALIVE_MS = 72_000
/** The same when half of all sockets are taken, whoever holds them. */
const CROWDED_KEEP_ALIVE_MS = 5_000

/** A socket, as far as HTTP goes. */
interface Visit {
  /** Answers that are not over, in the order they were asked for: seldom more than one. */
  answers: ServerResponse[]
  /** When the last of them was asked for. Only its request can be incomplete: a socket brings one after the other. */
  askedAtMs: number
  /** Since when there are none. */
  idleSinceMs: number
  /** How much had been written when the client was last seen to have all of it. */
  settledBytes: number
  /** When the client was last seen to take enough of what it is owed, and how much it had then; undefined while it has all. */
  mark: { readonly atMs: number; readonly takenBytes: number } | undefined
}

/** What the watch needs. */
export interface SlowClientsOptions {
  readonly clock: Pick<Clock, 'monotonicMs' | 'delay'>
  /** The operating system's when left out. */
  readonly readQueues?: () => Promise<SendQueues>
}

/** The sockets of one server. */
export class SlowClients {
  private readonly clock: Pick<Clock, 'monotonicMs' | 'delay'>
  private readonly readQueues: () => Promise<SendQueues>
  private readonly visits = new Map<Socket, Visit>()
  /** Sockets whose clients were told to go, and when. */
  private readonly leaving = new Map<Socket, number>()
  private readonly over = new AbortController()
  /** When the queues are read next. */
  private queuesDueMs = 0
  private isLooking = false
  private isClosing = false
  /** One for all answers. It hears of each when it is over, or its client gone, and is called as one of its methods. */
  private readonly onAnswerOver: (this: ServerResponse) => void

  constructor({ clock, readQueues = readSendQueues }: SlowClientsOptions) {
    this.clock = clock
    this.readQueues = readQueues
    const { visits } = this
    this.onAnswerOver = function () {
      const visit = visits.get(this.req.socket)
      if (!visit) return
      if (visit.answers[0] === this) visit.answers.shift()
      else visit.answers = visit.answers.filter((answer) => answer !== this)
      visit.idleSinceMs = clock.monotonicMs()
    }
  }

  /**
   * Follows every socket of `server` to its end, and limits how many there are.
   * @param lasting how many of them may be WebSockets and event streams
   */
  follow(server: Server, lasting: number): void {
    server.maxConnections = lasting + MAX_SOCKETS
    server.keepAliveTimeout = KEEP_ALIVE_MS
    // Sockets whose TLS handshake is not done; with it they become others, of the same peer.
    const handshakes = new Map<string, Socket>()
    const isTls = 'setSecureContext' in server
    server.on('connection', (socket: Socket) => {
      this.welcome(socket)
      const isCrowded = this.visits.size > server.maxConnections / 2
      server.keepAliveTimeout = isCrowded ? CROWDED_KEEP_ALIVE_MS : KEEP_ALIVE_MS
      if (!isTls) return
      const name = toConnectionName(socket)
      handshakes.set(name, socket)
      socket.once('close', () => handshakes.get(name) === socket && handshakes.delete(name))
    })
    server.on('secureConnection', (socket: Socket) => {
      const raw = handshakes.get(toConnectionName(socket))
      if (raw) this.visits.delete(raw)
      this.welcome(socket)
    })
    server.once('close', () => this.over.abort())
  }

  /** Watches over a request until its answer is over. Who asks for too much in advance is cut off with it. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    const visit = this.visits.get(request.socket)
    if (!visit) return
    visit.answers.push(response)
    visit.askedAtMs = this.clock.monotonicMs()
    response.on('close', this.onAnswerOver)
    if (visit.answers.length > MOST_IN_ADVANCE) cut(request.socket)
    if (!this.isLooking) void this.keepLooking()
  }

  /** Whether a request on that socket came past `watch`: it is an upgrade, whose rules are its protocol's own from here on. */
  releaseUpgrade(socket: Socket): boolean {
    return this.visits.get(socket)?.answers.length === 0 && this.visits.delete(socket)
  }

  /** Whether the beginning of an answer may be on its way to that socket. */
  isAnswering(socket: Duplex): boolean {
    const visit = socket instanceof Socket ? this.visits.get(socket) : undefined
    return visit?.answers.some(({ headersSent }) => headersSent) ?? false
  }

  /** Tells the client something, and ends the connection whether it reads that or not. */
  dismiss(socket: Duplex, text: string): void {
    socket.end(text)
    if (!(socket instanceof Socket)) return
    this.leaving.set(socket, this.clock.monotonicMs())
    socket.once('close', () => this.leaving.delete(socket))
    this.startLooking()
  }

  /** The server closes: whoever has asked nothing goes at once, and whoever is slow to ask has his usual time. */
  close(): void {
    this.isClosing = true
    this.cutLatecomers()
    this.startLooking()
  }

  private welcome(socket: Socket): void {
    const now = this.clock.monotonicMs()
    this.visits.set(socket, { answers: [], askedAtMs: now, idleSinceMs: now, settledBytes: 0, mark: undefined })
    socket.once('close', () => this.visits.delete(socket))
  }

  private startLooking(): void {
    if (!this.isLooking) void this.keepLooking()
  }

  /** One timer for all sockets, and none while there is nothing to look at. */
  private async keepLooking(): Promise<void> {
    this.isLooking = true
    while (this.hasToLook()) {
      await this.clock.delay(LOOK_EVERY_MS, this.over.signal).catch(() => undefined)
      if (this.over.signal.aborted) break
      for (const [socket, sinceMs] of this.leaving) if (this.clock.monotonicMs() - sinceMs >= FAREWELL_MS) cut(socket)
      if (this.isClosing) this.cutLatecomers()
      await this.cutStalled()
    }
    this.isLooking = false
  }

  private hasToLook(): boolean {
    if (this.leaving.size > 0 || (this.isClosing && this.visits.size > 0)) return true
    return [...this.visits].some(([socket, visit]) => visit.answers.length > 0 || isUnsettled(socket, visit))
  }

  private async cutStalled(): Promise<void> {
    const now = this.clock.monotonicMs()
    if (now < this.queuesDueMs) return
    const suspects: (readonly [Socket, Visit, Handover])[] = []
    for (const [socket, visit] of this.visits) {
      // Streams of events are quiet for long, and cut off those who do not read by a rule of their own.
      if (hasEvents(visit)) visit.mark = undefined
      else if (isUnsettled(socket, visit)) suspects.push([socket, visit, toHandover(socket)])
    }
    if (suspects.length === 0) return
    const queues = await this.readQueues()
    const isSlow = this.clock.monotonicMs() - now > SLOW_READING_MS
    this.queuesDueMs = now + (isSlow ? SLOW_QUEUES_EVERY_MS : QUEUES_EVERY_MS)
    for (const [socket, visit, handover] of suspects) {
      const held = queues.get(toConnectionName(socket)) ?? 0
      if (!socket.destroyed && isStalled(visit, handover, held, now)) cut(socket)
    }
  }

  /** Node looks for slow requests no more once its server closes. */
  private cutLatecomers(): void {
    const now = this.clock.monotonicMs()
    for (const [socket, { answers, askedAtMs, idleSinceMs }] of this.visits) {
      const last = answers.at(-1)
      const limitMs = socket.bytesRead === 0 ? FIRST_BYTE_MS : REQUEST_TIMEOUT_MS
      const isLate = last ? !last.req.complete && now - askedAtMs >= REQUEST_TIMEOUT_MS : now - idleSinceMs >= limitMs
      if (isLate) cut(socket)
    }
  }
}

/** Whether something was written of which it is not known that the client has it. */
function isUnsettled(socket: Socket, visit: Visit): boolean {
  return socket.bytesWritten !== visit.settledBytes
}

/** How much had been given to the system for a client at one moment. */
interface Handover {
  readonly writtenBytes: number
  /** What of that the system had not taken. */
  readonly unwrittenBytes: number
  readonly isComplete: boolean
}

function toHandover(socket: Socket): Handover {
  const unwrittenBytes = countUnwritten(socket)
  const isComplete = unwrittenBytes === 0 && socket.writableLength === 0
  return { writtenBytes: socket.bytesWritten, unwrittenBytes, isComplete }
}

/**
 * Whether the client takes nothing of what waits for it. Moves the mark while it does.
 * @param handover as it was before the queue was read: what was written meanwhile may not be in the queue
 * @param heldBytes what is in the queue
 */
function isStalled(
  visit: Visit,
  { writtenBytes, unwrittenBytes, isComplete }: Handover,
  heldBytes: number,
  now: number,
) {
  if (isComplete && heldBytes === 0) {
    visit.settledBytes = writtenBytes
    // How long nothing was asked, or to be said, is no time that the client has let pass.
    visit.mark = undefined
    return false
  }
  const takenBytes = writtenBytes - unwrittenBytes - heldBytes
  visit.mark ??= { atMs: now, takenBytes }
  if (takenBytes - visit.mark.takenBytes >= LEAST_TAKEN_BYTES) visit.mark = { atMs: now, takenBytes }
  return now - visit.mark.atMs >= STALLED_MS
}

function hasEvents({ answers }: Visit): boolean {
  return answers.some((answer) => String(answer.getHeader('content-type')).startsWith('text/event-stream'))
}

/** Bytes that the operating system has not taken yet. */
function countUnwritten(socket: Socket): number {
  // Node counts a piece as written when it is handed over whole. How much is left of the one under way only the handle
  // knows; without it, a large piece would look stalled for as long as it takes.
  const handle: unknown = Reflect.get(socket, '_handle')
  const isKnown = typeof handle === 'object' && handle !== null && 'writeQueueSize' in handle
  return isKnown && typeof handle.writeQueueSize === 'number' ? handle.writeQueueSize : socket.writableLength
}

/** Ends a connection so that nothing of it stays in the system either. TLS has no way to reset one. */
function cut(socket: Socket): void {
  if ('encrypted' in socket) socket.destroy()
  else socket.resetAndDestroy()
}
