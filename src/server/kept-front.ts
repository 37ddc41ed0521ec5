// Stands before the framework and answers what has been answered already, from the bytes that were sent then. It decides
// nothing by itself: who is unknown, who may be over his limit, what comes piece by piece or is not kept goes on
// as it came, and is answered there. So there is one set of rules, and this is only a shorter way to what it said.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Authenticator } from '#access/authenticator.ts'
import type { ClientLimit } from '#access/client-limit.ts'
import type { Answers, KeptAnswer, WholeAnswer } from '#answers/answers.ts'
import type { SavedCalls } from '#contract/ask.ts'
import type { OfferAnswer } from '#contract/offered-answer.ts'
import type { Clock } from '#model/clock.ts'
import { type Asked, toAskedHeaders } from './kept-asked.ts'
import { type Face, findBodyLength, findFace, type PlaceOptions, PlaceReader } from './kept-place.ts'
import { type AgeWords, type SentHeaders, toKeptHeaders } from './kept-reply.ts'
import { type Handle, isGone, type Visit } from './kept-visit.ts'
import { KeptWrites, type SavingsObserver } from './kept-writes.ts'
import { type Lead, QuestionLine } from './question-line.ts'
import type { FollowedRequests } from './request-observer.ts'

/** What the front works with. */
export interface KeptFrontOptions extends PlaceOptions {
  readonly answers: Pick<Answers, 'find' | 'fetch' | 'keep'>
  readonly authenticator: Pick<Authenticator, 'recognize'>
  readonly clientLimit: Pick<ClientLimit, 'takeNow'>
  /** The address that the framework tells of the request. */
  readonly addressOf: (request: IncomingMessage) => string
  readonly words: AgeWords
  readonly clock: Pick<Clock, 'now' | 'monotonicMs' | 'delay'>
  /** Whether this process still wants clients; while it does not, every answer tells them so. */
  readonly isOpen: () => boolean
  /** Whether it still serves those who come: to its end it does, and tells them to connect anew. */
  readonly isServing: () => boolean
  /** What a request that was answered asked, and who is told of those that are answered here. Left out: nobody. */
  readonly requests?: Pick<FollowedRequests, 'observer' | 'findAsked' | 'tellLeft'> | undefined
  /** Told of the provider calls that answers from here stood in for. Left out: nobody is. */
  readonly savings?: SavingsObserver | undefined
}

/** Where an answer came from. */
export type AnswerSource = 'memory' | 'shared' | 'made'

/** What a face has offered, on the steady clock. */
interface Offered extends Pick<WholeAnswer, 'endsAtMs' | 'age'> {
  readonly body: string | Buffer
  readonly saved: readonly SavedCalls[]
}

/** A request on its usual way, whose answer may be kept. */
interface Pending {
  readonly place: string
  readonly begunAtMs: number
  offered: Offered | undefined
  /** Whether the answer took calls, its own or another's: the same question again is put together from what they brought. */
  isPaid: boolean
  /** Whether the answer was sent, and had a body. */
  isSent: boolean
  /** What others wait for, until that is over. */
  lead: Lead | undefined
}

/** Answers from kept bytes. */
export class KeptFront {
  private readonly options: KeptFrontOptions
  private readonly places: PlaceReader
  private readonly pending = new WeakMap<object, Pending>()
  private readonly line: QuestionLine<Visit>
  private readonly writes: KeptWrites
  private readonly counts: Readonly<Record<Face, Record<AnswerSource, number>>> = {
    graphql: { memory: 0, shared: 0, made: 0 },
    rest: { memory: 0, shared: 0, made: 0 },
  }

  constructor(options: KeptFrontOptions) {
    this.options = options
    this.places = new PlaceReader(options)
    this.writes = new KeptWrites({ ...options, observer: options.requests?.observer, savings: options.savings })
    this.line = new QuestionLine({
      clock: options.clock,
      isGone,
      release: (visit, place) => this.goOn(visit, place, visit.handleLater),
    })
  }

  /** Answers of both faces since the start, by where they came from. */
  listCounts(): readonly { readonly face: Face; readonly from: AnswerSource; readonly count: number }[] {
    const sources = ['memory', 'shared', 'made'] as const
    return (['graphql', 'rest'] as const).flatMap((face) =>
      sources.map((from) => ({ face, from, count: this.counts[face][from] })),
    )
  }

  /**
   * Answers a request, or has `handle` do it, once, with the request as it came.
   * @param handleLater does it instead where others were asked for the answer first: not in this call any more
   */
  serve(
    request: IncomingMessage,
    response: ServerResponse,
    handle: Handle,
    handleLater = handle,
    arrivedAtMs = this.options.clock.monotonicMs(),
  ): void {
    const face = findFace(request.url ?? '')
    const length = face && findBodyLength(request)
    const known = length === undefined ? undefined : this.recognize(request)
    if (face === undefined || length === undefined || known === undefined) {
      handle(request, response, arrivedAtMs)
      return
    }
    const visit: Visit = { request, response, handle, handleLater, arrivedAtMs, face, bodyBytes: length, ...known }
    if (length === 0) this.look(visit, undefined)
    else if (request.readableLength >= length) this.lookWithBody(visit, length)
    // What came with the head is here when all of it has been read. Nobody is waited for: who sends his body later is
    // told of a bad one, or counted, before it comes, as ever.
    else process.nextTick(this.lookWithBody, visit, length)
  }

  /** Told by a face of an answer that is about to be sent. */
  readonly offer: OfferAnswer = (request, { body, meter, age }) => {
    const pending = this.pending.get(request)
    if (!pending) return
    const now = this.options.clock.now()
    // What is good for no time at all is not by what it was put together from.
    const holdsUntil = Math.min(meter.holdsUntil, age?.freshUntil ?? Number.POSITIVE_INFINITY)
    pending.isPaid = meter.calls > 0 || meter.coalesced > 0
    if (pending.isPaid) {
      // The next one finds it all, and need not wait until this one's client has read his answer.
      this.passOn(pending)
      return
    }
    if (!(holdsUntil > now)) return
    const aheadMs = this.options.clock.monotonicMs() - now
    pending.offered = {
      body,
      saved: meter.saved,
      endsAtMs: holdsUntil + aheadMs,
      age: age && { fetchedAtMs: age.fetchedAt + aheadMs, freshUntilMs: age.freshUntil + aheadMs },
    }
  }

  /** Keeps what `app` has sent of what was offered. When it closes, nobody waits any more. */
  follow(app: FastifyInstance): void {
    app.addHook('onResponse', (request, reply, done) => {
      const { raw } = request
      const { statusCode } = reply
      const face = findFace(raw.url ?? '')
      if (face && (statusCode === 200 || statusCode === 304)) this.counts[face].made += 1
      const pending = this.pending.get(raw)
      if (pending) pending.isSent = statusCode !== 304
      if (statusCode === 200 && pending?.offered)
        this.keep(pending, pending.offered, reply.getHeaders(), this.options.requests?.findAsked(raw))
      done()
    })
    app.addHook('preClose', (done) => {
      this.line.close()
      done()
    })
  }

  /** Who asks; undefined where somebody else has to find out, or to say that nobody is served any more. */
  private recognize(request: IncomingMessage): Pick<Visit, 'caller' | 'address'> | undefined {
    const { isServing, addressOf, authenticator } = this.options
    if (!isServing()) return undefined
    const address = addressOf(request)
    const caller = authenticator.recognize({ headers: request.headers, address })
    return caller && { caller, address }
  }

  private keep(
    { place, begunAtMs }: Pending,
    { body, saved, endsAtMs, age }: Offered,
    sent: SentHeaders,
    asked: Omit<Asked, 'saved'> | undefined,
  ): void {
    const headers = [...toKeptHeaders(sent, age !== undefined), ...(asked ? toAskedHeaders({ ...asked, saved }) : [])]
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    this.options.answers.keep(place, { headers, body: bytes, endsAtMs, age }, begunAtMs)
  }

  /** Looks for the answer of a request with a body, if that is here. Leaves the body as it came when it finds none. */
  private readonly lookWithBody = (visit: Visit, length: number): void => {
    const { request, response, handle, arrivedAtMs } = visit
    const body: unknown = request.readableLength < length ? null : request.read()
    if (Buffer.isBuffer(body)) this.look(visit, body)
    else handle(request, response, arrivedAtMs)
  }

  private look(visit: Visit, body: Buffer | undefined): void {
    const { request, response, handle, caller } = visit
    const { answers, clock } = this.options
    const nowMs = clock.monotonicMs()
    const place = this.places.read(request, caller, body === undefined ? '' : body.toString('latin1'))
    const kept = answers.find(place, nowMs)
    if (kept && this.give(visit, kept, 'memory', nowMs)) {
      if (!request.complete) request.resume()
      return
    }
    // A body that has been read to its end cannot be put back later.
    if (body !== undefined) request.unshift(body)
    if (kept) {
      // What is kept needs not be kept once more.
      handle(request, response, visit.arrivedAtMs)
      return
    }
    const lead = this.line.join(place, visit, visit.bodyBytes, nowMs)
    if (lead === 'waits') return
    const finding = answers.fetch(place)
    if (finding) void this.lookFurther(visit, place, finding, lead)
    else this.goOn(visit, place, handle, lead)
  }

  private async lookFurther(
    visit: Visit,
    place: string,
    finding: Promise<KeptAnswer | undefined>,
    lead: Lead | undefined,
  ): Promise<void> {
    const kept = await finding
    if (!kept) {
      this.goOn(visit, place, visit.handleLater, lead)
      return
    }
    this.giveOrGoOn(visit, kept, 'shared')
    if (lead) for (const waiting of this.line.disband(lead)) this.giveOrGoOn(waiting, kept, 'shared')
  }

  /** The long way. What comes of it is kept. @param lead that ends with the answer */
  private goOn(visit: Visit, place: string, way: Handle, lead?: Lead): void {
    const { request, response, arrivedAtMs } = visit
    const begunAtMs = this.options.clock.monotonicMs()
    const pending: Pending = { place, begunAtMs, offered: undefined, isPaid: false, isSent: false, lead }
    // Who has left meanwhile is not worked for.
    if (isGone(visit)) {
      this.options.requests?.tellLeft(request, response, arrivedAtMs)
      this.endLead(pending)
      return
    }
    if (lead) response.once('close', () => this.endLead(pending))
    this.pending.set(request, pending)
    way(request, response, arrivedAtMs)
  }

  /** Has the next one lead. @returns whether there is one */
  private passOn(pending: Pending): boolean {
    const { lead, place } = pending
    const next = lead?.isAwaited && this.options.isServing() ? this.line.passOn(lead) : undefined
    if (!next) return false
    pending.lead = undefined
    this.goOn(next, place, next.handleLater, lead)
    return true
  }

  /** Does for those who waited what became possible, or not, with the answer of who led them. */
  private endLead(pending: Pending): void {
    const { place, lead } = pending
    if (!lead) return
    if (!lead.isAwaited) {
      this.line.disband(lead)
      return
    }
    const kept = this.options.answers.find(place)
    if (!kept && pending.isPaid && this.passOn(pending)) return
    pending.lead = undefined
    const isForNobody = pending.isSent && (!pending.isPaid || lead.isPassedOn)
    if (!kept && isForNobody) this.line.avoid(place)
    for (const visit of this.line.disband(lead)) {
      if (kept) this.giveOrGoOn(visit, kept, 'memory')
      else this.goOn(visit, place, visit.handleLater)
    }
  }

  /** Sends a kept answer to somebody who was made to wait for it. Who cannot have it so goes on. */
  private giveOrGoOn(visit: Visit, kept: KeptAnswer, from: AnswerSource): void {
    const { request, response, handleLater, arrivedAtMs } = visit
    if (isGone(visit)) {
      this.options.requests?.tellLeft(request, response, arrivedAtMs)
      return
    }
    if (this.options.isServing() && this.give(visit, kept, from, this.options.clock.monotonicMs())) request.resume()
    else handleLater(request, response, arrivedAtMs)
  }

  /** Sends a kept answer, unless that is not for this way to decide. Then nothing has been done. */
  private give(visit: Visit, kept: KeptAnswer, from: AnswerSource, nowMs: number): boolean {
    const head = this.writes.findHead(kept)
    if (head === undefined) return false
    const reading = this.options.clientLimit.takeNow(visit.caller, visit.address)
    if (reading === undefined) return false
    this.counts[visit.face][from] += 1
    this.writes.add({ visit, kept, head, from, reading, nowMs })
    return true
  }
}
