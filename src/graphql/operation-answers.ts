// What is answered to an operation that may go on, on a WebSocket or by server-sent events: by the one way every operation
// goes, and then carried out once, or once for each event.
import { createSourceEventStream, type ExecutionResult, type GraphQLFormattedError, OperationTypeNode } from 'graphql'
import type { Ask } from '#contract/ask.ts'
import { InvalidInputError } from '#model/errors.ts'
import type { Services } from '#services/services.ts'
import { type Answer, type AnswerTerms, type FaultLog, logInternal, toAnswer } from './answer.ts'
import { type Context, createContext } from './context.ts'
import { formatError, showErrors } from './error-formatter.ts'
import type { OperationListener } from './operation-report.ts'
import type { Operation, Operations } from './operations.ts'
import type { RequestParameters } from './request.ts'

/** What operations are carried out with. */
export interface OperationAnswersOptions {
  readonly operations: Operations
  readonly services: Services
  /** The same circumstances with a deadline and a meter of their own: an event is asked for like a request. */
  readonly renewAsk: (ask: Ask) => Ask
}

/** Who asks an operation, and what it is called where errors are told. The signal of its ask ends the operation. */
export interface AskedOperation extends AnswerTerms {
  /** Counts one more request of who asks. @throws GatewayError RATE_LIMITED */
  readonly countRequest: () => Promise<void>
  /** Learns what comes of it. */
  readonly report: OperationListener
}

/** Reads what is asked. @param report learns what it is @throws as `Operations.prepare`; INVALID_INPUT for a mutation */
export function prepareOperation(
  operations: Pick<Operations, 'prepare'>,
  parameters: RequestParameters,
  { ask, report }: Pick<AskedOperation, 'ask' | 'report'>,
): Operation {
  report.count(ask.meter)
  const operation = operations.prepare(parameters, ask)
  report.name(operation)
  if (operation.type === OperationTypeNode.MUTATION)
    throw new InvalidInputError('query', 'is a mutation; allowed are queries and subscriptions')
  return operation
}

/**
 * Carries out an operation: one answer of a query, one for each event of a subscription. An event of which more is read
 * than it holds itself counts as a request, and over the limit ends the subscription; any other is free.
 * @throws what ends a subscription; for `toAnswerErrors`
 */
export async function* answerOperation(
  { operations, services, renewAsk }: OperationAnswersOptions,
  operation: Operation,
  asked: AskedOperation,
): AsyncGenerator<Answer, void, undefined> {
  const { ask, report } = asked
  const contextValue = createContext(services, ask)
  if (operation.type === OperationTypeNode.QUERY) {
    yield answer(await operations.execute(operation, contextValue), asked)
    return
  }
  const events = await createSourceEventStream({ ...operation, contextValue })
  if (!(Symbol.asyncIterator in events)) {
    yield answer(events, asked)
    return
  }
  for await (const event of events) {
    const eventAsk = renewAsk(ask)
    report.count(eventAsk.meter)
    const { contextValue: eventContext, hasAsked } = noteQuestions(createContext(services, eventAsk))
    const result = await operations.execute({ ...operation, rootValue: event }, eventContext)
    if (hasAsked()) await asked.countRequest()
    yield answer(result, { ...asked, ask: eventAsk })
  }
}

function answer(result: ExecutionResult, asked: AskedOperation): Answer {
  const { answer: told, shown } = toAnswer(result, asked)
  // What fails because its client has ended it is no error.
  if (!asked.ask.signal.aborted) asked.report.fail(shown[0]?.shown.code)
  return told
}

/**
 * What a client is told of an error that ended its operation; one that is our own fault is logged.
 * @param report learns its code, unless it is only that the client has ended the operation
 * @param signal of the operation's ask, once it has one
 */
export function toAnswerErrors(
  error: unknown,
  requestId: string,
  log: FaultLog,
  report: Pick<OperationListener, 'fail'>,
  signal?: AbortSignal,
): readonly GraphQLFormattedError[] {
  const shown = showErrors([error])
  if (!signal?.aborted) report.fail(shown[0]?.shown.code)
  logInternal(shown, log, requestId, signal)
  return shown.map((one) => formatError(one, requestId))
}

/** The same context, which notes whether any field asks for more than its parent holds. */
function noteQuestions(context: Context): { readonly contextValue: Context; readonly hasAsked: () => boolean } {
  let hasAsked = false
  const note = <Value>(value: Value): Value => {
    hasAsked = true
    return value
  }
  const contextValue = {
    ...context,
    get services() {
      return note(context.services)
    },
    get loaders() {
      return note(context.loaders)
    },
  }
  return { contextValue, hasAsked: () => hasAsked }
}
