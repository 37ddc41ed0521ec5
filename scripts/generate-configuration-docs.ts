// Writes docs/configuration.md from the schemas that refuse wrong settings, so that the two cannot differ.
import { readFileSync, writeFileSync } from 'node:fs'
import { providers } from '#providers/index.ts'
import { type FileSchema, toAllowedText, toFileSchema } from '#src/config/allowed.ts'
import { accountBasicsSchema, settingsSchema } from '#src/config/schema.ts'

const target = new URL('../docs/configuration.md', import.meta.url)
const example = new URL('../examples/weir.yaml', import.meta.url)

/** One setting, as a row of a table. */
interface SettingRow {
  /** `cors.origins`, `keys[].name`, `interfaces.<name>.limit`. */
  readonly name: string
  readonly allowed: string
  /** In the words of the table. */
  readonly fallback: string
  readonly meaning: string
}

const intro = `# Configuration

<!-- Made from the schemas in src/config and of the providers by "npm run generate". Do not edit. -->

Settings stand in one YAML or JSON file, named by \`WEIR_CONFIG\`; without it, in \`weir.yaml\` in the working directory if
that exists. Without any file Weir starts the sandbox and serves simulated accounts.

- \`\${NAME}\` inside a text is taken from the environment; a missing variable stops the start. \`$\${\` stands for \`\${\`.
  In a mapping in braces, put it in quotes. A number or true/false may come from a variable too.
- These variables override the file; an empty one counts as not set: \`HOST\` (\`server.host\`), \`PORT\` (\`server.port\`),
  \`REDIS_URL\` (\`redis.url\`), \`LOG_LEVEL\` (\`log.level\`), \`OTEL_EXPORTER_OTLP_ENDPOINT\` (\`tracing.endpoint\`).
- Unknown settings are errors. A wrong file stops the start with everything that is wrong with it: where, what is allowed
  and what to do. Secrets are never repeated.
- \`node src/main.ts --check-config\` checks and exits, with 0 when all is well and 1 otherwise.
- \`node src/main.ts cache clear [account ...]\` has all replicas that share the Redis of these settings forget the answers
  they keep of the named accounts, or of all, within 5 s. Exits with 0 when that is begun, 2 for an account that is not in
  the settings, 1 otherwise.
- \`node src/main.ts snapshots replay|quarantine|export\` works on what was collected, beside gateways that run: see
  [Snapshots](snapshots.md#commands). Exits with 0 when it is done, 2 for an account or a batch that is not there, 1 otherwise.
`

/** The page. */
export function generateConfigurationDocs(): string {
  const settings = toFileSchema(settingsSchema)
  const sections = listProperties(settings).filter(([name]) => name !== 'accounts')
  const single = sections.filter(([, schema]) => !isMapping(schema))
  const grouped = sections.filter(([, schema]) => isMapping(schema))
  const accounts = settings.properties?.['accounts']
  const basics = toFileSchema(accountBasicsSchema)
  return [
    intro,
    '## At the top of the file\n',
    toTable(single.map(([name, schema]) => toRow(name, schema, settings.required?.includes(name) ?? false))),
    ...grouped.flatMap(([name, schema]) => toSection(`## \`${name}\``, schema)),
    '## `accounts`\n',
    `${typeof accounts === 'object' ? (accounts.description ?? '') : ''} Each has these settings, and those of its provider.\n`,
    toTable(listRows(basics).map((row) => (row.name === 'provider' ? { ...row, allowed: toProviderIds() } : row))),
    ...providers.flatMap((provider) => [
      `### \`provider: ${provider.id}\` (${provider.title})\n`,
      toTable(listRows(toFileSchema(provider.settings))),
    ]),
    '## A complete example\n',
    `\`examples/weir.yaml\`:\n\n\`\`\`yaml\n${readFileSync(example, 'utf8').trimEnd()}\n\`\`\`\n`,
  ].join('\n')
}

/** Every setting below a mapping, depth first in the order of the schema. */
function listRows(schema: FileSchema, prefix = ''): readonly SettingRow[] {
  return listProperties(schema).flatMap(([name, property]) => {
    const inner = listInner(property)
    const path = `${prefix}${name}`
    const row = toRow(path, property, schema.required?.includes(name) ?? false)
    if (inner === undefined) return [row]
    // A mapping that only groups needs no row of its own; a list or a table of them does.
    const rows = listRows(inner.schema, `${path}${inner.step}.`)
    return inner.step === '' && isAlwaysThere(property, row) ? rows : [row, ...rows]
  })
}

/** What stands inside a setting, and how its path goes on; undefined for a plain value. */
function listInner(schema: FileSchema): { readonly schema: FileSchema; readonly step: string } | undefined {
  if (schema.properties) return { schema, step: '' }
  const { items, additionalProperties } = schema
  if (typeof items === 'object' && !Array.isArray(items) && items.properties) return { schema: items, step: '[]' }
  if (typeof additionalProperties === 'object' && additionalProperties.properties)
    return { schema: additionalProperties, step: '.<name>' }
  const choice = schema.anyOf?.find((option) => option.properties)
  return choice && { schema: choice, step: '' }
}

function isAlwaysThere(schema: FileSchema, row: SettingRow): boolean {
  return schema.anyOf === undefined && row.fallback !== 'none'
}

function toSection(title: string, schema: FileSchema): readonly string[] {
  const inner = listInner(schema)
  const optional = schema.anyOf ? ' Null is the same as left out.' : ''
  return [`${title}\n`, `${schema.description ?? ''}${optional}\n`, toTable(inner ? listRows(inner.schema) : [])]
}

function toRow(name: string, schema: FileSchema, isRequired: boolean): SettingRow {
  return {
    name,
    allowed: toAllowedText(schema),
    fallback: isRequired
      ? '**required**'
      : schema.default === undefined
        ? 'none'
        : `\`${JSON.stringify(schema.default)}\``,
    meaning: schema.description ?? '',
  }
}

function toTable(rows: readonly SettingRow[]): string {
  const lines = rows.map(({ name, allowed, fallback, meaning }) =>
    [`\`${name}\``, allowed, fallback, meaning].map((cell) => cell.replaceAll('|', '\\|')).join(' | '),
  )
  return [
    '| Setting | Allowed | Default | Meaning |',
    '|---|---|---|---|',
    ...lines.map((line) => `| ${line} |`),
    '',
  ].join('\n')
}

function listProperties(schema: FileSchema): readonly (readonly [string, FileSchema])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    typeof property === 'object' ? [[name, property] as const] : [],
  )
}

function isMapping(schema: FileSchema): boolean {
  return listInner(schema) !== undefined
}

function toProviderIds(): string {
  return `one of ${providers.map(({ id }) => id).join(', ')}`
}

if (import.meta.main) writeFileSync(target, generateConfigurationDocs())
