// What a client is told that sent no HTTP request, or not all of one in time: there is no request object to answer
// through, only a socket.
import { PROBLEM_TYPE } from '#model/errors.ts'
import { toProblemText } from './refusal.ts'

const malformedRequests: ReadonlyMap<string, readonly [status: number, title: string, message: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'Request Header Fields Too Large', 'the headers are larger than 16 KB']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'Request Timeout', 'the request took too long to arrive']],
])

/** The whole answer to a client whose request failed with this error of Node's HTTP server. */
export function toMalformedAnswer(error: NodeJS.ErrnoException): string {
  const [status, title, message] = malformedRequests.get(error.code ?? '') ?? [
    400,
    'Bad Request',
    'this is no valid HTTP request',
  ]
  const body = toProblemText({ code: 'INVALID_INPUT', message, status })
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
