// How much of a quota is left, how it came to that, and how long it will last.
import { now } from '../data/now.ts'
import type { Quota } from '../data/overview-operations.ts'
import { HISTORY_MS, listQuota, type QuotaPoint } from '../data/quota-history.ts'
import { formatCount, formatDuration, formatTime } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import { Dot, type Tone } from '../parts/dot.tsx'

/** How much of the past is drawn: the least of these that holds all readings. */
const PASTS_MS = [60_000, 120_000, 300_000, HISTORY_MS]
/** Readings further apart than that are not joined: nobody looked between them. */
const GAP_MS = 30_000
const WIDTH = 600
const HEIGHT = 44

/** The quota of an account. */
export function QuotaFigure({ account, quota }: { account: string; quota: Quota }) {
  const { limit, used, remaining, windowSeconds } = quota
  const window = formatDuration(windowSeconds * 1_000)
  const usedText = t('overview.quotaOf', { used: formatCount(used), limit: formatCount(limit), window })
  const tone = toTone(quota)
  return (
    <>
      <p class="quota-line">
        <strong>{t('overview.remaining', { remaining: formatCount(remaining) })}</strong>
        <span class="muted small">{usedText}</span>
      </p>
      {/* What a browser draws of it can hardly be styled: it says it to those who do not see the bar. */}
      <meter class="visually-hidden" min={0} max={limit} value={used} aria-label={t('overview.quota')}>
        {usedText}
      </meter>
      <svg class={`bar tone-${tone}`} aria-hidden="true">
        <rect width={`${(used / limit) * 100}%`} height="100%" />
      </svg>
      <BurnDown points={listQuota(account)} quota={quota} />
      <p class="small">
        <Forecast quota={quota} tone={tone} />
      </p>
    </>
  )
}

function Forecast({ quota, tone }: { quota: Quota; tone: Tone }) {
  const { remaining, exhaustedAt, nextFreeAt } = quota
  if (remaining === 0)
    return (
      <>
        <Dot tone="bad" label={t('overview.exhausted')} />
        {nextFreeAt !== null && <span class="muted"> {t('overview.nextFree', { time: formatTime(nextFreeAt) })}</span>}
      </>
    )
  if (exhaustedAt === null) return <span class="muted">{t('overview.noForecast')}</span>
  const left = formatDuration(Math.max(0, Date.parse(exhaustedAt) - now.value))
  return <Dot tone={tone} label={t('overview.forecast', { time: formatTime(exhaustedAt), left })} />
}

function toTone({ remaining, limit, exhaustedAt }: Quota): Tone {
  if (remaining < limit * 0.1) return 'bad'
  return remaining < limit * 0.3 || exhaustedAt !== null ? 'warn' : 'good'
}

function BurnDown({ points, quota }: { points: readonly QuotaPoint[]; quota: Quota }) {
  const [first] = points
  const last = points.at(-1)
  if (first === undefined || last === undefined)
    return <p class="burn-down muted small">{t('overview.burnDownSoon')}</p>
  const pastMs = PASTS_MS.find((ms) => last.atMs - first.atMs <= ms) ?? HISTORY_MS
  const aheadMs = pastMs / 2
  const toX = (ms: number) => ((ms - last.atMs + pastMs) / (pastMs + aheadMs)) * WIDTH
  const toY = (remaining: number) => HEIGHT - 1 - (remaining / quota.limit) * (HEIGHT - 2)
  const description = t('overview.burnDown', {
    past: formatDuration(pastMs),
    first: formatCount(first.remaining),
    last: formatCount(last.remaining),
    least: formatCount(Math.min(...points.map(({ remaining }) => remaining))),
  })
  const exhaustedAtMs = quota.exhaustedAt === null ? undefined : Date.parse(quota.exhaustedAt)
  return (
    <figure class="burn-down">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={description}>
        <path class="burn-down-now" d={`M${toX(last.atMs)} 0V${HEIGHT}`} />
        {listRuns(points).map((run) => {
          const line = run.map(({ atMs, remaining }) => `${round(toX(atMs))} ${round(toY(remaining))}`).join('L')
          const [from] = run
          const to = run.at(-1)
          if (from === undefined || to === undefined) return null
          return (
            <g key={from.atMs}>
              <path
                class="burn-down-area"
                d={`M${line}L${round(toX(to.atMs))} ${HEIGHT}L${round(toX(from.atMs))} ${HEIGHT}Z`}
              />
              {/* A single reading is a line of no length, which round ends make a point. */}
              <path class="burn-down-line" d={`M${line}${run.length === 1 ? 'h0.1' : ''}`} />
            </g>
          )
        })}
        {exhaustedAtMs !== undefined && quota.remaining > 0 && (
          <path
            class="burn-down-forecast"
            d={`M${round(toX(last.atMs))} ${round(toY(last.remaining))}L${round(toX(exhaustedAtMs))} ${toY(0)}`}
          />
        )}
      </svg>
      <figcaption class="burn-down-axis" aria-hidden="true">
        <span>−{formatDuration(pastMs)}</span>
        <span>+{formatDuration(aheadMs)}</span>
      </figcaption>
    </figure>
  )
}

/** Readings that belong to one line. */
function listRuns(points: readonly QuotaPoint[]): readonly (readonly QuotaPoint[])[] {
  const runs: QuotaPoint[][] = []
  for (const point of points) {
    const run = runs.at(-1)
    const before = run?.at(-1)
    if (run && before && point.atMs - before.atMs <= GAP_MS) run.push(point)
    else runs.push([point])
  }
  return runs
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
