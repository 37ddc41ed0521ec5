// Thousands of rows, of which those are drawn that can be seen. It stays a table all the same: it says how many rows it has,
// and each row which one it is.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { hrefToStream } from '../app/router.ts'
import { language } from '../app/settings.ts'
import { Sparkline } from '../charts/sparkline.tsx'
import type { LiveRow } from '../data/live-list.ts'
import { formatBitRate, formatCount, formatFrameRate } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import { Icon } from '../parts/icon.tsx'
import { chooseColumn, columns, type Order } from './streams-order.ts'

interface StreamsTableProps {
  readonly rows: readonly LiveRow[]
  readonly order: Order
  readonly onOrder: (order: Order) => void
}

/** As the style sheet has it. */
const ROW_PX = 30
/** Rows drawn beyond the edges: the keyboard goes there first. */
const BEYOND = 12
/** Rows come and go so many at a time: most frames of a slow scroll draw none. */
const STEP = 4

/** Column heads, with the trend beside what it is of. */
const heads = ['key', 'account', 'viewers', 'trend', 'bandwidth', 'bitrate', 'frameRate'] as const

const names = {
  key: 'streams.key',
  viewers: 'common.viewers',
  bandwidth: 'common.bandwidth',
  bitrate: 'common.bitrate',
  frameRate: 'common.frameRate',
} as const

/** The table. */
export function StreamsTable({ rows, order, onOrder }: StreamsTableProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const [seen, setSeen] = useState({ first: 0, count: 30 })

  useEffect(() => {
    const element = scroller.current
    if (!element) return
    const look = () => {
      const first = Math.floor(element.scrollTop / ROW_PX / STEP) * STEP
      const count = Math.ceil(element.clientHeight / ROW_PX) + STEP
      setSeen((before) => (before.first === first && before.count === count ? before : { first, count }))
    }
    const watcher = new ResizeObserver(look)
    watcher.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      watcher.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [])

  const first = Math.min(Math.max(0, rows.length - 1), Math.max(0, seen.first - BEYOND))
  const end = Math.min(rows.length, seen.first + seen.count + BEYOND)

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the links inside are what the keys go between
    <div class="table-scroll streams-scroll" ref={scroller} onKeyDown={moveAlong}>
      <table class="table streams-table" aria-rowcount={rows.length + 1}>
        <caption class="visually-hidden">{t('streams.caption')}</caption>
        <thead>
          <tr aria-rowindex={1}>
            {heads.map((head) => (
              <Head key={head} head={head} order={order} onOrder={onOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer heightPx={first * ROW_PX} />
          {rows.slice(first, end).map((row, index) => (
            <Row key={`${row.account}\n${row.key}`} row={row} rowIndex={first + index + 2} />
          ))}
          <Spacer heightPx={(rows.length - end) * ROW_PX} />
        </tbody>
      </table>
    </div>
  )
}

function Head({ head, order, onOrder }: { head: (typeof heads)[number] } & Omit<StreamsTableProps, 'rows'>) {
  const column = columns.find((name) => name === head)
  if (column === undefined)
    return (
      <th scope="col" class={`column-${head}`} title={head === 'trend' ? t('streams.trendWhy') : undefined}>
        {head === 'trend' ? t('streams.trend') : t('common.account')}
      </th>
    )
  const isChosen = order.column === column
  return (
    <th
      scope="col"
      class={`column-${head} ${column === 'key' ? '' : 'number'}`}
      aria-sort={isChosen ? (order.isDescending ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        class="button-sort"
        title={t('streams.sortBy', { column: t(names[column]) })}
        onClick={() => onOrder(chooseColumn(order, column))}
      >
        {t(names[column])}
        {isChosen && <Icon name={order.isDescending ? 'sort-down' : 'sort-up'} />}
      </button>
    </th>
  )
}

function Row({ row, rowIndex }: { row: LiveRow; rowIndex: number }) {
  // Most rows stay as they are while the table is scrolled: they are not compared anew.
  return useMemo(
    () => (
      <tr aria-rowindex={rowIndex} class={row.isFromBefore ? 'is-from-before' : ''}>
        <th scope="row" class="column-key">
          <a href={hrefToStream(row.account, row.key)} title={row.key}>
            {row.key}
          </a>
          {row.isFromBefore && (
            <span class="stale-mark" title={t('streams.beforeWhy')}>
              {t('streams.before')}
            </span>
          )}
        </th>
        <td class="column-account">{row.account}</td>
        <td class="number">{formatCount(row.viewers)}</td>
        <td class="column-trend">
          <Sparkline values={row.trend} />
        </td>
        <td class="number column-bandwidth">{formatBitRate(row.bandwidth)}</td>
        <td class="number column-bitrate">{formatBitRate(row.bitrate)}</td>
        <td class="number column-frameRate">{formatFrameRate(row.frameRate)}</td>
      </tr>
    ),
    [row, rowIndex, language.value],
  )
}

/** Holds the place of rows that are not drawn. */
function Spacer({ heightPx }: { heightPx: number }) {
  const row = useRef<HTMLTableRowElement>(null)
  // Before the browser looks at the table: one that is short for a moment is scrolled back to where it ends.
  useLayoutEffect(() => {
    if (row.current) row.current.style.height = `${heightPx}px`
  }, [heightPx])
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nobody can focus an empty row
  return heightPx === 0 ? null : <tr ref={row} class="spacer" aria-hidden="true" />
}

/** Arrow keys go from stream to stream; the browser scrolls there, and the rows that come into sight are drawn. */
function moveAlong(event: KeyboardEvent): void {
  if (!(event.target instanceof HTMLAnchorElement)) return
  const row = event.target.closest('tr')
  const next = event.key === 'ArrowDown' ? row?.nextElementSibling : row?.previousElementSibling
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const link = next?.querySelector('a')
  if (!link) return
  link.focus()
  event.preventDefault()
}
