// The public contract as it is, and as it was released: the schema, the OpenAPI document, and the names of settings and
// metrics, each as a file.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { providers } from '#providers/index.ts'
import { buildApp } from '#src/app.ts'
import { loadConfig } from '#src/config.ts'
import { type Changes, compareVersions, joinChanges } from './changes.ts'
import { findNameChanges, listMetrics, listSettings } from './name-changes.ts'
import { findRestChanges } from './rest-changes.ts'
import { findSchemaChanges } from './schema-changes.ts'

/** Everything that others write against. */
export interface Contract {
  /** In the schema language. */
  readonly schema: string
  /** The OpenAPI document, as JSON. */
  readonly openApi: string
  /** Lines of `listSettings`. */
  readonly settings: readonly string[]
  /** Lines of `listMetrics`. */
  readonly metrics: readonly string[]
}

/** Folder of the released ones, in the project's. */
const RELEASED = 'released'
const manifestShape = z.object({ version: z.string() })

/** Version of the project below `folder`. */
export async function readVersion(folder: string): Promise<string> {
  return manifestShape.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))).version
}

/** The contract of the project below `folder`, whose pages are up to date. @param readOpenApi gives the document */
export async function readContract(folder: string, readOpenApi = readOwnOpenApi): Promise<Contract> {
  const read = (path: string) => readFile(join(folder, path), 'utf8')
  return {
    schema: await read('schema.graphql'),
    openApi: await readOpenApi(),
    settings: listSettings(await read('docs/configuration.md')),
    metrics: listMetrics(await read('docs/metrics.md')),
  }
}

/** The newest released contract; undefined where there is none. */
export async function readReleased(
  folder: string,
): Promise<{ readonly version: string; readonly contract: Contract } | undefined> {
  const entries = await readdir(join(folder, RELEASED)).catch(() => [])
  const version = entries
    .filter((name) => /^\d+\.\d+\.\d+$/.test(name))
    .toSorted(compareVersions)
    .at(-1)
  if (version === undefined) return undefined
  const read = (name: string) => readFile(join(folder, RELEASED, version, name), 'utf8')
  const contract = {
    schema: await read('schema.graphql'),
    openApi: await read('openapi.json'),
    settings: (await read('settings.txt')).split('\n'),
    metrics: (await read('metrics.txt')).split('\n'),
  }
  return { version, contract }
}

/** Writes a contract down as that of a version. */
export async function writeReleased(folder: string, version: string, contract: Contract): Promise<void> {
  const place = join(folder, RELEASED, version)
  await mkdir(place, { recursive: true })
  const openApi: unknown = JSON.parse(contract.openApi)
  await writeFile(join(place, 'schema.graphql'), contract.schema)
  await writeFile(join(place, 'openapi.json'), `${JSON.stringify(openApi, null, 1)}\n`)
  await writeFile(join(place, 'settings.txt'), `${contract.settings.join('\n')}\n`)
  await writeFile(join(place, 'metrics.txt'), `${contract.metrics.join('\n')}\n`)
}

/** What became of a contract. */
export function findChanges(released: Contract, current: Contract): Changes {
  return joinChanges([
    findSchemaChanges(released.schema, current.schema),
    findRestChanges(JSON.parse(released.openApi), JSON.parse(current.openApi)),
    findNameChanges('setting', released.settings, current.settings),
    findNameChanges('metric', released.metrics, current.metrics),
  ])
}

/** What this project's gateway tells at /openapi.json. */
async function readOwnOpenApi(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-contract-'))
  const settings = { dataDirectory: folder, log: { level: 'silent' }, accounts: [account] }
  const config = loadConfig({
    environment: {},
    workingDirectory: folder,
    readFile: () => JSON.stringify(settings),
    providers,
  })
  const app = await buildApp(config)
  try {
    return (await app.server.inject('/openapi.json')).body
  } finally {
    await app.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Settings want one; nobody asks it anything. */
const account = { name: 'nobody', provider: 'tencent', credentials: { appId: 1, apiKey: 'none' } }
