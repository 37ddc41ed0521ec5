import type { ServerResponse } from 'node:http'
import type { Answer } from './answer.ts'

/** The parts of an answer that travel. */
export type Transmission = Pick<Answer, 'status' | 'contentType' | 'headers' | 'body'>

/** Lets bytes already written reach the client before the connection is reset, which would discard them. */
const FLUSH_MS = 10

/** The text of a body: texts as they are, everything else as JSON. */
export function toText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}

/** Sends an answer whole. A connection that is gone is no error. */
export function send(response: ServerResponse, { status, contentType, headers, body }: Transmission): void {
  if (response.destroyed) return
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(toText(body))
  response.writeHead(status, { ...headers, 'Content-Type': contentType, 'Content-Length': bytes.length })
  response.end(bytes)
}

/** Sends an answer's head, and half its body if asked to, then resets the connection. */
export async function breakOff(response: ServerResponse, answer: Transmission, withHalfBody: boolean): Promise<void> {
  const bytes = Buffer.from(toText(answer.body))
  response.writeHead(answer.status, { 'Content-Type': answer.contentType, 'Content-Length': bytes.length })
  if (withHalfBody) response.write(bytes.subarray(0, bytes.length / 2))
  else response.flushHeaders()
  if (await wait(response, FLUSH_MS)) response.socket?.resetAndDestroy()
}

/** Writes bytes past the HTTP layer; `isLast` closes the connection after them. */
export function sendRaw(response: ServerResponse, text: string, isLast: boolean): void {
  if (isLast) response.socket?.end(text)
  else response.socket?.write(text)
}

/** Waits unless the client leaves first; says whether it is still there. */
export function wait(response: ServerResponse, ms: number): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false)
  return new Promise((resolve) => {
    const leave = () => {
      clearTimeout(timer)
      resolve(false)
    }
    const timer = setTimeout(() => {
      response.off('close', leave)
      resolve(true)
    }, ms)
    response.once('close', leave)
  })
}
