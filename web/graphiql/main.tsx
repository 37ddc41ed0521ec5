/**
 * GraphiQL for this gateway: the editor as its makers ship it, an API key beside it, and examples from the server.
 * Everything it loads comes from the gateway itself.
 */
import 'graphiql/setup-workers/vite'
import 'graphiql/style.css'
import '@graphiql/plugin-explorer/style.css'
import { explorerPlugin } from '@graphiql/plugin-explorer'
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql'
import { useMemo, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { loadApiKey, saveApiKey } from './api-key.ts'
import { type Example, forgetSavedTabs, hasSavedTabs, loadExamples } from './examples.ts'
import { buildFetcher } from './fetcher.ts'
import { TopBar } from './top-bar.tsx'

const plugins = [explorerPlugin({ showAttribution: false }), HISTORY_PLUGIN]

function Page({ examples }: { examples: Example[] | undefined }) {
  const [apiKey, setApiKey] = useState(loadApiKey)
  // The key itself and not a flag: a late answer to the key before must not speak about the one now in use.
  const [refusedKey, setRefusedKey] = useState<string>()

  // A new fetcher makes GraphiQL ask for the schema again, which another key may see differently.
  const fetcher = useMemo(
    () => buildFetcher(apiKey, (refused) => setRefusedKey(refused ? apiKey : undefined)),
    [apiKey],
  )

  function changeApiKey(next: string) {
    saveApiKey(next)
    if (hasSavedTabs()) setApiKey(next)
    // Only the fallback is here, perhaps because the server shows its examples to known keys alone: ask it again.
    else location.reload()
  }

  return (
    <>
      <TopBar apiKey={apiKey} refused={refusedKey === apiKey} onApiKey={changeApiKey} />
      <GraphiQL
        fetcher={fetcher}
        plugins={plugins}
        // Headers typed into the editor would end up in local storage with the history, keys among them.
        isHeadersEditorEnabled={false}
        shouldPersistHeaders={false}
        {...(examples && { defaultTabs: examples })}
      >
        {/* The top bar says where this is. */}
        <GraphiQL.Logo>{null}</GraphiQL.Logo>
      </GraphiQL>
    </>
  )
}

async function start(root: HTMLElement) {
  let examples: Example[] | undefined
  if (!hasSavedTabs()) {
    examples = await loadExamples(loadApiKey())
    forgetSavedTabs(examples[0])
  }
  createRoot(root).render(<Page examples={examples} />)
}

const root = document.getElementById('page')
if (root) await start(root)
