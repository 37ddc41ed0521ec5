import { toAuthorization } from './api-key.ts'

/** What a tab of the editor starts with. */
export interface Example {
  query: string
  variables?: string
}

const fallback: Example = {
  query: `query Accounts {
  accounts {
    name
    provider
    health {
      state
    }
  }
}
`,
}

// Names given by GraphiQL, which puts its own prefix before every one of them.
const savedTabsKey = 'graphiql:tabState'
const savedQueryKey = 'graphiql:query'
const savedVariablesKey = 'graphiql:variables'

/** Whether the tabs saved by GraphiQL hold work of the user, rather than nothing or the untouched fallback. */
export function hasSavedTabs(): boolean {
  const saved = localStorage.getItem(savedTabsKey)
  if (saved === null) return false
  try {
    const { tabs } = JSON.parse(saved) as { tabs: { query: string | null }[] }
    return tabs.length !== 1 || tabs[0]?.query !== fallback.query
  } catch {
    return false
  }
}

/**
 * Lets GraphiQL start from its default tabs, as on a first visit.
 * It opens the first of them with the text it saved last, and without that it loses the variables.
 */
export function forgetSavedTabs(first: Example | undefined): void {
  localStorage.removeItem(savedTabsKey)
  localStorage.setItem(savedQueryKey, first?.query ?? '')
  localStorage.setItem(savedVariablesKey, first?.variables ?? '')
}

/**
 * The examples the gateway made for its own accounts, or one query that fits every installation.
 * Never fails: the editor is of use without examples too.
 */
export async function loadExamples(apiKey: string): Promise<Example[]> {
  try {
    const response = await fetch('/graphiql/examples.json', {
      headers: toAuthorization(apiKey),
      signal: AbortSignal.timeout(5_000),
    })
    if (!response.ok) return [fallback]
    const { tabs } = (await response.json()) as { tabs: { title: string; query: string; variables: string }[] }
    return tabs.length === 0 ? [fallback] : tabs.map(toExample)
  } catch {
    return [fallback]
  }
}

// GraphiQL names a tab after its operation and knows no other title, so the title becomes the first line.
function toExample({ title, query, variables }: { title: string; query: string; variables: string }): Example {
  return { query: `# ${title}\n${query}`, variables }
}
