// The line that every request has in the log, written when it is over.
import type { Logger } from 'pino'
import type { AnsweredRequest } from '#contract/answered-request.ts'
import { errorTable } from '#model/errors.ts'
import { scrub } from './log-redaction.ts'

/** What is told of a request. Of all of it only the name of the client may hold what somebody has made up. */
export type LoggedRequest = Omit<AnsweredRequest, 'isLasting' | 'traceParent'>

/** Which requests have a line: `made` leaves out those that were answered from kept bytes. */
export type LoggedRequests = 'all' | 'made' | 'none'

/**
 * Writes the lines. A fault of ours is a warning; who only looks whether the process is well is left to `debug`; and who
 * is refused because there is too much to do has no line of his own: that would be yet more to do.
 */
export function createRequestLog(log: Logger, requests: LoggedRequests): { answered(request: LoggedRequest): void } {
  if (requests === 'none') return { answered: () => undefined }
  // What it is told is clean: to clean all of it once more costs as much as the rest of the line.
  const lines = log.child(
    {},
    { formatters: { log: (fields) => fields }, serializers: { msg: (text: unknown) => text } },
  )
  return {
    answered(request) {
      const { face, operation, operationName, code, status, tookMs, client, from, requestId } = request
      if (code === 'OVERLOADED' || (from !== 'made' && requests === 'made')) return
      const level = toLevel(request)
      if (!lines.isLevelEnabled(level)) return
      const { calls, cached, coalesced } = request
      lines[level](
        {
          requestId,
          client: client === null || /^[\w.@:-]{1,100}$/.test(client) ? client : scrub(client),
          face,
          operation,
          ...(operationName !== null && { operationName }),
          code,
          ...(status !== null && { status }),
          tookMs: Math.round(tookMs * 1000) / 1000,
          upstream: { calls, cached, coalesced },
          from,
        },
        'request',
      )
    },
  }
}

function toLevel({ code, operation }: LoggedRequest): 'debug' | 'info' | 'warn' {
  if (code === 'OK') return operation === 'health' ? 'debug' : 'info'
  if (code === 'CLIENT_LEFT') return 'info'
  const { status, fault } = errorTable[code]
  return status >= 500 && fault === 'gateway' ? 'warn' : 'info'
}
