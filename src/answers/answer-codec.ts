// How an answer is written where other processes read it:
//
//   byte 0      version of the format
//   1 to 4      CRC-32 of everything behind it, but of a long body its two ends only
//   5 to 36     keptAt, endsAt, fetchedAt, freshUntil: doubles, big-endian; the last two NaN for an answer without age
//   37 to 40    bytes of the head
//   41 to 44    bytes of the body
//   45 and on   the head: a list of names and values as JSON in UTF-8
//   behind it   the body as it is sent, which nobody here reads
//
// What is longer or shorter than it should be is always found. What lies between the ends of a long body is left to the
// check sums of TCP and of Redis' own files: going over 150 KB once more costs more than half of sending them.
import { crc32 } from 'node:zlib'
import type { WholeAnswer } from './answers.ts'

/** An answer as it is written. Instants are on the clock of the store, in milliseconds. */
export interface StoredAnswer extends Pick<WholeAnswer, 'headers' | 'body'> {
  /** When it was written. */
  readonly keptAt: number
  /** Until when it answers. */
  readonly endsAt: number
  /** As in `WholeAnswer`; `freshUntil` may be infinite. */
  readonly age: { readonly fetchedAt: number; readonly freshUntil: number } | undefined
}

const VERSION = 2
const CHECKED_FROM = 5
const HEAD_FROM = 45
/** Of a body, from each end, so many bytes are checked. */
const CHECKED_BODY_BYTES = 2048
/** Heads that are remembered: those of GraphQL are a handful, those of REST have each their own tag. */
const MOST_HEADS = 100

/** Heads that were read before. Answers of one head share its list, too, so that nobody need look through it again. */
export type KnownHeads = Map<string, readonly string[]>

/** The bytes of an answer. */
export function encodeAnswer({ headers, body, keptAt, endsAt, age }: StoredAnswer): Buffer {
  const head = Buffer.from(JSON.stringify(headers))
  const bytes = Buffer.allocUnsafe(HEAD_FROM + head.length + body.length)
  bytes.writeUInt8(VERSION, 0)
  bytes.writeDoubleBE(keptAt, 5)
  bytes.writeDoubleBE(endsAt, 13)
  bytes.writeDoubleBE(age?.fetchedAt ?? Number.NaN, 21)
  bytes.writeDoubleBE(age?.freshUntil ?? Number.NaN, 29)
  bytes.writeUInt32BE(head.length, 37)
  bytes.writeUInt32BE(body.length, 41)
  bytes.set(head, HEAD_FROM)
  bytes.set(body, HEAD_FROM + head.length)
  bytes.writeUInt32BE(checkSum(bytes, HEAD_FROM + head.length), 1)
  return bytes
}

/** Reads them back; the body is a piece of `bytes`. Undefined for anything but a whole answer of this version. */
export function decodeAnswer(bytes: Buffer, known: KnownHeads): StoredAnswer | undefined {
  if (bytes.length < HEAD_FROM || bytes[0] !== VERSION) return undefined
  const bodyFrom = HEAD_FROM + bytes.readUInt32BE(37)
  if (bodyFrom + bytes.readUInt32BE(41) !== bytes.length) return undefined
  if (bytes.readUInt32BE(1) !== checkSum(bytes, bodyFrom)) return undefined
  const keptAt = bytes.readDoubleBE(5)
  const endsAt = bytes.readDoubleBE(13)
  const fetchedAt = bytes.readDoubleBE(21)
  const freshUntil = bytes.readDoubleBE(29)
  if (!Number.isFinite(keptAt) || !Number.isFinite(endsAt)) return undefined
  const hasAge = !Number.isNaN(fetchedAt)
  if (hasAge ? !Number.isFinite(fetchedAt) || Number.isNaN(freshUntil) : !Number.isNaN(freshUntil)) return undefined
  const headers = readHead(bytes.toString('latin1', HEAD_FROM, bodyFrom), known)
  if (headers === undefined) return undefined
  const age = hasAge ? { fetchedAt, freshUntil } : undefined
  return { headers, body: bytes.subarray(bodyFrom), keptAt, endsAt, age }
}

function checkSum(bytes: Buffer, bodyFrom: number): number {
  const frontTo = bodyFrom + CHECKED_BODY_BYTES
  const backFrom = bytes.length - CHECKED_BODY_BYTES
  if (backFrom <= frontTo) return crc32(bytes.subarray(CHECKED_FROM))
  return crc32(bytes.subarray(backFrom), crc32(bytes.subarray(CHECKED_FROM, frontTo)))
}

/** @param letters the head, every byte a letter: two heads are the same when these are */
function readHead(letters: string, known: KnownHeads): readonly string[] | undefined {
  const found = known.get(letters)
  if (found !== undefined) return found
  const headers = toHeaders(Buffer.from(letters, 'latin1').toString())
  if (headers === undefined) return undefined
  if (known.size >= MOST_HEADS) known.clear()
  known.set(letters, headers)
  return headers
}

function toHeaders(json: string): readonly string[] | undefined {
  try {
    const texts: unknown = JSON.parse(json)
    return isTexts(texts) && texts.length % 2 === 0 ? texts : undefined
  } catch {
    return undefined
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string')
}
