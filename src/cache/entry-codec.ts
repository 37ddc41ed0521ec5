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
import { constants, crc32, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'
import { FOREVER, type Instant } from '#model/time-range.ts'
import { freezeParsed } from './deep-freeze.ts'

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
/** What is no longer is packed at once: writing its JSON takes longer, and so does a way through another thread. */
const MAX_PACKED_AT_ONCE_BYTES = 256 * 1024
/** What is likely to be no longer is unpacked at once: reading its JSON takes several times as long. */
const MAX_UNPACKED_AT_ONCE_BYTES = 1024 ** 2
/** Room beyond what is expected: what fills it to the last byte would need another piece. */
const SPARE_BYTES = 1024
/** What is unpacked grows by pieces of no less than that. */
const LEAST_PIECE_BYTES = 16 * 1024
/** What is packed grows by pieces of no more than that: most of a longer one would stay empty. */
const MOST_PIECE_BYTES = 64 * 1024
/** Of numbers in rows it makes less, and in half the time, than the library's own choice. */
const LEVEL = 1

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** A value that could be read; undefined for none. */
export type DecodedValue = { readonly value: unknown } | undefined

/** The bytes of an entry; undefined when JSON cannot tell its value or the text is too long. */
export async function encodeEntry(head: EntryHead, value: unknown): Promise<Buffer | undefined> {
  const json = toJson(value)
  if (json === undefined || json.length > MAX_JSON_BYTES) return undefined
  const plainBytes = Buffer.byteLength(json)
  if (plainBytes > MAX_JSON_BYTES) return undefined
  if (plainBytes > MIN_COMPRESSED_BYTES) {
    const plain = Buffer.from(json)
    const packed = plainBytes > MAX_PACKED_AT_ONCE_BYTES ? await pack(compress, plain) : pack(zstdCompressSync, plain)
    if (packed.length <= plainBytes * WORTHWHILE_RATIO) {
      const bytes = Buffer.allocUnsafe(HEAD_BYTES + packed.length)
      bytes.set(packed, HEAD_BYTES)
      return seal(bytes, head, COMPRESSED)
    }
  }
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + plainBytes)
  bytes.write(json, HEAD_BYTES)
  return seal(bytes, head, 0)
}

/** What is written of an entry besides its value; undefined for anything but a whole entry of this version. */
export function decodeHead(bytes: Buffer): EntryHead | undefined {
  if (bytes.length <= HEAD_BYTES || bytes.readUInt8(0) !== VERSION || bytes.readUInt8(1) > COMPRESSED) return undefined
  if (bytes.readUInt32BE(2) !== crc32(bytes.subarray(CHECKED_FROM))) return undefined
  const fetchedAt = bytes.readDoubleBE(6)
  const freshUntil = bytes.readDoubleBE(14)
  const keepUntil = bytes.readDoubleBE(22)
  const sizeBytes = bytes.readDoubleBE(30)
  if (!isInstant(fetchedAt) || !isInstant(freshUntil) || !isInstant(keepUntil) || !(sizeBytes >= 0)) return undefined
  return { fetchedAt, freshUntil, keepUntil, sizeBytes }
}

/**
 * The value of an entry whose head could be read, frozen throughout; undefined when it cannot be. At once, or later
 * when it is long.
 */
export function decodeValue(bytes: Buffer, { sizeBytes }: EntryHead): DecodedValue | Promise<DecodedValue> {
  const isCompressed = bytes.readUInt8(1) === COMPRESSED
  const body = bytes.subarray(HEAD_BYTES)
  // As much as the writer says that it takes in memory, which is about as much as its text.
  const expectedBytes = Math.ceil(sizeBytes) + SPARE_BYTES
  if (isCompressed && expectedBytes > MAX_UNPACKED_AT_ONCE_BYTES) return decodeLong(body)
  try {
    if (!isCompressed) return parse(body)
    const chunkSize = Math.max(expectedBytes, LEAST_PIECE_BYTES)
    return parse(zstdDecompressSync(body, { chunkSize, maxOutputLength: MAX_UNPACKED_AT_ONCE_BYTES }))
  } catch {
    // It may be longer than expected.
    return isCompressed ? decodeLong(body) : undefined
  }
}

async function decodeLong(body: Buffer): Promise<DecodedValue> {
  try {
    const chunkSize = MAX_UNPACKED_AT_ONCE_BYTES
    return parse(await decompress(body, { chunkSize, maxOutputLength: MAX_JSON_BYTES }))
  } catch {
    return undefined
  }
}

/** @throws SyntaxError */
function parse(json: Buffer): DecodedValue {
  const value: unknown = JSON.parse(json.toString())
  freezeParsed(value)
  return { value }
}

/** In as few pieces as can be expected: every further one is another way through the library. */
function pack<Packed>(
  by: (plain: Buffer, options: Parameters<typeof zstdCompressSync>[1] & object) => Packed,
  plain: Buffer,
): Packed {
  return by(plain, {
    pledgedSrcSize: plain.length,
    chunkSize: Math.min(plain.length + SPARE_BYTES, MOST_PIECE_BYTES),
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
  })
}

/** Writes what stands before the body. */
function seal(bytes: Buffer, head: EntryHead, flags: number): Buffer {
  bytes.writeUInt8(VERSION, 0)
  bytes.writeUInt8(flags, 1)
  bytes.writeDoubleBE(head.fetchedAt, 6)
  bytes.writeDoubleBE(head.freshUntil, 14)
  bytes.writeDoubleBE(head.keepUntil, 22)
  bytes.writeDoubleBE(head.sizeBytes, 30)
  bytes.writeUInt32BE(crc32(bytes.subarray(CHECKED_FROM)), 2)
  return bytes
}

function isInstant(instant: number): instant is Instant {
  return Math.abs(instant) <= FOREVER
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
type Kind = 'plain' | 'signed' | 'beyond'

function inspect(value: unknown): Kind {
  if (typeof value === 'number')
    return !Number.isFinite(value) ? 'beyond' : value === 0 && Object.is(value, -0) ? 'signed' : 'plain'
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return 'plain'
  if (typeof value !== 'object') return 'beyond'
  if (Array.isArray(value)) return inspectParts(value, false)
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return 'beyond'
  return inspectParts(Object.values(value), true)
}

function inspectParts(parts: readonly unknown[], mayLack: boolean): Kind {
  let kind: Kind = 'plain'
  for (const part of parts) {
    if (mayLack && part === undefined) continue
    const partKind = inspect(part)
    if (partKind === 'beyond') return 'beyond'
    if (partKind === 'signed') kind = 'signed'
  }
  return kind
}

function writeNegativeZero(_key: string, part: unknown): unknown {
  return Object.is(part, -0) ? JSON.rawJSON('-0') : part
}
