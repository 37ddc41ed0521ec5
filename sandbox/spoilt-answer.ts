import type { ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Answer, Endpoint } from './answer.ts'
import type { Fault } from './faults.ts'
import { addFilling, changeTypes, shuffle } from './spoilt-body.ts'
import { breakOff, send, sendRaw, toText, wait } from './transmission.ts'

const MEBIBYTE = 1024 * 1024
const compress = promisify(gzip)

/**
 * Sends a spoilt answer.
 *
 * @param carryOut - carries the call out and gives the right answer; called at most once
 * @returns the answer that the spoilt one was made of, for the call log
 */
export async function sendSpoilt(
  response: ServerResponse,
  endpoint: Endpoint,
  fault: Fault,
  carryOut: () => Answer,
): Promise<Answer | undefined> {
  if (!startsFromRightAnswer(fault)) {
    if (fault.takesEffect === true) carryOut()
    return sendInstead(response, endpoint, fault)
  }
  const answer = carryOut()
  await sendChanged(response, fault, answer)
  return answer
}

function startsFromRightAnswer(fault: Fault): boolean {
  if (fault.kind === 'reset') return fault.at === 'headers' || fault.at === 'body'
  return ['slow', 'drip', 'truncated', 'wrong-types', 'shuffled', 'oversize', 'gzip-bomb'].includes(fault.kind)
}

function sendInstead(response: ServerResponse, endpoint: Endpoint, fault: Fault): Answer | undefined {
  switch (fault.kind) {
    case 'hang':
      return undefined
    case 'html':
      send(response, { status: 200, contentType: 'text/html', body: '<html><body><h1>It works!</h1></body></html>' })
      return undefined
    case 'redirect':
      send(response, {
        status: 302,
        contentType: 'text/plain',
        headers: { Location: fault.location ?? 'http://127.0.0.1:9/' },
        body: '',
      })
      return undefined
    case 'throttled':
    case 'error': {
      const answer = fault.kind === 'throttled' ? endpoint.throttle(fault) : endpoint.fail(fault)
      send(response, answer)
      return answer
    }
    case 'malformed':
      sendMalformed(response, fault)
      return undefined
    default:
      response.socket?.resetAndDestroy()
      return undefined
  }
}

async function sendChanged(response: ServerResponse, fault: Fault, answer: Answer): Promise<void> {
  switch (fault.kind) {
    case 'slow':
      if (await wait(response, fault.delayMs ?? 1000)) send(response, answer)
      break
    case 'drip':
      await drip(response, fault, answer)
      break
    case 'truncated': {
      const text = toText(answer.body)
      send(response, { ...answer, body: text.slice(0, text.length / 2) })
      break
    }
    case 'wrong-types':
      send(response, { ...answer, body: changeTypes(answer.body, fault.variant ?? 'strings') })
      break
    case 'shuffled':
      send(response, { ...answer, body: shuffle(answer.body) })
      break
    case 'oversize':
      send(response, { ...answer, body: addFilling(answer.body, fault.bytes ?? 9 * MEBIBYTE) })
      break
    case 'gzip-bomb': {
      const bytes = await compress(toText(addFilling(answer.body, fault.bytes ?? 64 * MEBIBYTE)))
      send(response, { ...answer, headers: { ...answer.headers, 'Content-Encoding': 'gzip' }, body: bytes })
      break
    }
    default:
      await breakOff(response, answer, fault.at === 'body')
  }
}

async function drip(response: ServerResponse, fault: Fault, answer: Answer): Promise<void> {
  const bytes = Buffer.from(toText(answer.body))
  const size = fault.chunkBytes ?? 1
  response.writeHead(answer.status, { 'Content-Type': answer.contentType, 'Content-Length': bytes.length })
  for (let position = 0; position < bytes.length; position += size) {
    response.write(bytes.subarray(position, position + size))
    if (!(await wait(response, fault.intervalMs ?? 200))) return
  }
  response.end()
}

function sendMalformed(response: ServerResponse, fault: Fault): void {
  const body = '{"ret":0,"code":"0","message":"success"}'
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
  const lengthOf = (bytes: number) => `Content-Length: ${bytes}\r\n`
  const raw: Readonly<Record<string, string>> = {
    'two-lengths': `${head}${lengthOf(body.length)}${lengthOf(5)}\r\n${body}`,
    'long-length': `${head}${lengthOf(body.length + 100)}\r\n${body}`,
    'short-length': `${head}${lengthOf(body.length)}\r\n${body}${body}`,
    'big-header': `${head}X-Filling: ${'x'.repeat(100_000)}\r\n${lengthOf(body.length)}\r\n${body}`,
    'not-http': 'this is no HTTP\r\n\r\n',
  }
  const variant = fault.variant ?? 'not-json'
  const text = raw[variant]
  // Surplus bytes only do harm on a connection that stays open.
  if (text !== undefined) sendRaw(response, text, variant !== 'short-length')
  else {
    const unreadable = variant === 'not-object' ? '[[42]]' : 'ret=0 & nothing more'
    send(response, { status: 200, contentType: 'application/json', body: unreadable })
  }
}
