// The chart, rendered by Helm.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { findHelm } from './helm.ts'

const run = promisify(execFile)
const failureShape = z.object({ stderr: z.string() })

/** The chart's folder. */
export const chartFolder = join(import.meta.dirname, '..', '..', 'helm', 'weir')

const manifestShape = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  data: z.record(z.string(), z.string()).default({}),
  // Any: its shape is that of the kind, which a schema of its own checks.
  spec: z.any().optional(),
})

/** An object as Kubernetes would be given it. */
export type Manifest = z.output<typeof manifestShape>

/** What the chart makes of values. */
export interface RenderedChart {
  /** All of it, as it was written. */
  readonly documents: readonly unknown[]
  /** Those of a kind. */
  list(kind: string): readonly Manifest[]
  /** The only one of a kind that is called so. @throws when there is none */
  get(kind: string, name?: string): Manifest
}

/** Runs Helm; `values` go to its standard input. @returns what it printed */
export async function runHelm(words: readonly string[], values: unknown): Promise<string> {
  const child = run(await findHelm(), [...words, '--values', '-'], { maxBuffer: 16 * 1024 * 1024 })
  child.child.stdin?.end(JSON.stringify(values))
  return (await child).stdout
}

/** `helm template` of a release called "release". @throws with Helm's own words when the values are refused */
export async function renderChart(values: unknown): Promise<RenderedChart> {
  const text = await runHelm(['template', 'release', chartFolder, '--namespace', 'live'], values).catch(
    (error: unknown) => {
      throw new Error(failureShape.parse(error).stderr)
    },
  )
  const documents: readonly unknown[] = parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((document) => document !== null)
  const manifests = documents.map((document) => manifestShape.parse(document))
  const list = (kind: string) => manifests.filter((manifest) => manifest.kind === kind)
  return {
    documents,
    list,
    get: (kind, name = 'release-weir') => {
      const found = list(kind).find((manifest) => manifest.metadata.name === name)
      if (found === undefined) throw new Error(`the chart makes no ${kind} ${name}`)
      return found
    },
  }
}

/** Why Helm refuses the values; "accepted" when it does not. */
export async function findRefusal(values: unknown): Promise<string> {
  try {
    await renderChart(values)
    return 'accepted'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
