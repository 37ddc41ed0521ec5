// docs/capabilities.md: what each built-in provider can answer, from the very tables that answer.
import { readFileSync } from 'node:fs'
import { providers } from '#providers/index.ts'
import { toAccountView } from '#services/provider-registry.ts'
import { type PublicCapability, publicCapabilities } from '#services/views.ts'
import { loadConfig } from '#src/config.ts'

/** What each capability is, in words for a reader. */
const meanings: Readonly<Record<PublicCapability, string>> = {
  LIVE_STREAMS: 'Which streams are live now',
  LIVE_STAT: 'Viewers, bandwidth and ingest of a live stream',
  STREAM_STATE: 'Live, offline, forbidden or never seen',
  PUSH_SAMPLES: 'Ingest history: frame rate, bit rate, addresses',
  PLAY_SAMPLES: 'Playback history: viewers, bandwidth, traffic',
  PUSH_SESSIONS: 'When a stream was pushed, from start to end',
  RECORDINGS: 'Recorded files',
  SNAPSHOTS: 'Screenshots of live streams',
}

interface ProviderColumn {
  readonly title: string
  readonly support: ReadonlyMap<string, { readonly supported: boolean; readonly reason: string | null }>
}

/** One column for each provider, connected with the settings of the example file; nothing is sent. */
function readColumns(): readonly ProviderColumn[] {
  const example = readFileSync(new URL('../examples/weir.yaml', import.meta.url), 'utf8')
  // The example takes its secrets from the environment: any text of the right shape will do.
  const variables = [...example.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, '0'.repeat(64)] as const)
  const { accounts } = loadConfig({
    environment: Object.fromEntries(variables),
    workingDirectory: '/',
    readFile: () => example,
    providers,
  })
  return providers.map((provider) => {
    const account = accounts.find((candidate) => candidate.provider === provider.id)
    if (account === undefined) throw new Error(`examples/weir.yaml holds no account of ${provider.id}`)
    const refuse = () => Promise.reject(new Error('the documentation asks no provider'))
    const connected = {
      name: account.name,
      provider,
      connection: provider.connect(refuse, account.settings),
      readings: { quota: refuse, health: () => ({ state: 'UP' as const, since: 0, lastErrorCode: null }) },
      collectsSnapshots: true,
    }
    const { capabilities } = toAccountView(connected)
    return { title: provider.title, support: new Map(capabilities.map((entry) => [entry.capability, entry])) }
  })
}

/** Capability × provider as a Markdown table, without the reasons. */
export function capabilitiesTable(): string {
  const columns = readColumns()
  const rows = Object.keys(publicCapabilities).map((capability) => {
    const cells = columns.map(({ support }) => {
      const entry = support.get(capability)
      if (!entry?.supported) return 'no'
      return entry.reason === null ? 'yes' : 'derived'
    })
    return `| \`${capability}\` | ${meanings[capability as PublicCapability]} | ${cells.join(' | ')} |`
  })
  return [
    `| Capability | What | ${columns.map(({ title }) => title).join(' | ')} |`,
    `| --- | --- | ${columns.map(() => '---').join(' | ')} |`,
    ...rows,
  ].join('\n')
}

/** The text of docs/capabilities.md. */
export function generateCapabilitiesDocs(): string {
  const notes = readColumns().map(({ title, support }) => {
    const lines = [...support].flatMap(([capability, { supported, reason }]) =>
      reason === null ? [] : [`- \`${capability}\`: ${supported ? '' : 'no; '}${reason}`],
    )
    return `## ${title}\n\n${lines.length === 0 ? 'Answers everything by a call of its own.' : lines.join('\n')}\n`
  })
  return `# Capabilities

<!-- Made from src/providers by "npm run generate". Do not edit. -->

What each provider can answer. An unsupported field is null with the error \`CAPABILITY_UNSUPPORTED\`, which says why; the
same table stands in \`Account.capabilities\` of the API.

${capabilitiesTable()}

${notes.join('\n')}`
}

const opening = '<!-- capabilities -->'
const closing = '<!-- /capabilities -->'

/** A page with the table between its markers brought up to date; unchanged when it has none. */
export function fillCapabilitiesTable(page: string): string {
  const start = page.indexOf(opening)
  const end = page.indexOf(closing)
  if (start === -1 || end < start) return page
  return `${page.slice(0, start + opening.length)}\n${capabilitiesTable()}\n${page.slice(end)}`
}
