// The frame around every page, and which page it is.
import { useEffect, useRef } from 'preact/hooks'
import { accounts, accountsTrouble, followAccounts } from '../data/fleet.ts'
import { apiKey, isKeyRefused, isReached, lastReachedAtMs } from '../data/gateway.ts'
import { formatTime } from '../i18n/formats.ts'
import { type TextKey, t } from '../i18n/translate.ts'
import { CollectorPage } from '../pages/collector.tsx'
import { OverviewPage } from '../pages/overview.tsx'
import { AccountsPending, Empty } from '../parts/states.tsx'
import { KeyPage } from './key-form.tsx'
import { Later } from './later.tsx'
import { hrefTo, type Route, route } from './router.ts'
import { TopBar } from './top-bar.tsx'
import './shell.css'

// What draws charts is loaded when somebody wants one.
const loadStreams = () => import('../pages/streams.tsx')
const loadStream = () => import('../pages/stream.tsx')

/** The whole page. */
export function App() {
  const shown = route.value
  const isRefused = isKeyRefused.value
  const place = toPlace(shown)
  const main = useRef<HTMLElement>(null)
  const isFirst = useRef(true)

  // A page that is left takes the focus with it; a screen reader goes on at the title of the new one.
  // Once for each place.
  useEffect(() => {
    document.title = `${toTitle(shown)} · Weir`
    if (isFirst.current) isFirst.current = false
    else {
      scrollTo(0, 0)
      // One that is still being loaded takes it from there: see Later.
      const title = main.current?.querySelector('h1') ?? main.current
      title?.focus()
    }
  }, [place])

  // Known to all pages. A key that is refused asks nothing more until there is another.
  const key = apiKey.value
  // Another key may see others.
  useEffect(() => (isRefused ? undefined : followAccounts()), [isRefused, key])

  return (
    <>
      {/* No link: the hash says where the page is. */}
      <button type="button" class="skip-link" onClick={() => main.current?.focus()}>
        {t('shell.skip')}
      </button>
      <TopBar />
      <div class="banner" role="status">
        {!isReached.value && !isRefused && (
          <>
            <strong>{t('shell.offline')}</strong>
            {lastReachedAtMs.value !== undefined && (
              <span>{t('shell.offlineSince', { time: formatTime(lastReachedAtMs.value) })}</span>
            )}
          </>
        )}
      </div>
      <main id="main" ref={main} tabIndex={-1}>
        {isRefused ? <KeyPage /> : <Page shown={shown} />}
      </main>
    </>
  )
}

function Page({ shown }: { shown: Route }) {
  if (shown.page === 'unknown') return <NoSuchPage />
  // Whatever is shown depends on what the accounts can tell.
  if (accounts.value === undefined)
    return (
      <div class="page">
        <h1 tabIndex={-1}>{toTitle(shown)}</h1>
        <AccountsPending trouble={accountsTrouble.value} lines={8} />
      </div>
    )
  if (shown.page === 'overview') return <OverviewPage />
  if (shown.page === 'collector') return <CollectorPage />
  if (shown.page !== 'stream') return <Later load={loadStreams} show={({ StreamsPage }) => <StreamsPage />} />
  const { account, key } = shown
  return (
    <Later
      load={loadStream}
      show={({ StreamPage }) => <StreamPage key={`${account}\n${key}`} account={account} streamKey={key} />}
    />
  )
}

function NoSuchPage() {
  return (
    <div class="page">
      <h1 tabIndex={-1}>{t('shell.noSuchPage')}</h1>
      <Empty title={t('shell.noSuchPageBody')} body={<a href={hrefTo('overview')}>{t('nav.overview')}</a>} />
    </div>
  )
}

const titles: Readonly<Record<Exclude<Route['page'], 'stream'>, TextKey>> = {
  overview: 'nav.overview',
  streams: 'nav.streams',
  collector: 'nav.collector',
  unknown: 'shell.noSuchPage',
}

function toTitle(shown: Route): string {
  return shown.page === 'stream' ? shown.key : t(titles[shown.page])
}

/** The page without what it was asked to show: a view of it that changes keeps the focus. */
function toPlace(shown: Route): string {
  return shown.page === 'stream' ? `stream\n${shown.account}\n${shown.key}` : shown.page
}
