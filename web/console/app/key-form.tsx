// The API key: typed in here, kept for the browser session.
import { useEffect, useId, useRef } from 'preact/hooks'
import { apiKey, changeApiKey, isKeyRefused } from '../data/gateway.ts'
import { t } from '../i18n/translate.ts'

/** Asks for a key. @param onChange told after another key is in use */
export function KeyForm({ onChange }: { onChange?: () => void }) {
  const statusId = useId()
  const isRefused = isKeyRefused.value

  function use(key: string): void {
    changeApiKey(key)
    onChange?.()
  }

  function apply(event: SubmitEvent): void {
    event.preventDefault()
    if (event.currentTarget instanceof HTMLFormElement)
      use(String(new FormData(event.currentTarget).get('api-key')).trim())
  }

  return (
    // Another key makes another form, whose field then starts from it.
    <form key={apiKey.value} class="key-form" onSubmit={apply}>
      <label>
        {t('key.label')}
        <input
          class="field"
          name="api-key"
          type="password"
          autoComplete="off"
          spellcheck={false}
          placeholder={t('key.none')}
          defaultValue={apiKey.value}
          aria-invalid={isRefused}
          aria-describedby={statusId}
        />
      </label>
      <p id={statusId} role="status" class={isRefused && apiKey.value !== '' ? 'small tone-bad' : 'small muted'}>
        {isRefused && apiKey.value !== '' ? t('key.refused') : t('key.kept')}
      </p>
      <div class="row">
        <button type="submit" class="button">
          {t('key.use')}
        </button>
        {apiKey.value !== '' && (
          <button type="button" class="button button-quiet" onClick={() => use('')}>
            {t('key.forget')}
          </button>
        )}
      </div>
    </form>
  )
}

/** In the place of every page while the gateway wants another key. */
export function KeyPage() {
  const page = useRef<HTMLDivElement>(null)
  // There is nothing else to do here.
  useEffect(() => page.current?.querySelector('input')?.focus(), [])
  return (
    <div class="key-page" ref={page}>
      <h1 tabIndex={-1}>{t('key.title')}</h1>
      <p>{t('key.wanted')}</p>
      <KeyForm />
    </div>
  )
}
