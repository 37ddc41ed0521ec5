// Rows of samples as JSON: what is kept of a history is written once for each set of fields, and every answer that
// holds it, or a part of it, is cut out of those bytes.
import { Buffer } from 'node:buffer'
import { LRUCache } from 'lru-cache'
import type { SampleSlice } from '#services/views.ts'
import { JsonBytes } from './json-bytes.ts'
import type { RowForm } from './row-form.ts'

/** Writes rows. */
export interface RowWriter {
  /**
   * The rows of a slice as JSON, with commas between and no brackets; empty for none. Undefined where a row holds what
   * its column cannot write: who asked has to put it some other way.
   */
  write<Row extends object>(slice: SampleSlice<Row>, form: RowForm<Row>): Buffer | undefined
}

/** Rows as they were written. */
interface Written {
  readonly bytes: Buffer
  /** Where each row begins, and behind the last where one more would. */
  readonly starts: Uint32Array
}

/** What is known of an array in a form. */
interface Known {
  /** The array itself is others' to keep. */
  readonly samples: WeakRef<readonly object[]>
  /** Undefined when it has been seen only once so far, and only a part of it. */
  readonly written: Written | undefined
}

/** Rows that have been written before, some of which may be at the beginning of others. */
interface Earlier extends Written {
  readonly rows: readonly object[]
}

/** What an entry takes besides its bytes. */
const ENTRY_BYTES = 400
const EMPTY = Buffer.alloc(0)
const NO_FIELDS = Buffer.from('{')
const [CLOSE, COMMA] = [Buffer.from('}'), Buffer.from(',')]

/** Creates a writer. @param options.maxBytes of written rows that are kept, ≥ 0; what is asked for least lately goes first */
export function createRowWriter({ maxBytes }: { readonly maxBytes: number }): RowWriter {
  const maxSize = Math.max(1, maxBytes)
  const kept = new LRUCache<string, Known>({
    maxSize,
    maxEntrySize: Math.max(1, Math.floor(maxSize / 4)),
    sizeCalculation: ({ written }, key) =>
      ENTRY_BYTES + key.length + (written ? written.bytes.length + written.starts.byteLength : 0),
  })
  const numbers = new WeakMap<object, number>()
  let lastNumber = 0
  const out = new JsonBytes()

  /** By its first row: of a piece that grows only the newest is kept. */
  function toKey(samples: readonly object[], form: RowForm<never>): string {
    const first = samples[0] ?? samples
    let number = numbers.get(first)
    if (number === undefined) {
      lastNumber += 1
      number = lastNumber
      numbers.set(first, number)
    }
    return `${number} ${form.key}`
  }

  /** The whole array, if it is worth it: what is asked for in part may be asked for no more. */
  function find<Row extends object>(slice: SampleSlice<Row>, form: RowForm<Row>): Written | undefined {
    const { samples } = slice
    // One that can still change was made for this answer alone.
    if (!Object.isFrozen(samples)) return undefined
    const key = toKey(samples, form)
    const known = kept.get(key)
    const rows = known?.samples.deref()
    if (rows === samples && known?.written) return known.written
    const isMostOfIt = slice.end - slice.begin > samples.length / 2
    const earlier = rows && known?.written && { ...known.written, rows }
    const written = known || isMostOfIt ? writeRows(out, samples, form, earlier) : undefined
    kept.set(key, { samples: new WeakRef(samples), written })
    return written
  }

  return {
    write: (slice, form) => {
      const { samples, begin, end } = slice
      if (begin >= end) return EMPTY
      const written = find(slice, form)
      if (written) return written.bytes.subarray(written.starts[begin], (written.starts[end] ?? 0) - COMMA.length)
      const rows = begin === 0 && end === samples.length ? samples : samples.slice(begin, end)
      return writeRows(out, rows, form)?.bytes
    },
  }
}

/** Writes rows, after those that have been written before; undefined where one of them is refused. */
function writeRows<Row>(
  out: JsonBytes,
  rows: readonly Row[],
  { cells }: RowForm<Row>,
  earlier?: Earlier,
): Written | undefined {
  const starts = new Uint32Array(rows.length + 1)
  out.begin()
  const same = earlier ? countSame(earlier.rows, rows) : 0
  if (earlier && same > 0) {
    starts.set(earlier.starts.subarray(0, same))
    out.raw(earlier.bytes.subarray(0, (earlier.starts[same] ?? 0) - COMMA.length))
  }
  for (const [offset, row] of rows.slice(same).entries()) {
    const index = same + offset
    if (index > 0) out.raw(COMMA)
    starts[index] = out.length
    if (cells.length === 0) out.raw(NO_FIELDS)
    for (const { label, write } of cells) {
      out.raw(label)
      write(out, row)
    }
    out.raw(CLOSE)
  }
  starts[rows.length] = out.length + COMMA.length
  return out.refused ? undefined : { bytes: out.take(), starts }
}

/** How many rows two lists begin with that are the same objects: kept ones never change. */
function countSame(some: readonly unknown[], others: readonly unknown[]): number {
  const most = Math.min(some.length, others.length)
  let same = 0
  while (same < most && some[same] === others[same]) same += 1
  return same
}
