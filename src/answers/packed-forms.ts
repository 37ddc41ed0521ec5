// Packed bodies: each is made once, when somebody first asks for it, and off the main thread; until it is there the body
// is sent as it is.
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib'
import type { Coding } from './answers.ts'
import { toOwnBytes } from './own-bytes.ts'

/** Shorter bodies fit one packet either way. */
const LEAST_BODY_BYTES = 1024
/** What saves less than a tenth is not worth the reader's unpacking. */
const WORTHWHILE_RATIO = 0.9
/** Half of the threads that node has for this: files and names are looked up by the same. */
const MOST_AT_ONCE = 2
/** What waits holds its body, even when the answer is no longer kept. */
const MOST_WAITING = 16
/** What is packed grows by pieces of no less and no more: every piece is another way to the other thread. */
const LEAST_PIECE_BYTES = 1024
const MOST_PIECE_BYTES = 64 * 1024

type OnPacked = (error: Error | null, packed: Buffer) => void

/** Levels at which a body of 100 KB is packed in a few milliseconds. */
const ways: Readonly<Record<Coding, (body: Buffer, onPacked: OnPacked) => void>> = {
  zstd: (body, onPacked) =>
    zstdCompress(
      body,
      {
        chunkSize: toPieceBytes(body),
        pledgedSrcSize: body.length,
        params: { [constants.ZSTD_c_compressionLevel]: 3 },
      },
      onPacked,
    ),
  br: (body, onPacked) =>
    brotliCompress(
      body,
      {
        chunkSize: toPieceBytes(body),
        params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
      },
      onPacked,
    ),
  gzip: (body, onPacked) => gzip(body, { chunkSize: toPieceBytes(body), level: 6 }, onPacked),
}

/** Packs bodies, few at a time. */
export interface Packer {
  /**
   * Begins to pack a body, or has it wait for those before it. @param onPacked is called once, with undefined when it
   * cannot be packed @returns false when too many wait already, and then nothing is begun
   */
  begin(body: Buffer, coding: Coding, onPacked: (packed: Buffer | undefined) => void): boolean
}

/** A packer for all answers of a process. */
export function createPacker(): Packer {
  const waiting: (() => void)[] = []
  let running = 0

  function run(body: Buffer, coding: Coding, onPacked: (packed: Buffer | undefined) => void): void {
    running += 1
    const end = (packed: Buffer | undefined) => {
      running -= 1
      waiting.shift()?.()
      onPacked(packed)
    }
    try {
      ways[coding](body, (error, packed) => end(error ? undefined : packed))
    } catch {
      // No memory for the library's tables.
      end(undefined)
    }
  }

  return {
    begin(body, coding, onPacked) {
      if (running >= MOST_AT_ONCE && waiting.length >= MOST_WAITING) return false
      if (running < MOST_AT_ONCE) run(body, coding, onPacked)
      else waiting.push(() => run(body, coding, onPacked))
      return true
    },
  }
}

/** `none`: under way, or found to be of no use. */
type Form = Buffer | 'none' | undefined

/** The packed forms of one body. */
export class PackedForms {
  private readonly body: Buffer
  private readonly packer: Packer
  private readonly accept: (bytes: number) => boolean
  private readonly forms: Record<Coding, Form>

  /** @param accept whether there is room for a form of so many bytes, which is kept then */
  constructor(body: Buffer, packer: Packer, accept: (bytes: number) => boolean) {
    this.body = body
    this.packer = packer
    this.accept = accept
    const first = body.length < LEAST_BODY_BYTES ? 'none' : undefined
    this.forms = { zstd: first, br: first, gzip: first }
  }

  /** See `KeptAnswer.pack`. */
  find(coding: Coding): Buffer | undefined {
    const form = this.forms[coding]
    if (form === undefined) this.begin(coding)
    return typeof form === 'object' ? form : undefined
  }

  private begin(coding: Coding): void {
    this.forms[coding] = 'none'
    const isBegun = this.packer.begin(this.body, coding, (packed) => {
      if (packed === undefined || packed.length > this.body.length * WORTHWHILE_RATIO) return
      if (this.accept(packed.length)) this.forms[coding] = toOwnBytes(packed)
    })
    // Whoever asks next may find room.
    if (!isBegun) this.forms[coding] = undefined
  }
}

function toPieceBytes(body: Buffer): number {
  return Math.min(Math.max(body.length, LEAST_PIECE_BYTES), MOST_PIECE_BYTES)
}
