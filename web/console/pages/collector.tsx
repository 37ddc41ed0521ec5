// How the snapshot queues are being emptied, and what came out of them that nobody could read.
import {
  type AccountCollector,
  type Collector,
  collectorsOperation,
  type QuarantinedBatch,
} from '../data/overview-operations.ts'
import { findTrouble, type Trouble } from '../data/trouble.ts'
import { useQuery } from '../data/use-query.ts'
import { formatBytes, formatCount, formatDateTime, formatDuration } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Dot, type Tone } from '../parts/dot.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Panel } from '../parts/panel.tsx'
import { Empty, Loading, TroubleNote } from '../parts/states.tsx'
import { TableScroll } from '../parts/table-scroll.tsx'
import './collector.css'

const EVERY_MS = 5_000
/** Where the queue is emptied more slowly than it fills: docs/snapshots.md warns at the same. */
const LONG_LAG_SECONDS = 300
/** Several paces of a collector that has nothing to do. */
const LATE_LAG_SECONDS = 60

/** The page. */
export function CollectorPage() {
  const { data, troubles, trouble, receivedAtMs, isOutdated, refresh } = useQuery(
    collectorsOperation,
    { names: null },
    { everyMs: EVERY_MS },
  )
  const isForOps = troubles.some(({ code, path }) => code === 'FORBIDDEN' && path[2] === 'collector')
  const shown = data?.accounts
    .map((account, index) => ({
      account,
      trouble: findTrouble(troubles, 'accounts', index, 'collector'),
      quarantineTrouble: findTrouble(troubles, 'accounts', index, 'quarantinedSnapshots'),
    }))
    .filter(({ account, trouble: own }) => account.collector !== null || own !== undefined)
  return (
    <div class="page">
      <PageHead title={t('nav.collector')} receivedAtMs={receivedAtMs} isOutdated={isOutdated} />
      {trouble && data === undefined && <TroubleNote trouble={trouble} onRetry={refresh} />}
      {data === undefined && !trouble && <Loading lines={9} class="account-loading" />}
      {isForOps && <Empty title={t('collector.forOps')} body={t('collector.forOpsBody')} />}
      {!isForOps && shown?.length === 0 && <Empty title={t('collector.none')} body={t('collector.noneBody')} />}
      {!isForOps &&
        shown?.map(({ account, trouble: own, quarantineTrouble }) => (
          <AccountCollectorPanel
            key={account.name}
            account={account}
            trouble={own}
            quarantineTrouble={quarantineTrouble}
            onRetry={refresh}
          />
        ))}
    </div>
  )
}

/** What a collector shows. */
interface AccountCollectorPanelProps {
  account: AccountCollector
  /** Why its figures are not there. */
  trouble: Trouble | undefined
  /** Why its quarantine is not. */
  quarantineTrouble: Trouble | undefined
  onRetry: () => void
}

function AccountCollectorPanel({ account, trouble, quarantineTrouble, onRetry }: AccountCollectorPanelProps) {
  const { name, provider, collector, quarantinedSnapshots } = account
  return (
    <Panel
      title={name}
      note={<span class="tag">{t(`provider.${provider}`)}</span>}
      asked={{
        operation: collectorsOperation,
        variables: { names: [name] },
        rest: `/v1/accounts/${encodeURIComponent(name)}/collector`,
      }}
    >
      <div class="collector">
        {trouble && <TroubleNote trouble={trouble} onRetry={onRetry} />}
        {collector && <Figures collector={collector} />}
        {quarantineTrouble && <TroubleNote trouble={quarantineTrouble} onRetry={onRetry} />}
        {quarantinedSnapshots && <Quarantine account={name} batches={quarantinedSnapshots} />}
      </div>
    </Panel>
  )
}

function Figures({ collector }: { collector: Collector }) {
  const { collects, isCollector, lagSeconds, backlog, popped, stored, quarantined, batchesUnknown } = collector
  return (
    <>
      {!collects && <Empty title={t('collector.off')} body={t('collector.offBody')} />}
      <dl class="collector-figures">
        <div class="figure">
          <dt>{t('collector.lag')}</dt>
          <dd>
            <span class="figure-value">{formatDuration(lagSeconds === null ? null : lagSeconds * 1_000)}</span>
            {lagSeconds !== null && collects && <LagMark lagSeconds={lagSeconds} />}
            <span class="muted small">{t(lagSeconds === null ? 'collector.lagUnknown' : 'collector.lagWhy')}</span>
          </dd>
        </div>
        <Figure name={t('collector.backlog')} value={backlog} why={t('collector.backlogWhy')} />
        <div class="figure">
          <dt>{t('collector.holder')}</dt>
          <dd>
            <span class="figure-word">{t(isCollector ? 'collector.isHere' : 'collector.isElsewhere')}</span>
            <span class="muted small">{t('collector.holderWhy')}</span>
          </dd>
        </div>
      </dl>
      <dl class="collector-figures is-counters">
        <Figure name={t('collector.popped')} value={popped} />
        <Figure name={t('collector.stored')} value={stored} />
        <Figure name={t('collector.quarantinedCount')} value={quarantined} />
        <Figure name={t('collector.batchesUnknown')} value={batchesUnknown} why={t('collector.batchesUnknownWhy')} />
      </dl>
      <p class="muted small">{t('collector.countersNote')}</p>
    </>
  )
}

function LagMark({ lagSeconds }: { lagSeconds: number }) {
  const tone: Tone = lagSeconds > LONG_LAG_SECONDS ? 'bad' : lagSeconds > LATE_LAG_SECONDS ? 'warn' : 'good'
  return <Dot tone={tone} label={t(`collector.lag.${tone}`)} />
}

function Figure({ name, value, why }: { name: string; value: number; why?: string }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>
        <span class="figure-value">{formatCount(value)}</span>
        {why !== undefined && <span class="muted small">{why}</span>}
      </dd>
    </div>
  )
}

function Quarantine({ account, batches }: { account: string; batches: readonly QuarantinedBatch[] }) {
  const title = `${t('collector.quarantine')}: ${account}`
  return (
    <div class="quarantine">
      <h3>{t('collector.quarantine')}</h3>
      {batches.length === 0 ? (
        <Empty title={t('collector.quarantineEmpty')} body={t('collector.quarantineEmptyBody')} />
      ) : (
        <>
          <p class="muted">{t('collector.quarantineNote')}</p>
          <TableScroll label={title}>
            <table class="table">
              <caption class="visually-hidden">{title}</caption>
              <thead>
                <tr>
                  <th scope="col">{t('collector.received')}</th>
                  <th scope="col">{t('collector.reason')}</th>
                  <th scope="col" class="number">
                    {t('collector.rows')}
                  </th>
                  <th scope="col" class="number">
                    {t('collector.size')}
                  </th>
                  <th scope="col">ID</th>
                </tr>
              </thead>
              <tbody>
                {batches.map(({ id, receivedAt, reason, sizeBytes, rows }) => (
                  <tr key={id}>
                    <td>
                      <time dateTime={receivedAt}>{formatDateTime(receivedAt)}</time>
                    </td>
                    <td>
                      <code>{reason}</code>
                      {reason === 'ROWS' && <span class="muted"> {t('collector.rowsReason')}</span>}
                    </td>
                    <td class="number">{formatCount(rows)}</td>
                    <td class="number">{formatBytes(sizeBytes)}</td>
                    <td>
                      <code>{id}</code>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableScroll>
          <Replay account={account} />
        </>
      )}
    </div>
  )
}

function Replay({ account }: { account: string }) {
  const command = `node src/main.ts snapshots replay --account ${account} > replay.ndjson`
  return (
    <div class="replay">
      <p>
        {t('collector.replay')} <span class="muted">{t('collector.replayWhy')}</span>
      </p>
      <div class="row">
        <code>{command}</code>
        <CopyButton text={command} label={account} />
      </div>
    </div>
  )
}
