// Which fields rows are written with, under which names.
import { Buffer } from 'node:buffer'
import type { JsonBytes } from './json-bytes.ts'

/** One field of a row, as JSON. */
export interface Column<Row> {
  /** Tells it from all other columns of the same rows. */
  readonly key: string
  /** Writes the field's value. */
  readonly write: (out: JsonBytes, row: Row) => void
}

/** A column under the name it is written with. */
export interface RowCell<Row> {
  readonly name: string
  readonly column: Column<Row>
}

/** Fields in their order. */
export interface RowForm<Row> {
  /** The same for the same fields under the same names in the same order. */
  readonly key: string
  /** Each with what stands before its value; none for rows without fields. */
  readonly cells: readonly { readonly label: Uint8Array; readonly write: Column<Row>['write'] }[]
}

/** The form of rows that hold these cells. @param cells no name twice */
export function toRowForm<Row>(cells: readonly RowCell<Row>[]): RowForm<Row> {
  return {
    key: JSON.stringify(cells.map(({ name, column }) => [name, column.key])),
    cells: cells.map(({ name, column }, index) => ({
      label: Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`),
      write: column.write,
    })),
  }
}

/** A column that holds the same text in every row. */
export function constantColumn(text: string): Column<unknown> {
  const json = JSON.stringify(text)
  const bytes = Buffer.from(json)
  return { key: `=${json}`, write: (out) => out.raw(bytes) }
}
