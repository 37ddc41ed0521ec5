// How an entry is written where other processes read it, of other versions of this program too:
//
//   byte 0      version of the format
//   byte 1      flags: 1 = the body is compressed with zstd
//   2 to 5      CRC-32 of everything behind it
//   6 to 37     fetchedAt, freshUntil, keepUntil, sizeBytes: doubles, big-endian
//   38 and on   the value as JSON in UTF-8
//
// The instants stand before the value so that whoever has something as new need not read it.
import { promisify } from 'node:util'
import { crc32, zstdCompress, zstdDecompress } from 'node:zlib'
import { FOREVER, type Instant } from '#model/time-range.ts'

declare global {
  interface JSON {
    /** A text that is written into JSON as it stands. */
    rawJSON(text: string): object
  }
}

/** What is written of an entry besides its value. Instants are on the clock of the store. */
export interface EntryHead {
  readonly fetchedAt: Instant
  readonly freshUntil: Instant
  readonly keepUntil: Instant
  /** Memory the value takes, in bytes. */
  readonly sizeBytes: number
}

const VERSION = 1
const COMPRESSED = 1
const HEAD_BYTES = 38
const CHECKED_FROM = 6
/** A value whose JSON is longer is not written; a body that unpacks to more is not read. */
const MAX_JSON_BYTES = 64 * 1024 ** 2
/** Shorter texts are sent as they are: packing them takes longer than sending them. */
const MIN_COMPRESSED_BYTES = 1024
/** Compressed only when it saves a fifth: unpacking costs every reader. */
const WORTHWHILE_RATIO = 0.8

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** The bytes of an entry; undefined when JSON cannot tell its value or the text is too long. */
export async function encodeEntry(head: EntryHead, value: unknown): Promise<Buffer | undefined> {
  const json = toJson(value)
  if (json === undefined || json.length > MAX_JSON_BYTES) return undefined
  const plain = Buffer.from(json, 'utf8')
  if (plain.length > MAX_JSON_BYTES) return undefined
  const packed = plain.length > MIN_COMPRESSED_BYTES ? await compress(plain) : plain
  const isCompressed = packed.length <= plain.length * WORTHWHILE_RATIO
  const bytes = Buffer.concat([Buffer.alloc(HEAD_BYTES), isCompressed ? packed : plain])
  bytes.writeUInt8(VERSION, 0)
  bytes.writeUInt8(isCompressed ? COMPRESSED : 0, 1)
  const fields = [head.fetchedAt, head.freshUntil, head.keepUntil, head.sizeBytes]
  for (const [index, field] of fields.entries()) bytes.writeDoubleBE(field, CHECKED_FROM + index * 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(CHECKED_FROM)), 2)
  return bytes
}

/** What is written of an entry besides its value; undefined for anything but a whole entry of this version. */
export function decodeHead(bytes: Buffer): EntryHead | undefined {
  if (bytes.length <= HEAD_BYTES || bytes.readUInt8(0) !== VERSION || bytes.readUInt8(1) > COMPRESSED) return undefined
  if (bytes.readUInt32BE(2) !== crc32(bytes.subarray(CHECKED_FROM))) return undefined
  const [fetchedAt, freshUntil, keepUntil, sizeBytes] = [0, 1, 2, 3].map((index) =>
    bytes.readDoubleBE(CHECKED_FROM + index * 8),
  )
  if (!isInstant(fetchedAt) || !isInstant(freshUntil) || !isInstant(keepUntil)) return undefined
  if (sizeBytes === undefined || !(sizeBytes >= 0)) return undefined
  return { fetchedAt, freshUntil, keepUntil, sizeBytes }
}

/** The value of an entry whose head could be read; undefined when it cannot be. */
export async function decodeValue(bytes: Buffer): Promise<{ readonly value: unknown } | undefined> {
  try {
    const body = bytes.subarray(HEAD_BYTES)
    const isCompressed = bytes.readUInt8(1) === COMPRESSED
    const plain = isCompressed ? await decompress(body, { maxOutputLength: MAX_JSON_BYTES }) : body
    return { value: JSON.parse(plain.toString('utf8')) }
  } catch {
    return undefined
  }
}

function isInstant(instant: number | undefined): instant is Instant {
  return instant !== undefined && Math.abs(instant) <= FOREVER
}

/** A text that reads back as the same value; undefined when there is none. */
function toJson(value: unknown): string | undefined {
  try {
    const kind = inspect(value)
    if (kind === 'beyond') return undefined
    return JSON.stringify(value, kind === 'signed' ? writeNegativeZero : undefined)
  } catch {
    // Too deep, or a circle.
    return undefined
  }
}

/**
 * `plain`: JSON tells it as it is, but for fields that hold undefined, which are left out. `signed`: with a negative
 * zero in it, whose sign JSON.stringify drops. `beyond`: something in it would not be read back.
 */
function inspect(value: unknown): 'plain' | 'signed' | 'beyond' {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return 'plain'
  if (typeof value === 'number')
    return !Number.isFinite(value) ? 'beyond' : value === 0 && Object.is(value, -0) ? 'signed' : 'plain'
  if (typeof value !== 'object') return 'beyond'
  let kind: 'plain' | 'signed' = 'plain'
  if (!Array.isArray(value)) {
    const prototype = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) return 'beyond'
  }
  for (const part of Array.isArray(value) ? value : Object.values(value)) {
    if (part === undefined && !Array.isArray(value)) continue
    const partKind = inspect(part)
    if (partKind === 'beyond') return 'beyond'
    if (partKind === 'signed') kind = 'signed'
  }
  return kind
}

function writeNegativeZero(_key: string, part: unknown): unknown {
  return Object.is(part, -0) ? JSON.rawJSON('-0') : part
}
