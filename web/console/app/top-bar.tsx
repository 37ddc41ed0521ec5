// The bar at the top: where one is, where one can go, and what one has chosen.
import { useState } from 'preact/hooks'
import { apiKey } from '../data/gateway.ts'
import mark from '../favicon.svg'
import { t } from '../i18n/translate.ts'
import { Dialog } from '../parts/dialog.tsx'
import { KeyForm } from './key-form.tsx'
import { hrefTo, type PageName, type Route, route } from './router.ts'
import { chooseLanguage, chooseTheme, language, type Theme, theme } from './settings.ts'

const pages = ['overview', 'streams', 'collector'] as const satisfies readonly PageName[]
const themes = ['auto', 'light', 'dark'] as const satisfies readonly Theme[]

/** The bar. */
export function TopBar() {
  const [isKeyOpen, setIsKeyOpen] = useState(false)
  const current = toCurrent(route.value)
  return (
    <header class="top-bar">
      <a class="brand" href={hrefTo('overview')}>
        <img src={mark} alt="" width="20" height="20" />
        Weir
      </a>
      <nav class="main-links" aria-label={t('nav.pages')}>
        <ul>
          {pages.map((page) => (
            <li key={page}>
              <a href={hrefTo(page)} aria-current={page === current ? 'page' : undefined}>
                {t(`nav.${page}`)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="top-bar-end">
        <nav class="other-links" aria-label={t('nav.others')}>
          <ul>
            <li>
              <a href="/graphiql/">GraphiQL</a>
            </li>
            <li>
              <a href="/docs">{t('nav.apiDocs')}</a>
            </li>
          </ul>
        </nav>
        <select
          class="field"
          aria-label={t('shell.language')}
          value={language.value}
          onChange={(event) => chooseLanguage(event.currentTarget.value === 'zh' ? 'zh' : 'en')}
        >
          <option value="en" lang="en">
            English
          </option>
          <option value="zh" lang="zh-CN">
            中文
          </option>
        </select>
        <select
          class="field"
          aria-label={t('shell.theme')}
          value={theme.value}
          onChange={(event) => chooseTheme(themes.find((one) => one === event.currentTarget.value) ?? 'auto')}
        >
          {themes.map((one) => (
            <option key={one} value={one}>
              {t(`theme.${one}`)}
            </option>
          ))}
        </select>
        <button type="button" class="button" aria-haspopup="dialog" onClick={() => setIsKeyOpen(true)}>
          {t('key.label')}
          <span class="muted small">{apiKey.value === '' ? t('key.none') : t('key.inUse')}</span>
        </button>
      </div>
      <Dialog title={t('key.label')} isOpen={isKeyOpen} onClose={() => setIsKeyOpen(false)}>
        <KeyForm onChange={() => setIsKeyOpen(false)} />
      </Dialog>
    </header>
  )
}

/** The page among the links; that of a stream is below the one of all. */
function toCurrent({ page }: Route): PageName | undefined {
  if (page === 'stream') return 'streams'
  return page === 'unknown' ? undefined : page
}
