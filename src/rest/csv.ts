// Samples and sessions as CSV (RFC 4180), for spreadsheets and data frames.
import Negotiator from 'negotiator'

/** Media type of a CSV answer; the header row is always there. */
export const CSV_TYPE = 'text/csv; charset=utf-8; header=present'

/** A value of a cell. */
export type CsvCell = string | number | boolean | null

/** A row by column names. */
export type CsvRow = Readonly<Record<string, CsvCell>>

/** Whether the client would rather have CSV. JSON wins a tie, and also when neither is acceptable. */
export function prefersCsv(accept: string | undefined): boolean {
  if (accept === undefined) return false
  return new Negotiator({ headers: { accept } }).mediaType(['application/json', 'text/csv']) === 'text/csv'
}

/** A header row of the column names and one row each; null is an empty cell. */
export function toCsv(columns: readonly string[], rows: readonly CsvRow[]): string {
  const lines = [columns.map(toCell), ...rows.map((row) => columns.map((column) => toCell(row[column] ?? null)))]
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('')
}

function toCell(value: CsvCell): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  // Keys and addresses come from outside, and a spreadsheet would run a text that begins like a formula.
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
