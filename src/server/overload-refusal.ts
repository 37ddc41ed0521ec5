// How a request is refused for which there is no time: before routing, authentication and body, because a refusal that
// costs a tenth of an answer would itself be the overload.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorTable, PROBLEM_TYPE } from '#model/errors.ts'
import { type Refusal, toGraphqlText, toProblemText } from './refusal.ts'
import { toRequestId } from './request-id.ts'

/** What is said of an overload on every face. */
export const overloadRefusal = {
  code: 'OVERLOADED',
  message: 'the gateway has more to do than it can; try again after the time in Retry-After',
  retryAfterMs: 1000,
} as const satisfies Refusal

/** Who watches over the process must be answered in any case. */
const alwaysAnswered = /^\/(healthz|readyz|metrics)(\?|$)/
const graphqlPath = /^\/graphql(\?|$)/
/** A body of which nobody will read more is not waited for. */
const MOST_BYTES_WAITED_FOR = 64 * 1024

/** Whether the request may be refused at all. */
export function isRefusable({ url = '' }: IncomingMessage): boolean {
  return !alwaysAnswered.test(url)
}

/** Answers the request with OVERLOADED. @param origins whose pages may read the answer; `*` for all */
export function refuseForOverload(
  request: IncomingMessage,
  response: ServerResponse,
  origins: ReadonlySet<string>,
): void {
  const { headers, url = '' } = request
  const refusal = { ...overloadRefusal, requestId: toRequestId(request) }
  const isGraphql = graphqlPath.test(url)
  const text = isGraphql ? toGraphqlText(refusal) : toProblemText(refusal)
  const { origin } = headers
  const readers = origins.has('*') ? '*' : origin !== undefined && origins.has(origin) ? origin : undefined
  if (readers !== undefined)
    response
      .setHeader('access-control-allow-origin', readers)
      .setHeader('access-control-expose-headers', 'retry-after, x-request-id')
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > MOST_BYTES_WAITED_FOR)
    response.setHeader('connection', 'close')
  response.writeHead(errorTable[refusal.code].status, {
    'content-type': isGraphql ? toGraphqlType(headers.accept) : PROBLEM_TYPE,
    'content-length': Buffer.byteLength(text),
    'retry-after': String(refusal.retryAfterMs / 1000),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': refusal.requestId,
    vary: isGraphql ? 'accept, origin' : 'origin',
  })
  response.end(text)
}

/** Its own type to those who name it: they tell a refusal by the status. */
function toGraphqlType(accept: string | undefined): string {
  const type = accept?.includes('application/graphql-response+json')
    ? 'application/graphql-response+json'
    : 'application/json'
  return `${type}; charset=utf-8`
}
