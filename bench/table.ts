// Tables in Markdown that can also be read as they are.

/** Lays cells out, the first row being the heads. Words stand to the left, numbers to the right. */
export function layOut(rows: readonly (readonly string[])[], isNumber: (column: number) => boolean): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    toLine(
      row.map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      ),
    ),
  )
  const rule = widths.map((width, column) => (isNumber(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [lines[0], toLine(rule), ...lines.slice(1)].join('\n')
}

const toLine = (cells: readonly string[]) => `| ${cells.join(' | ')} |`

/** Three digits: there is no more in it. */
export function toCount(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US').replaceAll(',', ' ')
}
