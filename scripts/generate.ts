// `npm run generate`: writes every file that is made from others. `npm run check` fails when one is stale.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A file that is made from others. */
interface GeneratedFile {
  /** From the project's folder. */
  readonly path: string
  /** The whole text. Gets the text as it stands, of which it may keep parts; empty when there is none. */
  readonly generate: (kept: string) => Promise<string>
}

/** Every generated file. A generator is loaded when it is needed: sources that do not load spoil their own file only. */
export const generatedFiles: readonly GeneratedFile[] = [
  {
    path: 'docs/capabilities.md',
    generate: async () => (await import('./generate-capabilities-docs.ts')).generateCapabilitiesDocs(),
  },
  {
    path: 'docs/configuration.md',
    generate: async () => (await import('./generate-configuration-docs.ts')).generateConfigurationDocs(),
  },
  {
    path: 'docs/errors.md',
    generate: async () => (await import('./generate-errors-docs.ts')).generateErrorsDocs(),
  },
  {
    path: 'docs/metrics.md',
    generate: async () => (await import('./generate-metrics-docs.ts')).generateMetricsDocs(),
  },
  {
    path: 'helm/weir/dashboards/account.json',
    generate: async () => (await import('./generate-dashboards.ts')).generateDashboard('account'),
  },
  {
    path: 'helm/weir/dashboards/client.json',
    generate: async () => (await import('./generate-dashboards.ts')).generateDashboard('client'),
  },
  {
    path: 'helm/weir/dashboards/overview.json',
    generate: async () => (await import('./generate-dashboards.ts')).generateDashboard('overview'),
  },
  {
    path: 'helm/weir/README.md',
    generate: async (kept) => (await import('./generate-chart-readme.ts')).fillValuesTable(kept),
  },
  {
    path: 'helm/weir/files/endpoints.json',
    generate: async () => (await import('./generate-chart-endpoints.ts')).generateChartEndpoints(),
  },
  {
    path: 'helm/weir/values.schema.json',
    generate: async () => (await import('./generate-chart-schema.ts')).generateChartSchema(),
  },
  {
    path: 'src/graphql/generated.ts',
    generate: async () => (await import('./generate-graphql-types.ts')).generateGraphqlTypes(),
  },
  {
    // The table between its markers; the rest is written by hand.
    path: 'README.md',
    generate: async (kept) => (await import('./generate-capabilities-docs.ts')).fillCapabilitiesTable(kept),
  },
]

if (import.meta.main) {
  for (const { path, generate } of generatedFiles) {
    const file = join(import.meta.dirname, '..', path)
    const kept = await readFile(file, 'utf8').catch(() => '')
    const text = await generate(kept)
    if (text === kept) continue
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    console.log(`wrote ${path}`)
  }
}
