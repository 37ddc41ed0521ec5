// Follows every request from its arrival to its end and says then what became of it. What only those know who work on it
// they note here, as they find out. Kept answers are told of by the front, which knows all about them at once.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { AnsweredRequest, NoteRequest, RequestFacts, RequestObserver } from '#contract/answered-request.ts'
import type { Clock } from '#model/clock.ts'
import type { RequestSpan, Tracer } from '#model/tracer.ts'
import { findFace } from './kept-place.ts'
import { isRefusable } from './overload-refusal.ts'
import { toRequestId, toTraceParent } from './request-id.ts'

/** What it works with. */
export interface FollowedRequestsOptions {
  readonly observer: RequestObserver
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Follows what is asked at the two faces; nobody does when left out. */
  readonly tracer?: Tracer | undefined
}

/** Facts that are still growing. */
type Followed = {
  -readonly [Name in keyof RequestFacts]: RequestFacts[Name]
} & {
  /** Whether it came past `begin`: to open a WebSocket. */
  readonly isUpgrade: boolean
}

/** The requests that are worked on. */
export class FollowedRequests {
  private readonly options: FollowedRequestsOptions
  private readonly facts = new WeakMap<object, Followed>()
  private readonly ids = new WeakMap<object, string>()
  private readonly spans = new WeakMap<object, RequestSpan>()

  constructor(options: FollowedRequestsOptions) {
    this.options = options
  }

  /** Told of whatever is not followed here. */
  get observer(): RequestObserver {
    return this.options.observer
  }

  /** Follows a request until its answer has left, or its client has. @param arrivedAtMs on `Clock.monotonicMs` */
  begin(request: IncomingMessage, response: ServerResponse, arrivedAtMs: number): void {
    this.beginSpan(request)
    this.watch(request, response, { isUpgrade: false }, arrivedAtMs)
  }

  /** The same of one that is refused at the door, for want of time: it has no span, which would be yet more to do. */
  beginRefused(request: IncomingMessage, response: ServerResponse, arrivedAtMs: number): void {
    this.watch(request, response, { isUpgrade: false, code: 'OVERLOADED' }, arrivedAtMs)
  }

  /** Tells of a request whose client has left before anybody worked on it. Instead of `begin`. */
  tellLeft(request: IncomingMessage, response: ServerResponse, arrivedAtMs: number): void {
    const tookMs = this.options.clock.monotonicMs() - arrivedAtMs
    // One of its own: whoever comes upon it may do so in the middle of another request.
    this.beginSpan(request, tookMs)
    this.tell(request, response, { isUpgrade: false }, tookMs)
  }

  /** Notes what is known of a request; of one that is not followed, nothing. */
  readonly note: NoteRequest = (request, facts) => {
    const known = this.facts.get(request)
    if (known) Object.assign(known, facts)
  }

  /** What was asked, as far as that is known. */
  findAsked(request: object): Pick<AnsweredRequest, 'operation' | 'operationName'> | undefined {
    const facts = this.facts.get(request)
    return facts && { operation: facts.operation ?? 'unknown', operationName: facts.operationName ?? null }
  }

  /** What the request is called, always the same. */
  toId(request: IncomingMessage): string {
    const known = this.ids.get(request)
    if (known !== undefined) return known
    const id = toRequestId(request)
    this.ids.set(request, id)
    return id
  }

  /** Follows those requests of `app` too that come by another way: to open a WebSocket. One that is open is not over. */
  follow(app: FastifyInstance): void {
    app.addHook('onRequest', (request, _reply, done) => {
      if (!this.facts.has(request.raw)) this.facts.set(request.raw, { isUpgrade: true })
      done()
    })
    app.addHook('onResponse', ({ raw }, reply, done) => {
      const facts = this.facts.get(raw)
      if (facts?.isUpgrade) this.tell(raw, reply.raw, facts, reply.elapsedTime)
      done()
    })
    if (!this.options.tracer?.isOn) return
    app.addHook('onRequest', ({ raw, method, routeOptions: { url } }, _reply, done) => {
      this.spans.get(raw)?.tell({ 'http.request.method': method, ...(url !== undefined && { 'http.route': url }) })
      this.within(raw, done)
    })
  }

  private watch(request: IncomingMessage, response: ServerResponse, facts: Followed, arrivedAtMs: number): void {
    this.facts.set(request, facts)
    response.once('close', () => this.tell(request, response, facts, this.options.clock.monotonicMs() - arrivedAtMs))
  }

  /** @param tookMs of one that is over already */
  private beginSpan(request: IncomingMessage, tookMs?: number): void {
    const { tracer } = this.options
    if (tracer?.isOn && toFace(request.url ?? '') !== 'page')
      this.spans.set(request, tracer.begin(toTraceParent(request), tookMs))
  }

  /** Works on a request within its span, if it has one. */
  private within(request: object, work: () => void): void {
    const span = this.spans.get(request)
    if (span) span.run(work)
    else work()
  }

  private tell(request: IncomingMessage, response: ServerResponse, facts: Followed, tookMs: number): void {
    const face = toFace(request.url ?? '')
    const isWatching = !isRefusable(request)
    const { meter, isLasting = false } = facts
    const hasLeft = !response.writableFinished && !isLasting
    const answered: AnsweredRequest = {
      face,
      operation: facts.operation ?? (face !== 'page' ? 'unknown' : isWatching ? 'health' : 'page'),
      operationName: facts.operationName ?? null,
      code: hasLeft ? 'CLIENT_LEFT' : (facts.code ?? (isWatching ? 'OK' : toCode(response.statusCode))),
      status: response.headersSent ? response.statusCode : null,
      tookMs: Math.max(0, tookMs),
      isLasting,
      client: facts.client ?? null,
      from: 'made',
      calls: meter?.calls ?? 0,
      cached: meter?.cached ?? 0,
      coalesced: meter?.coalesced ?? 0,
      requestId: this.toId(request),
    }
    this.within(request, () => this.options.observer.answered(answered))
  }
}

function toFace(url: string): AnsweredRequest['face'] {
  return url.startsWith('/v1/') ? 'rest' : (findFace(url) ?? 'page')
}

/** Where nobody has named an error: pages answer some by themselves. Who watches is told of trouble and hears no error. */
function toCode(status: number): AnsweredRequest['code'] {
  if (status < 400) return 'OK'
  return status < 500 ? 'INVALID_INPUT' : 'INTERNAL'
}
