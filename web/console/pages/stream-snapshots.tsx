// The newest screenshots of a stream. They stand at the provider, and a page of the gateway loads nothing from elsewhere.
import { useEffect } from 'preact/hooks'
import { findCapability } from '../data/fleet.ts'
import { type SnapshotCard, snapshotsOperation } from '../data/stream-operations.ts'
import { findTrouble } from '../data/trouble.ts'
import { useQuery } from '../data/use-query.ts'
import { formatDateTime, formatTime } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import { Icon } from '../parts/icon.tsx'
import { Panel } from '../parts/panel.tsx'
import { Age, Empty, Loading, TroubleNote, Unsupported } from '../parts/states.tsx'
import { findAddress } from './outside-address.ts'
import { toRestAddress } from './stream-history.tsx'

interface SnapshotsPanelProps {
  readonly account: string
  readonly streamKey: string
  /** How many have come since it is followed: each time the newest are read anew. */
  readonly arrived: number
}

const COUNT = 24
/** They cost the provider nothing, whoever reads them. */
const EVERY_MS = 15_000

/** The panel. */
export function SnapshotsPanel({ account, streamKey, arrived }: SnapshotsPanelProps) {
  const support = findCapability(account, 'SNAPSHOTS')
  const variables = { account, key: streamKey, first: COUNT }
  const query = useQuery(snapshotsOperation, support?.supported === false ? null : variables, { everyMs: EVERY_MS })
  const snapshots = query.data?.stream?.snapshots
  const trouble = query.trouble ?? (query.data && !snapshots ? findTrouble(query.troubles, 'stream') : undefined)
  useEffect(() => {
    if (arrived > 0) query.refresh()
  }, [arrived])

  return (
    <Panel
      title={t('stream.snapshots.title')}
      asked={{
        operation: snapshotsOperation,
        variables,
        rest: toRestAddress(account, streamKey, 'snapshots', { first: String(COUNT) }),
      }}
    >
      {support?.supported === false ? (
        <Unsupported capability="SNAPSHOTS" reason={support.reason} />
      ) : snapshots && snapshots.nodes.length > 0 ? (
        <>
          <p class="muted small">{t('stream.snapshots.why')}</p>
          <ul class="snapshots">
            {snapshots.nodes.map((card) => (
              <li key={card.id}>
                <Card card={card} />
              </li>
            ))}
          </ul>
        </>
      ) : snapshots ? (
        <Empty title={t('stream.snapshots.none')} body={t('stream.snapshots.noneWhy')} />
      ) : trouble ? (
        <TroubleNote trouble={trouble} onRetry={query.refresh} />
      ) : (
        <Loading lines={4} />
      )}
    </Panel>
  )
}

function Card({ card: { takenAt, receivedAt, width, height, url } }: { card: SnapshotCard }) {
  const at = takenAt ?? receivedAt
  const address = findAddress(url)
  const words = (
    <>
      <strong class="number">{formatTime(at)}</strong>
      <span class="muted small">
        <Age at={at} />
      </span>
      <span class="muted small number">{width !== null && height !== null ? `${width} × ${height}` : '–'}</span>
    </>
  )
  if (!address) return <div class="snapshot">{words}</div>
  return (
    <a class="snapshot" href={address.href} target="_blank" rel="noopener noreferrer">
      {words}
      <span class="visually-hidden">{t('stream.snapshots.open', { time: formatDateTime(at) })}</span>
      <Icon name="external" />
    </a>
  )
}
