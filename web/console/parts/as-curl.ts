// The question behind a panel, in the words of others: for a shell, and for GraphiQL.

/** What a panel has asked. */
export interface Asked {
  readonly operation: { readonly name: string; readonly text: string }
  readonly variables: object
  /** The same question to the REST face, from the root on; left out where it has none. */
  readonly rest?: string
  /** Whether that is a stream of events. */
  readonly events?: boolean
}

// Never the key among the words of a program: everybody on the machine can read those. The shell's own printf is none.
const sayKey = 'printf \'authorization: Bearer %s\' "$WEIR_KEY" | '
const readKey = '  --header @-'

/**
 * A command that asks the GraphQL face.
 *
 * @param origin of the gateway
 * @param hasKey whether it wants a key
 */
export function toGraphqlCurl({ operation, variables }: Asked, origin: string, hasKey: boolean): string {
  const body = JSON.stringify({ query: operation.text, operationName: operation.name, variables })
  return [
    `${hasKey ? sayKey : ''}curl --silent ${quote(`${origin}/graphql`)}`,
    ...(hasKey ? [readKey] : []),
    `  --json ${quote(body)}`,
  ].join(' \\\n')
}

/** A command that asks the REST face; undefined where it has no such question. */
export function toRestCurl({ rest, events }: Asked, origin: string, hasKey: boolean): string | undefined {
  if (rest === undefined) return undefined
  const command = events === true ? 'curl --silent --no-buffer' : 'curl --silent'
  const asking = `${hasKey ? sayKey : ''}${command} ${quote(`${origin}${rest}`)}`
  return [asking, ...(hasKey ? [readKey] : [])].join(' \\\n')
}

/** A text as one word of a shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

// Names given by GraphiQL, which puts its own prefix before every one of them.
const tabsKey = 'graphiql:tabState'
const queryKey = 'graphiql:query'
const variablesKey = 'graphiql:variables'

/** Has GraphiQL open with the question in a tab of its own, beside those that are there. */
export function leaveForGraphiql({ operation, variables }: Asked, storage: Pick<Storage, 'getItem' | 'setItem'>): void {
  const variablesText = JSON.stringify(variables, null, 2)
  const tab = {
    id: crypto.randomUUID?.() ?? String(Date.now()),
    hash: null,
    title: operation.name,
    query: operation.text,
    variables: variablesText,
    headers: null,
    response: null,
  }
  const tabs = [...readTabs(storage.getItem(tabsKey)), tab]
  storage.setItem(tabsKey, JSON.stringify({ tabs, activeTabIndex: tabs.length - 1 }))
  // It opens the tab that it was in with the text it saved last.
  storage.setItem(queryKey, operation.text)
  storage.setItem(variablesKey, variablesText)
}

function readTabs(saved: string | null): readonly unknown[] {
  try {
    const state: unknown = JSON.parse(saved ?? '{}')
    const tabs = typeof state === 'object' && state !== null && 'tabs' in state ? state.tabs : []
    return Array.isArray(tabs) ? tabs : []
  } catch {
    return []
  }
}
