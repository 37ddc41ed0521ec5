// A history as lanes below each other that share their times and the cursor, with its samples as a table.
import { useId, useState } from 'preact/hooks'
import { formatCount, formatDateTime } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import './charts.css'
import { type ChartedHistory, HistoryLane, type Lane } from './lane.tsx'
import { cutColumns, type SampleColumns } from './sample-columns.ts'

interface HistoryChartProps extends ChartedHistory {
  /** One for each figure of the columns. */
  readonly lanes: readonly Lane[]
}

/** Rows of the table: more are read in the charts, or from the API as CSV. */
const MOST_ROWS = 200

/** The chart. */
export function HistoryChart(props: HistoryChartProps) {
  const { lanes, ...rest } = props
  return (
    <div class="history-chart">
      {lanes.map((lane, figure) => (
        <HistoryLane key={lane.label} lane={lane} figure={figure} {...rest} />
      ))}
      {props.missing.length > 0 && (
        <ul class="missing-list">
          {props.missing.map(({ fromMs, toMs, code, message }) => (
            <li key={`${fromMs} ${code}`}>
              <span class="missing-mark" aria-hidden="true" />
              {formatDateTime(fromMs)} – {formatDateTime(toMs)} <strong>{code}</strong> {message}
            </li>
          ))}
        </ul>
      )}
      <SampleTable {...props} />
    </div>
  )
}

function SampleTable({ lanes, columns, fromMs, toMs }: HistoryChartProps) {
  const [isOpen, setIsOpen] = useState(false)
  const nameId = useId()
  return (
    <details class="as-table" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>{t('common.showAsTable')}</summary>
      {isOpen && <Rows nameId={nameId} lanes={lanes} columns={cutColumns(columns, fromMs, toMs)} />}
    </details>
  )
}

function Rows({ nameId, lanes, columns }: { nameId: string; lanes: readonly Lane[]; columns: SampleColumns }) {
  const count = columns.times.length
  const shown = Math.min(count, MOST_ROWS)
  return (
    <>
      <p id={nameId} class="muted">
        {t('chart.tableNote', { shown: formatCount(shown), total: formatCount(count) })}
      </p>
      {/* biome-ignore lint/a11y/useSemanticElements: it groups no fields */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys */}
      <div class="table-scroll as-table-rows" role="group" tabIndex={0} aria-labelledby={nameId}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t('chart.time')}</th>
              {lanes.map(({ label }) => (
                <th key={label} scope="col" class="number">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: shown }, (_, row) => count - 1 - row).map((index) => (
              <tr key={columns.times[index]}>
                <th scope="row">{formatDateTime(columns.times[index])}</th>
                {lanes.map(({ label, format }, figure) => (
                  <td key={label} class="number">
                    {toCell(columns.values[figure]?.[index], format)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

function toCell(value: number | undefined, format: (value: number) => string): string {
  return value === undefined || Number.isNaN(value) ? '–' : format(value)
}
