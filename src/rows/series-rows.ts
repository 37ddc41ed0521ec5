// The rows of a whole history.
import { Buffer } from 'node:buffer'
import type { SampleSlice, Series } from '#services/views.ts'
import type { RowForm } from './row-form.ts'
import type { RowWriter } from './row-writer.ts'

const COMMA = Buffer.from(',')

/** What of a history its rows are taken from. */
type RowSource<Row> = Pick<Series<Row>, 'items' | 'slices'>

/** How many rows a history holds. */
export function countRows(source: RowSource<unknown>): number {
  const { slices } = source
  return slices ? slices.reduce((sum, { begin, end }) => sum + end - begin, 0) : source.items.length
}

/** The rows of a history as JSON, in pieces to be joined; no brackets. Undefined where they cannot be written so. */
export function writeSeriesRows<Row extends object>(
  writer: RowWriter,
  source: RowSource<Row>,
  form: RowForm<Row>,
): readonly Buffer[] | undefined {
  const pieces: Buffer[] = []
  for (const slice of toSlices(source)) {
    const piece = writer.write(slice, form)
    if (!piece) return undefined
    if (piece.length === 0) continue
    if (pieces.length > 0) pieces.push(COMMA)
    pieces.push(piece)
  }
  return pieces
}

function toSlices<Row>(source: RowSource<Row>): readonly SampleSlice<Row>[] {
  if (source.slices) return source.slices
  const { items } = source
  return [{ samples: items, begin: 0, end: items.length }]
}
