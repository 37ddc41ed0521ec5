// How an answer is written where other processes read it:
//
//   byte 0      version of the format
//   1 to 4      CRC-32 of everything behind it
//   5 to 36     keptAt, endsAt, fetchedAt, freshUntil: doubles, big-endian; the last two NaN for an answer without age
//   37 to 40    bytes of the head
//   41 and on   the head: a list of names and values as JSON in UTF-8
//   behind it   the body as it is sent, which nobody here reads
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

const VERSION = 1
const CHECKED_FROM = 5
const HEAD_FROM = 41

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
  bytes.set(head, HEAD_FROM)
  bytes.set(body, HEAD_FROM + head.length)
  bytes.writeUInt32BE(crc32(bytes.subarray(CHECKED_FROM)), 1)
  return bytes
}

/** Reads them back; the body is a piece of `bytes`. Undefined for anything but a whole answer of this version. */
export function decodeAnswer(bytes: Buffer): StoredAnswer | undefined {
  if (bytes.length < HEAD_FROM || bytes.readUInt8(0) !== VERSION) return undefined
  if (bytes.readUInt32BE(1) !== crc32(bytes.subarray(CHECKED_FROM))) return undefined
  const keptAt = bytes.readDoubleBE(5)
  const endsAt = bytes.readDoubleBE(13)
  const fetchedAt = bytes.readDoubleBE(21)
  const freshUntil = bytes.readDoubleBE(29)
  const bodyFrom = HEAD_FROM + bytes.readUInt32BE(37)
  if (!Number.isFinite(keptAt) || !Number.isFinite(endsAt) || bodyFrom > bytes.length) return undefined
  const hasAge = !Number.isNaN(fetchedAt)
  if (hasAge ? !Number.isFinite(fetchedAt) || Number.isNaN(freshUntil) : !Number.isNaN(freshUntil)) return undefined
  const headers = toHeaders(bytes.toString('utf8', HEAD_FROM, bodyFrom))
  if (headers === undefined) return undefined
  const age = hasAge ? { fetchedAt, freshUntil } : undefined
  return { headers, body: bytes.subarray(bodyFrom), keptAt, endsAt, age }
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
