// All streams that are live now.
import { useMemo, useState } from 'preact/hooks'
import { changeSearch, hrefToStream, route } from '../app/router.ts'
import { accounts, findCapability } from '../data/fleet.ts'
import { type AccountFailure, type LiveList, useLiveList } from '../data/live-list.ts'
import { liveStreamsOperation } from '../data/stream-operations.ts'
import { formatBitRate, formatCount } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import { Icon } from '../parts/icon.tsx'
import { Panel } from '../parts/panel.tsx'
import { Age, Empty, Loading, StaleMark, TroubleNote, Unsupported } from '../parts/states.tsx'
import { orderRows, readOrder, toOrderText } from './streams-order.ts'
import { StreamsTable } from './streams-table.tsx'
import './streams.css'

/** The page. */
export function StreamsPage() {
  const { search } = route.value
  const text = search.get('q') ?? ''
  const account = search.get('account')
  const order = readOrder(search.get('sort'))
  const [isPaused, setIsPaused] = useState(false)
  const named = (accounts.value ?? []).map(({ name }) => name).filter((name) => account === null || name === account)
  const asked = named.filter((name) => findCapability(name, 'LIVE_STREAMS')?.supported === true)
  const list = useLiveList(asked, isPaused)
  const { column, isDescending } = order
  const shown = useMemo(
    () => orderRows(list.rows, text, { column, isDescending }),
    [list.rows, text, column, isDescending],
  )

  return (
    <div class="page streams-page">
      <h1 tabIndex={-1}>{t('streams.title')}</h1>
      <Panel
        title={t('streams.caption')}
        class="streams-panel"
        note={<ListNote list={list} shown={shown.length} />}
        asked={{
          operation: liveStreamsOperation,
          variables: { accounts: asked, first: 300, after: null },
          rest: `/v1/live-streams?${asked.map((name) => `account=${encodeURIComponent(name)}&`).join('')}first=300`,
        }}
        actions={
          <>
            <button type="button" class="button button-quiet" onClick={list.refresh} disabled={isPaused}>
              <Icon name="refresh" />
              {t('streams.refresh')}
            </button>
            <button
              type="button"
              class="button button-quiet"
              aria-pressed={isPaused}
              onClick={() => setIsPaused(!isPaused)}
            >
              <Icon name={isPaused ? 'play' : 'pause'} />
              {isPaused ? t('common.resume') : t('common.pause')}
            </button>
          </>
        }
      >
        <div class="row streams-filter">
          <input
            class="field streams-search"
            type="search"
            aria-label={t('streams.search')}
            placeholder={t('streams.search')}
            autocomplete="off"
            spellcheck={false}
            value={text}
            onInput={(event) => changeSearch({ q: event.currentTarget.value }, 'replace')}
          />
          <select
            class="field"
            aria-label={t('common.account')}
            value={account ?? ''}
            onChange={(event) => changeSearch({ account: event.currentTarget.value }, 'push')}
          >
            <option value="">{t('common.allAccounts')}</option>
            {(accounts.value ?? []).map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
          <Totals list={list} />
        </div>
        <Failures failures={list.failures} />
        {list.trouble && <TroubleNote trouble={list.trouble} onRetry={list.refresh} />}
        {asked.length === 0 && named[0] !== undefined ? (
          <>
            <Unsupported capability="LIVE_STREAMS" reason={findCapability(named[0], 'LIVE_STREAMS')?.reason ?? null} />
            <OpenByKey text={text} names={named} />
          </>
        ) : shown.length > 0 ? (
          <StreamsTable
            rows={shown}
            order={order}
            onOrder={(next) => changeSearch({ sort: toOrderText(next) }, 'replace')}
          />
        ) : (
          <NoRows list={list} text={text} names={named} />
        )}
      </Panel>
    </div>
  )
}

function ListNote({ list, shown }: { list: LiveList; shown: number }) {
  const total = list.rows.length
  if (!list.isWhole && total > 0)
    return <span role="status">{t('streams.gathering', { total: formatCount(total) })}</span>
  if (!list.isWhole) return null
  return (
    <>
      <span role="status">
        {t('streams.count', { shown: formatCount(shown), total: formatCount(total), count: total })}
      </span>
      <Age at={list.gatheredAtMs} />
      <span title={t('streams.costs', { count: list.pages })}>
        {t('streams.refreshes', { seconds: Math.round(list.everyMs / 1000) })}
      </span>
      <StaleMark isStale={list.isStale} />
    </>
  )
}

function Totals({ list }: { list: LiveList }) {
  if (list.rows.length === 0) return null
  let viewers = 0
  let bandwidth = 0
  for (const row of list.rows) {
    viewers += row.viewers ?? 0
    bandwidth += row.bandwidth ?? 0
  }
  return (
    <span class="muted number">
      {t('streams.totals', { viewers: formatCount(viewers), bandwidth: formatBitRate(bandwidth) })}
    </span>
  )
}

function Failures({ failures }: { failures: readonly AccountFailure[] }) {
  return (
    <ul class="failures" role="status">
      {failures.map(({ account, code, message }) => (
        <li key={account}>
          <strong>{account}</strong> {t(`code.${code}`)} <code>{code}</code> <span lang="en">{message}</span>
        </li>
      ))}
    </ul>
  )
}

function NoRows({ list, text, names }: { list: LiveList; text: string; names: readonly string[] }) {
  if (!list.isWhole) return list.trouble ? null : <Loading lines={12} class="streams-loading" />
  if (list.rows.length === 0)
    return (
      <>
        <Empty title={t('streams.none')} body={t('streams.noneWhy')} />
        <OpenByKey text={text} names={names} />
      </>
    )
  return (
    <>
      <Empty title={t('streams.noMatch', { text })} />
      <OpenByKey text={text} names={names} />
    </>
  )
}

/** A stream that is not in the list has a page too. */
function OpenByKey({ text, names }: { text: string; names: readonly string[] }) {
  const key = text.trim()
  if (key === '') return <p class="muted">{t('streams.typeKey')}</p>
  return (
    <div class="open-by-key">
      <p>{t('streams.openInstead')}</p>
      <ul>
        {names.map((name) => (
          <li key={name}>
            <a href={hrefToStream(name, key)}>{t('streams.openIn', { key, account: name })}</a>
          </li>
        ))}
      </ul>
    </div>
  )
}
