// The span of a request, ended by what was told of it when it was over. One that was answered from kept bytes is told of
// only then: its span is made up afterwards, so that following it costs nothing on its way.
import type { AnsweredRequest } from '#contract/answered-request.ts'
import type { SpanFacts, Tracer } from '#model/tracer.ts'

/** What is told of a request that is over, as far as it is of interest here. */
export type EndedRequest = Omit<AnsweredRequest, 'isLasting' | 'requestId'>

/** Whoever else is told does so within the span, which is how lines of the log come by its name. */
export function createRequestSpans<Request extends EndedRequest>(
  tracer: Tracer,
  next: { answered(request: Request): void },
): { answered(request: Request): void } {
  return {
    answered: (request) => {
      const { face, operation, code } = request
      // Who is refused for want of time is counted, and nothing more: a span would be yet more to do.
      if (face === 'page' || code === 'OVERLOADED') {
        next.answered(request)
        return
      }
      // Kept answers are sent wherever they were found, which may be in the middle of another request.
      const known = request.from === 'made' ? tracer.request : undefined
      const span = known ?? tracer.begin(request.traceParent, request.tookMs)
      span.run(() => next.answered(request))
      span.end(`${face} ${operation}`, toFacts(request), code)
    },
  }
}

function toFacts({ face, operation, from, calls, cached, coalesced, ...rest }: EndedRequest): SpanFacts {
  const { operationName, status, client } = rest
  return {
    'weir.face': face,
    'weir.operation': operation,
    'weir.from': from,
    'weir.calls': calls,
    'weir.cached': cached,
    'weir.coalesced': coalesced,
    ...(client !== null && { 'weir.client': client }),
    ...(status !== null && { 'http.response.status_code': status }),
    ...(face === 'graphql' && {
      'graphql.operation.type': operation.startsWith('subscription:') ? 'subscription' : 'query',
      ...(operationName !== null && { 'graphql.operation.name': operationName }),
    }),
  }
}
