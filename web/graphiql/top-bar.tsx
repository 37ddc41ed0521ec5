import { type FormEvent, useId } from 'react'
import mark from './favicon.svg'

interface TopBarProps {
  apiKey: string
  /** The server answered 401 to the key in use, or to its absence. */
  refused: boolean
  onApiKey: (apiKey: string) => void
}

/** The bar above the editor: where this is, what else there is, and which API key is in use. */
export function TopBar({ apiKey, refused, onApiKey }: TopBarProps) {
  const statusId = useId()

  function applyTypedKey(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    onApiKey(String(new FormData(event.currentTarget).get('api-key')).trim())
  }

  return (
    <header className="top-bar">
      <h1>
        <img src={mark} alt="" width="20" height="20" />
        Weir
      </h1>
      <nav aria-label="Elsewhere on this server">
        <a href="/console/">Console</a>
        <a href="/docs">REST API</a>
        <a href="/openapi.json">openapi.json</a>
      </nav>
      {/* Always on the page, so that screen readers notice when it fills. */}
      <p id={statusId} role="status" className="key-status">
        {refused && (apiKey === '' ? 'This server asks for an API key' : 'The server did not accept this API key')}
      </p>
      {/* A new key makes a new form, whose field then starts from it. */}
      <form key={apiKey} className="key-form" onSubmit={applyTypedKey}>
        <label htmlFor="api-key">API key</label>
        <input
          id="api-key"
          name="api-key"
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder="none"
          defaultValue={apiKey}
          aria-invalid={refused}
          aria-describedby={statusId}
        />
        <button type="submit">Use key</button>
        {apiKey !== '' && (
          <button type="button" onClick={() => onApiKey('')}>
            Forget
          </button>
        )}
      </form>
    </header>
  )
}
