import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { CallIdentity, Endpoint, RequestHead } from './answer.ts'
import type { CallLog, CallRecord } from './call-log.ts'
import type { SandboxClock } from './clock.ts'
import type { FaultBook } from './faults.ts'
import { closeServer, listenOn } from './listening.ts'
import type { Admission, RollingQuota } from './rolling-quota.ts'
import { sendSpoilt } from './spoilt-answer.ts'
import { send, toText, wait } from './transmission.ts'

/** What all provider servers of a sandbox share. */
export interface SharedParts {
  /** Stamps arrivals and dates answers. */
  clock: SandboxClock
  /** Takes every arrival. */
  log: CallLog
  /** Faults in force. */
  faults: FaultBook
  /** Milliseconds that every answer is held back; read anew for each call. */
  latencyMs: () => number
}

const LARGEST_BODY_BYTES = 1024 * 1024

const NO_REQUEST: RequestHead = { method: '', target: '', headers: {} }
const NOBODY: CallIdentity = { account: '', isKnownAccount: false, interface: '', parameters: {} }

/** The sockets of one endpoint: logs arrivals, counts them against the quota, applies faults and sends the answers. */
export class ProviderServer {
  readonly #endpoint: Endpoint
  readonly #quota: RollingQuota
  readonly #parts: SharedParts
  readonly #server: Server

  /** @param quota - counts the calls of the endpoint's one known account */
  constructor(endpoint: Endpoint, quota: RollingQuota, parts: SharedParts) {
    this.#endpoint = endpoint
    this.#quota = quota
    this.#parts = parts
    // A missing Host header is for the endpoint to judge. Idle connections stay long enough not to race with clients.
    this.#server = createServer({ requireHostHeader: false, keepAliveTimeout: 60_000 }, (request, response) => {
      this.#serve(request, response).catch((error: unknown) => reportBug(response, error))
    })
    this.#server.on('connection', (socket: Socket) => this.#greet(socket))
    this.#server.on('clientError', (error: Error & { rawPacket?: Buffer }, socket: Socket) => {
      if (error.rawPacket === undefined || !socket.writable) socket.destroy()
      else this.#answerUnreadable(socket)
    })
  }

  /** Listens and resolves to the port; rejects when the port is taken. */
  listen(host: string, port: number): Promise<number> {
    return listenOn(this.#server, host, port)
  }

  /** Stops listening and breaks every open connection. */
  close(): Promise<void> {
    return closeServer(this.#server)
  }

  #greet(socket: Socket): void {
    socket.on('error', () => socket.destroy())
    const { provider, role } = this.#endpoint
    const fault = this.#parts.faults.take({ provider, role }, 'connect')
    if (fault === undefined) return
    const record = this.#record(NO_REQUEST, NOBODY)
    record.verdict = 'faulted'
    record.fault = fault.kind
    record.finishedAtMs = record.arrivedAtMs
    socket.resetAndDestroy()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const head = { method: request.method ?? '', target: request.url ?? '', headers: request.headers }
    const identity = this.#endpoint.identify(head)
    const record = this.#record(head, identity)
    response.on('error', () => response.destroy())
    response.on('close', () => {
      record.finishedAtMs = this.#parts.clock.elapsedMs()
      if (record.verdict === 'pending') record.verdict = 'abandoned'
    })
    // The quota counts arrivals, so it is asked before anything else can take time.
    const admission: Admission = identity.isKnownAccount
      ? this.#quota.take(record.arrivedAtMs)
      : { admitted: true, retryAfterMs: 0 }
    const body = await readBody(request)
    if (body === undefined) return
    record.body = parsed(body)
    const { provider, role } = this.#endpoint
    const target = { provider, role, interface: identity.interface, stream: identity.stream }
    const fault = this.#parts.faults.take(target, 'request')
    if (!(await this.#holdBack(response))) return
    response.sendDate = false
    response.setHeader('Date', new Date(this.#parts.clock.nowMs()).toUTCString())
    const carryOut = () => {
      const answer = this.#endpoint.answer(head, body, admission)
      record.rows = answer.rows ?? 0
      record.taken = answer.taken ?? []
      return answer
    }
    if (fault === undefined) {
      const answer = carryOut()
      note(record, answer)
      send(response, answer)
      return
    }
    record.verdict = 'faulted'
    record.fault = fault.kind
    const answer = await sendSpoilt(response, this.#endpoint, fault, carryOut)
    note(record, { code: answer?.code ?? '', status: response.headersSent ? response.statusCode : 0 })
  }

  async #holdBack(response: ServerResponse): Promise<boolean> {
    const latencyMs = this.#parts.latencyMs()
    return latencyMs > 0 ? wait(response, latencyMs) : true
  }

  #record(head: RequestHead, identity: CallIdentity): CallRecord {
    return this.#parts.log.add({
      provider: this.#endpoint.provider,
      role: this.#endpoint.role,
      account: identity.account,
      interface: identity.interface,
      arrivedAtMs: this.#parts.clock.elapsedMs(),
      method: head.method,
      target: head.target,
      headers: head.headers,
      parameters: identity.parameters,
      body: undefined,
      verdict: 'pending',
      status: 0,
      code: '',
      fault: undefined,
      rows: 0,
      taken: [],
      finishedAtMs: undefined,
    })
  }

  #answerUnreadable(socket: Socket): void {
    const answer = this.#endpoint.unreadable()
    const record = this.#record(NO_REQUEST, NOBODY)
    note(record, answer)
    record.finishedAtMs = record.arrivedAtMs
    const body = Buffer.from(toText(answer.body))
    const head = `HTTP/1.1 ${answer.status} Unreadable\r\nContent-Type: ${answer.contentType}\r\n`
    socket.end(`${head}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`)
  }
}

/** A sandbox that fails must not look like a provider that does. */
function reportBug(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy()
  else send(response, { status: 599, contentType: 'text/plain', body: `sandbox failed: ${String(error)}\n` })
}

function note(record: CallRecord, outcome: { verdict?: CallRecord['verdict']; code: string; status: number }): void {
  if (outcome.verdict !== undefined) record.verdict = outcome.verdict
  record.code = outcome.code
  record.status = outcome.status
}

/** The body's text; undefined when the client leaves half-way or sends too much. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const { 'content-length': contentLength, 'transfer-encoding': transferEncoding } = request.headers
  if (contentLength === undefined && transferEncoding === undefined) return ''
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > LARGEST_BODY_BYTES) {
        request.destroy()
        return undefined
      }
      chunks.push(chunk)
    }
  } catch {
    return undefined
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parsed(body: string): unknown {
  if (body === '') return undefined
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}
