// Which of the live streams are shown, and in what order.
import type { LiveRow } from '../data/live-list.ts'

/** What they can be sorted by. */
export const columns = ['key', 'viewers', 'bandwidth', 'bitrate', 'frameRate'] as const
/** One of them. */
export type Column = (typeof columns)[number]

/** An order. */
export interface Order {
  readonly column: Column
  readonly isDescending: boolean
}

const standard: Order = { column: 'viewers', isDescending: true }

/** Reads `viewers`, or `-viewers` for the highest first; the most viewers first for anything else. */
export function readOrder(text: string | null): Order {
  const isDescending = text?.startsWith('-') ?? false
  const column = columns.find((name) => name === text?.replace(/^-/, ''))
  return column === undefined ? standard : { column, isDescending }
}

/** The order as it stands in the hash. */
export function toOrderText({ column, isDescending }: Order): string {
  return `${isDescending ? '-' : ''}${column}`
}

/** What somebody means who chooses a column: the other way round where it is the one already. */
export function chooseColumn(order: Order, column: Column): Order {
  if (order.column === column) return { column, isDescending: !order.isDescending }
  return { column, isDescending: column !== 'key' }
}

/** Those with `text` in their key, whatever its case, in order; what is not told stands last either way. */
export function orderRows(rows: readonly LiveRow[], text: string, { column, isDescending }: Order): readonly LiveRow[] {
  const wanted = text.trim().toLowerCase()
  const found = wanted === '' ? [...rows] : rows.filter(({ key }) => key.toLowerCase().includes(wanted))
  const sign = isDescending ? -1 : 1
  return found.sort((one, other) => {
    if (column !== 'key') {
      const [figure, otherFigure] = [one[column], other[column]]
      if (figure !== otherFigure) {
        if (figure === null) return 1
        if (otherFigure === null) return -1
        return (figure - otherFigure) * sign
      }
      return compareNames(one, other)
    }
    return compareNames(one, other) * sign
  })
}

const natural = new Intl.Collator('en', { numeric: true })

/** `room2` before `room10`. */
function compareNames(one: LiveRow, other: LiveRow): number {
  return natural.compare(one.key, other.key) || natural.compare(one.account, other.account)
}
