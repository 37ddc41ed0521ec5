import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { CallFilter } from './call-log.ts'
import type { StreamControl } from './data/stream-set.ts'
import type { Fault } from './faults.ts'
import type { Sandbox } from './handle.ts'
import { closeServer, listenOn } from './listening.ts'
import { send } from './transmission.ts'

type Json = Record<string, unknown>

/** What a route gets: its own part of the query, and the JSON body ({} without one). */
interface ControlRequest {
  query: URLSearchParams
  /** Path behind the route's name, empty when there is none. */
  rest: string
  body: Json
}

type Route = (request: ControlRequest) => unknown

/** A request that makes no sense; the text goes to the client with status 400. */
class ControlInputError extends Error {}

/** The sandbox's own HTTP port: JSON in, JSON out, for people with curl and for tests in other processes. */
export class ControlPort {
  readonly #routes: Readonly<Record<string, Route>>
  readonly #server: Server

  /** @param sandbox - what the port steers */
  constructor(sandbox: Sandbox) {
    this.#routes = buildRoutes(sandbox)
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  /** Listens and resolves to the port; rejects when the port is taken. */
  listen(host: string, port: number): Promise<number> {
    return listenOn(this.#server, host, port)
  }

  /** Stops listening and breaks every open connection. */
  close(): Promise<void> {
    return closeServer(this.#server)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://sandbox.invalid')
    const [, name = '', ...rest] = url.pathname.split('/')
    const route = this.#routes[`${request.method} /${name}`]
    try {
      if (route === undefined)
        return reply(response, 404, { error: 'no such route', routes: Object.keys(this.#routes) })
      const body = await readJson(request)
      reply(response, 200, route({ query: url.searchParams, rest: rest.join('/'), body }))
    } catch (error) {
      const isInput = error instanceof ControlInputError || error instanceof TypeError || error instanceof RangeError
      reply(response, isInput ? 400 : 500, { error: error instanceof Error ? error.message : String(error) })
    }
  }
}

function buildRoutes(sandbox: Sandbox): Record<string, Route> {
  return {
    'GET /state': () => toState(sandbox),
    'GET /calls': ({ query }) => listCalls(sandbox, query),
    'DELETE /calls': () => {
      sandbox.resetCalls()
      return { total: 0 }
    },
    'GET /faults': () => ({ faults: sandbox.listFaults() }),
    'POST /faults': ({ body }) => ({ id: sandbox.setFault(body as unknown as Fault) }),
    'DELETE /faults': ({ rest }) => {
      sandbox.clearFaults(rest === '' ? undefined : rest)
      return { faults: sandbox.listFaults() }
    },
    'GET /streams': ({ query }) => toStreams(streamsOf(sandbox, query.get('provider'))),
    'POST /streams': ({ body }) => changeStreams(streamsOf(sandbox, body['provider']), body),
    'GET /snapshots': () => toSnapshots(sandbox),
    'POST /snapshots': ({ body }) => addSnapshots(sandbox, body),
    'DELETE /snapshots': () => {
      sandbox.snapshots.clear()
      return toSnapshots(sandbox)
    },
    'GET /clock': () => ({ nowMs: sandbox.nowMs() }),
    'POST /clock': ({ body }) => changeClock(sandbox, body),
    'POST /latency': ({ body }) => {
      sandbox.setLatency(readNumber(body, 'ms'))
      return { ms: body['ms'] }
    },
    'POST /quota': ({ body }) => {
      sandbox.setQuota({ limit: readNumber(body, 'limit'), windowSeconds: readNumber(body, 'windowSeconds') })
      return sandbox.quotaUsed()
    },
    'DELETE /quota': () => {
      sandbox.resetQuotas()
      return sandbox.quotaUsed()
    },
  }
}

function toState(sandbox: Sandbox) {
  return {
    urls: sandbox.urls,
    nowMs: sandbox.nowMs(),
    calls: sandbox.countCalls(),
    quotaUsed: sandbox.quotaUsed(),
    faults: sandbox.listFaults().length,
    snapshots: toSnapshots(sandbox),
    liveStreams: {
      tencent: sandbox.tencentStreams.liveKeys().length,
      chinanetcenter: sandbox.chinanetcenterStreams.liveKeys().length,
    },
  }
}

function listCalls(sandbox: Sandbox, query: URLSearchParams) {
  const { limit = '1000', sinceMs, ...texts } = Object.fromEntries(query) as Record<string, string>
  const filter = { ...texts, ...(sinceMs === undefined ? {} : { sinceMs: Number(sinceMs) }) } as CallFilter
  const calls = sandbox.listCalls(filter)
  return { total: calls.length, calls: Number(limit) > 0 ? calls.slice(-Number(limit)) : [] }
}

function streamsOf(sandbox: Sandbox, provider: unknown): StreamControl {
  if (provider === 'chinanetcenter') return sandbox.chinanetcenterStreams
  if (provider === 'tencent' || provider === undefined || provider === null) return sandbox.tencentStreams
  throw new ControlInputError('provider must be tencent or chinanetcenter')
}

function toStreams(streams: StreamControl) {
  return { live: streams.liveKeys(), all: streams.keys() }
}

function changeStreams(streams: StreamControl, body: Json) {
  const { provider: _, ...changes } = body
  for (const [action, keys] of Object.entries(changes)) {
    if (!isKeyList(keys)) throw new ControlInputError(`${action} must be a list of stream keys`)
    if (action === 'live') streams.setLive(keys)
    else if (action === 'add' || action === 'start') streams.start(...keys)
    else if (action === 'stop') streams.stop(...keys)
    else if (action === 'remove') streams.remove(...keys)
    else if (action === 'forbid') streams.forbid(...keys)
    else throw new ControlInputError(`${action} is none of add, start, stop, remove, forbid, live`)
  }
  return toStreams(streams)
}

function isKeyList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((key) => typeof key === 'string' && key !== '')
}

function toSnapshots({ snapshots }: Sandbox) {
  return { size: snapshots.size, popped: snapshots.popped, dropped: snapshots.dropped }
}

function addSnapshots(sandbox: Sandbox, body: Json) {
  const { items = [], fill = 0 } = body
  if (!Array.isArray(items)) throw new ControlInputError('items must be a list of messages')
  sandbox.pushSnapshot(...(items as Json[]))
  if (fill !== 0) sandbox.snapshots.fill(readNumber(body, 'fill'))
  return toSnapshots(sandbox)
}

function changeClock(sandbox: Sandbox, body: Json) {
  if (body['offsetMs'] === undefined) sandbox.advanceClock(readNumber(body, 'advanceMs'))
  else sandbox.setClockOffset(readNumber(body, 'offsetMs'))
  return { nowMs: sandbox.nowMs() }
}

function readNumber(body: Json, name: string): number {
  const value = body[name]
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new ControlInputError(`${name} must be a number`)
  return value
}

async function readJson(request: IncomingMessage): Promise<Json> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  if (text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  } catch {
    // Falls through to the same complaint.
  }
  throw new ControlInputError('the body must be a JSON object')
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  send(response, { status, contentType: 'application/json', body })
}
