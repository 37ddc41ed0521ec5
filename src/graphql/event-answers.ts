// Operations by server-sent events: the protocol of graphql-sse in its mode of distinct connections. Each operation has
// an answer of its own, with one event for each of its results and one that says there are no more. An answer that ends
// without that has been cut off, and its client connects anew.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OperationTypeNode } from 'graphql'
import type { NoteRequest } from '#contract/answered-request.ts'
import type { Ask } from '#contract/ask.ts'
import { type EventAnswer, type OpenEventsOptions, openEventAnswers } from '#events/event-answers.ts'
import type { ServerSentEvent } from '#events/event-stream.ts'
import type { Caller } from '#model/caller.ts'
import { type Answer, toUpstream } from './answer.ts'
import { refuseUnproven } from './cross-site.ts'
import { isRefusedByStatus } from './error-formatter.ts'
import {
  type AskedOperation,
  answerOperation,
  type OperationAnswersOptions,
  prepareOperation,
  toAnswerErrors,
} from './operation-answers.ts'
import { listenFor } from './operation-report.ts'
import { readRequest } from './request.ts'

/** What operations are answered with. */
export interface EventAnswersOptions extends OperationAnswersOptions, OpenEventsOptions {
  /** Counts one more request of a client. @throws GatewayError RATE_LIMITED */
  readonly createOperationAsk: (caller: Caller, address: string, signal: AbortSignal) => Promise<Ask>
  /** Told what is asked, and what goes wrong. */
  readonly note?: NoteRequest | undefined
}

/** Answers a request by events. @throws what refuses it with a status, before anything was sent */
export type AnswerByEvents = (request: FastifyRequest, reply: FastifyReply, ask: Ask) => FastifyReply

/** Why an operation ended before all of its answers were there. */
class EventsEndedError extends Error {
  override readonly name = 'EventsEndedError'
}

const complete: ServerSentEvent = { event: 'complete', data: '' }

/** Prepares `app` for such answers, and has those of subscriptions end before the server closes. */
export function openEvents(app: FastifyInstance, options: EventAnswersOptions): AnswerByEvents {
  const { operations, note } = options
  const answerWithEvents = openEventAnswers(app, options)

  return (request, reply, { caller, ...circumstances }) => {
    // A client that leaves ends it by this one as well.
    const ending = new AbortController()
    const ask: Ask = { ...circumstances, caller, signal: ending.signal }
    const asked: AskedOperation = {
      ask,
      requestId: request.id,
      log: request.log,
      report: listenFor(request.raw, note),
      countRequest: async () => void (await options.createOperationAsk(caller, request.ip, ending.signal)),
    }
    const { answers, isLasting } = begin(request, asked, options)
    const toNext = (answer: Answer): ServerSentEvent => ({ event: 'next', data: operations.write(answer).toString() })
    const toLast = (error: unknown) => toNext(toErrorAnswer(error, asked))
    const answer: EventAnswer<ServerSentEvent> = {
      caller,
      items: endedBy(ending, writeAnswers(answers, { toNext, toLast, signal: ending.signal })),
      toEvent: (event) => event,
      toFarewell: (error) => [toLast(error), complete],
      isLasting,
    }
    return answerWithEvents(request, reply, answer)
  }
}

/** What a request is answered. */
interface Begun {
  readonly answers: AsyncGenerator<Answer, void, undefined>
  /** Whether there are more until somebody wants no more of them. */
  readonly isLasting: boolean
}

/** The answers of a request, of which nothing is executed yet. @throws what refuses it with a status */
function begin(request: FastifyRequest, asked: AskedOperation, options: EventAnswersOptions): Begun {
  const parameters = readRequest(request)
  try {
    const operation = prepareOperation(options.operations, parameters, asked)
    refuseUnproven(request, operation)
    return {
      answers: answerOperation(options, operation, asked),
      isLasting: operation.type === OperationTypeNode.SUBSCRIPTION,
    }
  } catch (error) {
    if (isRefusedByStatus(error)) throw error
    return { answers: failing(error), isLasting: false }
  }
}

/** What is wrong with a document is told by an event: a client that wants events reads nothing else. */
// biome-ignore lint/correctness/useYield: it answers nothing
async function* failing(error: unknown): AsyncGenerator<never, void, undefined> {
  throw error
}

async function* writeAnswers(
  answers: AsyncIterable<Answer>,
  words: {
    readonly toNext: (answer: Answer) => ServerSentEvent
    readonly toLast: (error: unknown) => ServerSentEvent
    readonly signal: AbortSignal
  },
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const { toNext, toLast, signal } = words
  try {
    for await (const answer of answers) {
      if (signal.aborted) return
      yield toNext(answer)
    }
  } catch (error) {
    const last = toLast(error)
    if (signal.aborted) return
    yield last
  }
  if (!signal.aborted) yield complete
}

function toErrorAnswer(error: unknown, { ask, requestId, log, report }: AskedOperation): Answer {
  const errors = toAnswerErrors(error, requestId, log, report, ask.signal)
  return { errors, extensions: { upstream: toUpstream(ask.meter) } }
}

/**
 * The same events. Whoever returns early ends what is under way as well: by itself, an iteration that waits for an event
 * would go on waiting.
 */
function endedBy<Event>(ending: AbortController, events: AsyncGenerator<Event, void, undefined>): AsyncIterable<Event> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => events.next(),
      return: () => {
        ending.abort(new EventsEndedError('nobody wants any more of it'))
        return events.return()
      },
    }),
  }
}
