// One account on the overview.
import type { ComponentChildren } from 'preact'
import { hrefTo } from '../app/router.ts'
import type { AccountInfo, Capability } from '../data/fleet.ts'
import { now } from '../data/now.ts'
import { type AccountStatus, overviewOperation } from '../data/overview-operations.ts'
import type { Trouble } from '../data/trouble.ts'
import { formatAge, formatBitRate, formatCount, formatDateTime } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import { Dot, type Tone } from '../parts/dot.tsx'
import { Panel } from '../parts/panel.tsx'
import { Age, Empty, Loading, StaleMark, TroubleNote, Unsupported } from '../parts/states.tsx'
import { Capabilities } from './capabilities.tsx'
import type { AccountTotals } from './live-totals.ts'
import { QuotaFigure } from './quota-figure.tsx'
import { Spenders } from './spenders.tsx'

/** What an account shows. */
interface AccountPanelProps {
  status: AccountStatus
  /** What it can tell; undefined for one that has just come. */
  info: AccountInfo | undefined
  /** Undefined while they are asked for. */
  totals: AccountTotals | undefined
  /** Why it is not told who spends. */
  spendersTrouble: Trouble | undefined
}

const watchable: ReadonlySet<Capability> = new Set(['LIVE_STAT', 'STREAM_STATE', 'PUSH_SAMPLES', 'PLAY_SAMPLES'])

/** The account. */
export function AccountPanel({ status, info, totals, spendersTrouble }: AccountPanelProps) {
  const { name, provider, health, quota, sampling } = status
  const listing = info?.capabilities.find(({ capability }) => capability === 'LIVE_STREAMS')
  return (
    <Panel
      title={name}
      asked={{
        operation: overviewOperation,
        variables: { names: [name] },
        rest: `/v1/accounts/${encodeURIComponent(name)}`,
      }}
      note={
        <>
          <span class="tag">{t(`provider.${provider}`)}</span>
          <HealthMark health={health} />
        </>
      }
      actions={
        listing?.supported === true && (
          <a
            class="button button-quiet"
            href={hrefTo('streams', { account: name })}
            aria-label={`${t('overview.streamsLink')}: ${name}`}
          >
            {t('overview.streamsLink')}
          </a>
        )
      }
    >
      <div class="account">
        <Block title={t('overview.live')}>
          {listing?.supported === false ? (
            <Unsupported capability="LIVE_STREAMS" reason={listing.reason} />
          ) : (
            <LiveFigures totals={totals} />
          )}
        </Block>
        <Block title={t('overview.quota')}>
          <QuotaFigure account={name} quota={quota} />
        </Block>
        <Block title={t('overview.sampling')}>
          {info && !isWatchable(info) ? (
            <p class="muted">{t('overview.unwatchable')}</p>
          ) : (
            <SamplingFigures sampling={sampling} />
          )}
        </Block>
        <Block title={t('overview.spenders')}>
          {quota.spenders === null ? (
            <Empty
              title={spendersTrouble ? t(`code.${spendersTrouble.code}`) : ''}
              body={t('overview.spendersForOps')}
            />
          ) : (
            <Spenders account={name} spenders={quota.spenders} windowSeconds={quota.windowSeconds} />
          )}
        </Block>
      </div>
      {info && <Capabilities info={info} />}
    </Panel>
  )
}

/** Whether it can tell anything that is worth watching. */
function isWatchable({ capabilities }: AccountInfo): boolean {
  return capabilities.some(({ capability, supported }) => supported && watchable.has(capability))
}

function Block({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="account-block">
      <h3>{title}</h3>
      {children}
    </div>
  )
}

const healthTones: Readonly<Record<AccountStatus['health']['state'], Tone>> = {
  UP: 'good',
  DEGRADED: 'warn',
  DOWN: 'bad',
}

function HealthMark({ health }: Pick<AccountStatus, 'health'>) {
  const { state, since, lastErrorCode } = health
  return (
    <>
      <strong>
        <Dot tone={healthTones[state]} label={t(`health.${state}`)} />
      </strong>
      <time dateTime={since} title={formatDateTime(since)}>
        {t('common.since', { age: formatAge(now.value - Date.parse(since)) })}
      </time>
      {lastErrorCode !== null && (
        <span title={t(`todo.${lastErrorCode}`)}>
          {t('overview.lastError')} <code>{lastErrorCode}</code>
        </span>
      )}
    </>
  )
}

function LiveFigures({ totals }: { totals: AccountTotals | undefined }) {
  if (totals === undefined) return <Loading lines={4} />
  if (totals.totals === null) return totals.trouble ? <TroubleNote trouble={totals.trouble} /> : <Loading lines={4} />
  const { streamCount, onlineViewers, bandwidthBitsPerSecond, fetchedAt, stale } = totals.totals
  return (
    <>
      <dl class="pairs">
        <Pair name={t('overview.streams')}>{formatCount(streamCount)}</Pair>
        <Pair name={t('common.viewers')}>{formatCount(onlineViewers)}</Pair>
        <Pair name={t('common.bandwidth')}>{formatBitRate(bandwidthBitsPerSecond)}</Pair>
      </dl>
      <p class="muted small row" title={t('overview.liveCost')}>
        <Age at={fetchedAt} />
        <StaleMark isStale={stale || totals.trouble !== undefined} />
        {totals.trouble && <code>{totals.trouble.code}</code>}
      </p>
    </>
  )
}

function SamplingFigures({ sampling }: Pick<AccountStatus, 'sampling'>) {
  const { watchedStreams, pushEverySeconds, playEverySeconds, slowedBecause } = sampling
  const pace = (seconds: number) => t('overview.every', { seconds: formatCount(seconds) })
  return (
    <>
      <dl class="pairs">
        <Pair name={t('overview.watchedStreams')}>{formatCount(watchedStreams)}</Pair>
        {pushEverySeconds !== null && <Pair name={t('overview.pushPace')}>{pace(pushEverySeconds)}</Pair>}
        {playEverySeconds !== null && <Pair name={t('overview.playPace')}>{pace(playEverySeconds)}</Pair>}
      </dl>
      {slowedBecause !== null ? (
        <p class="small">
          <Dot tone="warn" label={t('overview.slowed')} />{' '}
          <span class="muted" lang="en">
            {slowedBecause}
          </span>
        </p>
      ) : (
        <p class="muted small">{watchedStreams === 0 ? t('overview.nobodyWatches') : t('overview.asMeasured')}</p>
      )}
    </>
  )
}

/** A name and its value. */
function Pair({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
