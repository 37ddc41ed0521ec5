// What became of the bytes that a gateway was sent.
import { z } from 'zod'
import type { SentBody } from '../rig/upstream-protocol.ts'

const answerSchema = z.object({
  ret: z.literal(0),
  output: z.object({ data: z.array(z.object({ pic_full_url: z.string() })) }),
})

/** The files that an answer of the queue names; undefined when it cannot be read. */
export function readFiles(body: Buffer): readonly string[] | undefined {
  try {
    return answerSchema.parse(JSON.parse(body.toString())).output.data.map((message) => message.pic_full_url)
  } catch {
    return undefined
  }
}

/** How much of what was sent is not kept. */
export interface Unkept {
  /** Answers with messages, or unreadable ones, of which anything was sent. */
  readonly sent: number
  /** Of those that the gateway heard to their end: kept not at all, or otherwise than they were sent. */
  readonly bodies: number
  /** Most bytes that are missing of one that the gateway left: the last of it may have been on its way. */
  readonly leftBytes: number
}

/** Compares what one account was sent with what its journal holds, each body of which stands for one that was sent. */
export function findUnkept(sent: readonly SentBody[], kept: readonly Buffer[]): Unkept {
  const rest = kept.map((body) => body.toString('base64'))
  // An answer without messages is worth nothing, and forgotten.
  const worthy = sent.filter(
    ({ base64, isWhole }) => !isWhole || readFiles(Buffer.from(base64, 'base64'))?.length !== 0,
  )
  const missing = worthy.filter(({ base64 }) => {
    const index = rest.indexOf(base64)
    if (index >= 0) rest.splice(index, 1)
    return index < 0
  })
  const left = missing.filter(({ isLeft }) => isLeft).map(({ base64 }) => Buffer.from(base64, 'base64'))
  const beginnings = rest.map((base64) => Buffer.from(base64, 'base64'))
  const leftBytes = left.map((body) => {
    const begun = beginnings.filter((beginning) => body.subarray(0, beginning.length).equals(beginning))
    return body.length - Math.max(0, ...begun.map(({ length }) => length))
  })
  return { sent: worthy.length, bodies: missing.length - left.length, leftBytes: Math.max(0, ...leftBytes) }
}
