// Writes the resolver types of schema.graphql to src/graphql/generated.ts.
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type DocumentNode, parse } from 'graphql'

// The generator's own type files do not compile without packages it does not bring: what is used is described here.
interface Codegen {
  codegen(options: {
    documents: readonly []
    config: Readonly<Record<string, unknown>>
    filename: string
    schema: DocumentNode
    plugins: readonly Readonly<Record<string, object>>[]
    pluginMap: Readonly<Record<string, object>>
  }): Promise<string>
}

const require = createRequire(import.meta.url)
const { codegen }: Codegen = require('@graphql-codegen/core')
const typescriptPlugin: object = require('@graphql-codegen/typescript')
const resolversPlugin: object = require('@graphql-codegen/typescript-resolvers')

const schemaFile = new URL('../schema.graphql', import.meta.url)
const generatedFile = new URL('../src/graphql/generated.ts', import.meta.url)

const parents = './parents.ts'

/** What both plugins are told. Mappers name what a resolver of the type is handed. */
const config = {
  useTypeImports: true,
  enumsAsTypes: true,
  strictScalars: true,
  immutableTypes: true,
  avoidOptionals: { field: true, object: true },
  // An `Instant`: milliseconds since the epoch.
  scalars: { DateTime: 'number', ID: 'string' },
  importExtension: '.ts',
  // Mercurius reads `resolveType`, without underscores.
  internalResolversPrefix: '',
  contextType: './context.ts#Context',
  mappers: {
    Account: `${parents}#AccountParent`,
    LiveStat: `${parents}#LiveStatParent`,
    LiveStreamConnection: `${parents}#LiveStreamConnectionParent`,
    LiveTotals: `${parents}#LiveTotalsParent`,
    PlaySample: `${parents}#PlaySampleParent`,
    PlaySampleSeries: `${parents}#PlaySampleSeriesParent`,
    PushSampleSeries: `${parents}#PushSampleSeriesParent`,
    PushSessionSeries: `${parents}#PushSessionSeriesParent`,
    QuarantinedBatch: `${parents}#QuarantinedBatchParent`,
    Quota: `${parents}#QuotaParent`,
    Recording: `${parents}#RecordingParent`,
    RecordingConnection: `${parents}#RecordingConnectionParent`,
    Snapshot: `${parents}#SnapshotParent`,
    SnapshotConnection: `${parents}#SnapshotConnectionParent`,
    Stream: `${parents}#StreamParent`,
    StreamPushSessions: `${parents}#StreamPushSessionsParent`,
  },
}

/** The text of src/graphql/generated.ts as schema.graphql wants it. */
export async function generateGraphqlTypes(): Promise<string> {
  const text = await codegen({
    documents: [],
    config,
    filename: 'generated.ts',
    schema: parse(await readFile(schemaFile, 'utf8')),
    plugins: [{ typescript: {} }, { typescriptResolvers: {} }],
    pluginMap: { typescript: typescriptPlugin, typescriptResolvers: resolversPlugin },
  })
  return `// Generated from schema.graphql by scripts/generate-graphql-types.ts. Do not edit.\n${text}`
}

if (import.meta.main) await writeFile(generatedFile, await generateGraphqlTypes())
