// Chooses the time that a page shows.
import { useEffect, useId, useState } from 'preact/hooks'
import { resolveRange, type ShownRange, spans, toSearch } from '../app/time-range.ts'
import { formatDateTime, formatZone } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import './parts.css'

/** What it chooses among. */
interface TimeRangeControlProps {
  range: ShownRange
  onChange: (range: ShownRange) => void
}

/** Stretches that end now, and a form for any other. */
export function TimeRangeControl({ range, onChange }: TimeRangeControlProps) {
  const [isFormOpen, setIsFormOpen] = useState(range.kind === 'fixed')
  useEffect(() => setIsFormOpen(range.kind === 'fixed'), [range.kind])
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a row everywhere
    <div class="range" role="group" aria-label={t('range.title')}>
      <div class="range-spans">
        {spans.map((span) => (
          <button
            key={span}
            type="button"
            class="button"
            aria-pressed={range.kind === 'last' && range.span === span}
            onClick={() => onChange({ kind: 'last', span })}
          >
            {t(`range.${span}`)}
          </button>
        ))}
        <button
          type="button"
          class="button"
          aria-pressed={range.kind === 'fixed'}
          aria-expanded={isFormOpen}
          onClick={() => setIsFormOpen(!isFormOpen)}
        >
          {t('range.other')}
        </button>
      </div>
      {/* Another range makes another form, whose fields then start from it. */}
      {isFormOpen && <RangeForm key={JSON.stringify(toSearch(range))} range={range} onChange={onChange} />}
    </div>
  )
}

function RangeForm({ range, onChange }: TimeRangeControlProps) {
  // Once: what somebody has begun to type stays while the time goes on.
  const [{ fromMs, toMs }] = useState(() => resolveRange(range, Date.now()))
  const [isWrong, setIsWrong] = useState(false)
  const errorId = useId()

  function apply(event: SubmitEvent): void {
    event.preventDefault()
    if (!(event.currentTarget instanceof HTMLFormElement)) return
    const form = new FormData(event.currentTarget)
    // Without a zone they are read in the browser's, which is the one they are shown in.
    const [from, to] = ['from', 'to'].map((name) => Date.parse(String(form.get(name))))
    const isRight = from !== undefined && to !== undefined && from < to && from < Date.now()
    setIsWrong(!isRight)
    if (isRight) onChange({ kind: 'fixed', fromMs: from, toMs: to })
  }

  const field = (name: 'from' | 'to', ms: number) => (
    <label class="row">
      {t(`common.${name}`)}
      <input
        class="field"
        type="datetime-local"
        step="1"
        name={name}
        defaultValue={formatDateTime(ms).replace(' ', 'T')}
        aria-invalid={isWrong}
        aria-describedby={errorId}
      />
    </label>
  )
  return (
    <form class="range-form" onSubmit={apply}>
      {field('from', fromMs)}
      {field('to', toMs)}
      <span class="muted small">{formatZone(fromMs)}</span>
      <button type="submit" class="button">
        {t('common.apply')}
      </button>
      <span id={errorId} role="status" class="small tone-bad">
        {isWrong && t('range.wrong')}
      </span>
    </form>
  )
}
