// Writes kept answers, those of one turn in a row, and tells of each of them as soon as it is written.
import type { ClientLimitReading } from '#access/client-limit.ts'
import type { KeptAnswer } from '#answers/answers.ts'
import type { AnsweredRequest, RequestObserver } from '#contract/answered-request.ts'
import type { Clock } from '#model/clock.ts'
import { type AgeWords, type KeptHead, KeptReplies } from './kept-reply.ts'
import type { Visit } from './kept-visit.ts'
import { toRequestId, toTraceParent } from './request-id.ts'
import { TurnWrites } from './turn-writes.ts'

/** Told of what kept answers saved. */
export interface SavingsObserver {
  /** Counts provider calls of an account that a client's answer would have taken. */
  saved(account: string, client: string, operation: string, calls: number): void
}

/** What they are written with. */
export interface KeptWritesOptions {
  readonly words: AgeWords
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
  /** Whether this process still wants clients; while it does not, every answer tells them so. */
  readonly isOpen: () => boolean
  /** Told of each. Left out: nobody is. */
  readonly observer: RequestObserver | undefined
  /** Told of what each saved. Left out: nobody is. */
  readonly savings: SavingsObserver | undefined
}

/** An answer that only has to be written. */
export interface KeptWrite {
  readonly visit: Visit
  readonly kept: KeptAnswer
  /** See `findHead`. */
  readonly head: KeptHead
  readonly from: AnsweredRequest['from']
  /** Where the client stands in its limit; null without one. */
  readonly reading: ClientLimitReading | null
  /** The moment that its age is told of, on `Clock.monotonicMs`. */
  readonly nowMs: number
}

/** Kept answers on their way out. */
export class KeptWrites {
  private readonly options: KeptWritesOptions
  private readonly replies: KeptReplies
  private readonly writes = new TurnWrites<KeptWrite>((one) => this.write(one))

  constructor(options: KeptWritesOptions) {
    this.options = options
    this.replies = new KeptReplies(options.words, options.clock)
  }

  /** See `KeptReplies.findHead`. */
  findHead(kept: KeptAnswer): KeptHead | undefined {
    return this.replies.findHead(kept)
  }

  /** Has an answer written, in this turn or at its end. */
  add(one: KeptWrite): void {
    this.writes.add(one)
  }

  private write({ visit, kept, head, from, reading, nowMs }: KeptWrite): void {
    const { request, response, face, caller, arrivedAtMs } = visit
    const hasLeft = response.destroyed
    const requestId = toRequestId(request)
    const { observer, savings, clock, isOpen } = this.options
    const terms = { head, reading, nowMs, requestId, isLast: !isOpen() }
    const status = hasLeft ? null : this.replies.send(request, response, kept, terms)
    const { operation, operationName, saved } = head.asked
    if (savings && !hasLeft)
      for (const each of saved) savings.saved(each.account, caller.name, each.operation, each.calls)
    if (!observer) return
    observer.answered({
      face,
      operation,
      operationName,
      code: hasLeft ? 'CLIENT_LEFT' : 'OK',
      status,
      tookMs: Math.max(0, clock.monotonicMs() - arrivedAtMs),
      isLasting: false,
      client: caller.name,
      from,
      calls: 0,
      cached: 0,
      coalesced: 0,
      requestId,
      traceParent: toTraceParent(request),
    })
  }
}
