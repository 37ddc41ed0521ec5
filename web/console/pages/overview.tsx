// All accounts at a glance: whether they answer, what their quotas do, and what is live.
import { useEffect, useRef, useState } from 'preact/hooks'
import { accounts } from '../data/fleet.ts'
import { type AccountStatus, overviewOperation } from '../data/overview-operations.ts'
import { keepQuota } from '../data/quota-history.ts'
import { findTrouble } from '../data/trouble.ts'
import { useQuery } from '../data/use-query.ts'
import { formatBitRate, formatCount, formatPercent, NONE } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import { PageHead } from '../parts/page-head.tsx'
import { Empty, Loading, TroubleNote } from '../parts/states.tsx'
import { type TotalsByAccount, useLiveTotals } from './live-totals.ts'
import { AccountPanel } from './overview-account.tsx'
import './overview.css'

/** Quota, health and sampling cost no provider call. */
const EVERY_MS = 5_000

/** The page. */
export function OverviewPage() {
  const { data, troubles, trouble, receivedAtMs, isOutdated, refresh } = useQuery(
    overviewOperation,
    { names: null },
    { everyMs: EVERY_MS },
  )
  const infos = accounts.value ?? []
  const listing = infos.filter(({ capabilities }) =>
    capabilities.some(({ capability, supported }) => capability === 'LIVE_STREAMS' && supported),
  )
  const totals = useLiveTotals(listing.map(({ name }) => name))

  // Before the accounts are drawn, with this reading among theirs. A reading that is kept already is not kept twice.
  if (data !== undefined && receivedAtMs !== undefined)
    for (const { name, quota } of data.accounts) keepQuota(name, { atMs: receivedAtMs, remaining: quota.remaining })

  return (
    <div class="page">
      <PageHead title={t('nav.overview')} receivedAtMs={receivedAtMs} isOutdated={isOutdated} />
      {trouble && data === undefined && <TroubleNote trouble={trouble} onRetry={refresh} />}
      {data === undefined && !trouble && (
        <>
          <Loading lines={2} class="totals-loading" />
          {infos.map(({ name }) => (
            <Loading key={name} lines={9} class="account-loading" />
          ))}
        </>
      )}
      {data && (
        <>
          <HealthNews statuses={data.accounts} />
          <Totals statuses={data.accounts} totals={totals} />
          {data.accounts.length === 0 && <Empty title={t('overview.noAccounts')} body={t('overview.noAccountsBody')} />}
          {data.accounts.map((status, index) => (
            <AccountPanel
              key={status.name}
              status={status}
              info={infos.find(({ name }) => name === status.name)}
              totals={totals.get(status.name)}
              spendersTrouble={findTrouble(troubles, 'accounts', index, 'quota', 'spenders')}
            />
          ))}
        </>
      )}
    </div>
  )
}

/** Sums over all accounts, of what is known. */
function Totals({ statuses, totals }: { statuses: readonly AccountStatus[]; totals: TotalsByAccount }) {
  const known = statuses.map(({ name }) => totals.get(name)?.totals).filter((one) => one !== null && one !== undefined)
  const sum = (values: readonly (number | null)[]) => {
    const measured = values.filter((value) => value !== null)
    return measured.length === 0 ? null : measured.reduce((total, value) => total + value, 0)
  }
  const up = statuses.filter(({ health }) => health.state === 'UP').length
  const watched = statuses.reduce((total, { sampling }) => total + sampling.watchedStreams, 0)
  const [scarcest] = statuses.toSorted((one, other) => toShareLeft(one) - toShareLeft(other))
  const missing = statuses.length - known.length
  return (
    <section class="totals" aria-label={t('overview.totals')}>
      <dl>
        <Figure name={t('overview.liveStreams')} value={formatCount(sum(known.map((one) => one.streamCount)))} />
        <Figure name={t('common.viewers')} value={formatCount(sum(known.map((one) => one.onlineViewers)))} />
        <Figure
          name={t('common.bandwidth')}
          value={formatBitRate(sum(known.map((one) => one.bandwidthBitsPerSecond)))}
        />
        <Figure name={t('overview.accountsUp')} value={`${up} / ${statuses.length}`} />
        <Figure name={t('overview.watched')} value={formatCount(watched)} />
        <Figure
          name={t('overview.quotaLeft')}
          value={scarcest ? formatPercent(toShareLeft(scarcest)) : NONE}
          note={scarcest?.name}
        />
      </dl>
      {missing > 0 && <p class="muted small">{t('overview.partial', { missing, all: statuses.length })}</p>}
    </section>
  )
}

function toShareLeft({ quota }: AccountStatus): number {
  return quota.remaining / quota.limit
}

function Figure({ name, value, note }: { name: string; value: string; note?: string | undefined }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>
        <span class="figure-value">{value}</span>
        {note !== undefined && <span class="muted small"> {note}</span>}
      </dd>
    </div>
  )
}

/** Tells those who do not look that an account's health has changed. */
function HealthNews({ statuses }: { statuses: readonly AccountStatus[] }) {
  const known = useRef(new Map<string, string>())
  const [news, setNews] = useState('')
  useEffect(() => {
    const changed = statuses.filter(({ name, health }) => (known.current.get(name) ?? health.state) !== health.state)
    for (const { name, health } of statuses) known.current.set(name, health.state)
    if (changed.length > 0)
      setNews(changed.map(({ name, health }) => `${name}: ${t(`health.${health.state}`)}`).join(', '))
  }, [statuses])
  return (
    <p class="visually-hidden" role="status">
      {news}
    </p>
  )
}
