// All who are measured, and how each is started. Those beside Weir are packages of bench/contenders.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findFreePort } from '#test/support/free-port.ts'
import type { Cores } from './cores.ts'
import type { Image } from './image.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { writeTailcallConfig } from './tailcall.ts'
import type { BenchUpstream } from './upstream.ts'
import { open, startWeir } from './weir.ts'

const run = promisify(execFile)
const folder = join(import.meta.dirname, '..', 'contenders')
const packages = join(folder, 'node_modules')

/** All of them, by what they are called on the page of results. */
export const contenderTitles = {
  weir: 'Weir, full',
  'weir-open': 'Weir, without access check and limit',
  'weir-redis-only': 'Weir, nothing in memory',
  http: 'bare node:http, same bytes',
  fastify: 'Fastify, same bytes',
  mercurius: 'Mercurius jit, static resolvers',
  'hand-made': 'hand-made (Mercurius, undici, Redis JSON)',
  'cache-library': 'async-cache-dedupe, whole answers',
  yoga: 'GraphQL Yoga, response cache',
  hive: 'Hive Gateway, response cache',
  tailcall: 'Tailcall, one worker',
  'tailcall-both': 'Tailcall, both cores',
} as const

/** Name of one that is measured. */
export type ContenderName = keyof typeof contenderTitles

/** What all of them are started with. */
export interface Scene {
  readonly cores: Cores
  /** For files that are thrown away. */
  readonly folder: string
  readonly upstream: BenchUpstream
  /** What of Weir is run. */
  readonly image: Image
  readonly redisUrl: string
  /** Where the answers of Weir lie. */
  readonly answers: string
}

/** One that runs. */
export interface RunningContender {
  /** Where a shape is asked for. */
  toUrl(load: string): string
  /** What is measured: its own processes, not those it leans on. */
  readonly process: ServerProcess
  stop(): Promise<void>
}

/** Whether it needs packages beyond those of the project. */
export const needsPackages = (name: ContenderName) => !name.startsWith('weir') && name !== 'http'

/** Installs them, when they are not there as the lock file says. @throws Error when npm fails */
export async function installContenders(): Promise<void> {
  const stamp = join(packages, '.bench-lock.json')
  const lock = await readFile(join(folder, 'package-lock.json'), 'utf8')
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === lock) return
  console.error('bench: installing what Weir is compared with (npm ci --prefix bench/contenders --ignore-scripts)')
  await run('npm', ['ci', '--prefix', folder, '--ignore-scripts'], { maxBuffer: 64 * 1024 * 1024 })
  await writeFile(stamp, lock)
}

/** Version of a package of theirs. */
export async function readContenderVersion(name: string): Promise<string> {
  const file: unknown = JSON.parse(await readFile(join(packages, name, 'package.json'), 'utf8'))
  return typeof file === 'object' && file !== null && 'version' in file ? String(file.version) : 'unknown'
}

/** Starts one. @throws Error that says why it does not start */
export function startContender(name: ContenderName, scene: Scene): Promise<RunningContender> {
  switch (name) {
    case 'weir':
      return startOurs(name, scene, {})
    case 'weir-open':
      return startOurs(name, scene, open)
    case 'weir-redis-only':
      return startOurs(name, scene, { cache: { maxBytes: 0 } })
    case 'http':
      return startScript('bare-http', scene, { isByPath: true })
    case 'fastify':
      return startScript('fastify', scene, { isByPath: true })
    case 'mercurius':
    case 'hand-made':
    case 'cache-library':
    case 'yoga':
      return startScript(name, scene, {})
    case 'hive':
      return startHive(scene)
    case 'tailcall':
      return startTailcall(scene, 1)
    case 'tailcall-both':
      return startTailcall(scene, 2)
  }
}

async function startOurs(name: ContenderName, scene: Scene, settings: Readonly<Record<string, unknown>>) {
  const { folder: own, upstream, image, redisUrl, cores } = scene
  const redis = { url: redisUrl, prefix: `bench-${name}` }
  const { url, process } = await startWeir({
    name,
    folder: own,
    upstream,
    image,
    redis,
    before: cores.server,
    settings,
  })
  return { toUrl: () => `${url}/graphql`, process, stop: process.stop }
}

interface ScriptOptions {
  /** Whether the path says which answer is wanted, as a server that knows no GraphQL needs. */
  readonly isByPath?: boolean
  readonly before?: readonly string[]
}

async function startScript(
  script: string,
  scene: Scene,
  { isByPath, before }: ScriptOptions,
): Promise<RunningContender> {
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const started = await startServer({
    name: script,
    command: [...(before ?? scene.cores.server), process.execPath, join(folder, `${script}.mjs`)],
    folder,
    environment: { CONTENDER: toOptions(scene, { port }), NODE_ENV: 'production' },
    readyUrl: url,
  })
  const toUrl = (load: string) =>
    isByPath ? `${url}/${load === 'q4-gzip' ? load : load.slice(0, 2)}` : `${url}/graphql`
  return { toUrl, process: started, stop: started.stop }
}

const toOptions = ({ answers, upstream, redisUrl }: Scene, own: Readonly<Record<string, unknown>>) =>
  JSON.stringify({ answers, provider: upstream.provider, redisUrl, ...own })

async function startHive(scene: Scene): Promise<RunningContender> {
  const origin = await startScript('mercurius', scene, { before: scene.cores.load })
  const port = await findFreePort()
  const words = ['proxy', '-c', join(folder, 'hive-config.mjs'), '-h', '127.0.0.1', '-p', String(port)]
  try {
    const gateway = await startServer({
      name: 'hive-gateway',
      command: [...scene.cores.server, process.execPath, join(packages, '@graphql-hive/gateway/dist/bin.js'), ...words],
      folder: scene.folder,
      environment: {
        CONTENDER: toOptions(scene, { origin: origin.toUrl('q1').replace(/\/graphql$/, '') }),
        NODE_ENV: 'production',
      },
      readyUrl: `http://127.0.0.1:${port}/healthcheck`,
    })
    return toStack(`http://127.0.0.1:${port}/graphql`, gateway, origin)
  } catch (error) {
    await origin.stop()
    throw error
  }
}

/** @param workers threads; with more than one it may run on every core, beside the load */
async function startTailcall(scene: Scene, workers: number): Promise<RunningContender> {
  const program = join(packages, '@tailcallhq/core-linux-x64-gnu/bin/tailcall')
  if (!existsSync(program)) throw new Error('its package has a program for Linux on x64 (glibc) only')
  const origin = await startScript('plain-origin', scene, { before: scene.cores.load })
  const port = await findFreePort()
  const own = join(scene.folder, `tailcall-${workers}`)
  await mkdir(own, { recursive: true })
  const file = join(own, 'config.graphql')
  await writeFile(file, writeTailcallConfig({ port, workers, origin: origin.toUrl('q1').replace(/\/graphql$/, '') }))
  try {
    const gateway = await startServer({
      name: 'tailcall',
      command: [...(workers === 1 ? scene.cores.server : []), program, 'start', file],
      folder: own,
      environment: { TAILCALL_LOG_LEVEL: 'error', TAILCALL_TRACKER: 'false', TC_TRACKER: 'false', HOME: own },
      readyUrl: `http://127.0.0.1:${port}/`,
    })
    return toStack(`http://127.0.0.1:${port}/graphql`, gateway, origin)
  } catch (error) {
    await origin.stop()
    throw error
  }
}

/** A gateway and the server behind it; the gateway alone is measured. */
function toStack(url: string, gateway: ServerProcess, origin: RunningContender): RunningContender {
  return {
    toUrl: () => url,
    process: gateway,
    stop: async () => {
      await gateway.stop()
      await origin.stop()
    },
  }
}
