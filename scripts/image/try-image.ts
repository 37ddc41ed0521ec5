// Starts an image's gateway on a read-only root, asks it what its users ask, and has it stop.
import type { ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { toSettings } from '../../sandbox/settings-snippet.ts'
import { findFreePort } from '../../test/support/free-port.ts'
import type { ImageConfig } from './buildah.ts'
import { preparePlaces, startReadOnly } from './read-only-run.ts'

const START_LIMIT_MS = 20_000
const STOP_LIMIT_MS = 10_000
const DRAIN_SECONDS = 1
const labels = ['title', 'description', 'version', 'licenses', 'base.name', 'source', 'revision', 'created']

/** What is tried. */
export interface TrySetup {
  /** A folder with everything that is in the image. */
  readonly root: string
  readonly config: ImageConfig
  /** A folder to work in. */
  readonly place: string
}

/** Tries it. @returns what was found, in words @throws Error naming the first thing that is not as it must be */
export async function tryImage({ root, config, place }: TrySetup): Promise<readonly string[]> {
  for (const label of labels)
    if (!config.Labels[`org.opencontainers.image.${label}`]) throw new Error(`the label ${label} is missing`)
  const sandbox = await startSandbox()
  const key = randomBytes(24).toString('hex')
  const port = await findFreePort()
  const [data, settings] = [join(place, 'data'), join(place, 'settings')]
  await Promise.all([data, settings].map((folder) => mkdir(folder)))
  const [uid = 0, gid = 0] = config.User.split(':').map(Number)
  await chown(data, uid, gid)
  const sha256 = createHash('sha256').update(key).digest('hex')
  await writeFile(
    join(settings, 'weir.yaml'),
    `server: { drainSeconds: ${DRAIN_SECONDS} }
access: { mode: keys, keys: [{ name: prover, sha256: ${sha256}, role: ops }] }
${toSettings(sandbox)}`,
  )
  await preparePlaces(root)
  const run = { root, config, data, settings, environment: { PORT: String(port) } }
  const startedAtMs = performance.now()
  const gateway = follow(startReadOnly(run))
  try {
    const url = `http://127.0.0.1:${port}`
    await waitUntilReady(url, gateway)
    const readyAfterMs = performance.now() - startedAtMs
    const rights = await readRights(gateway.pid)
    await ask(url, key)
    const [checker = '', ...check] = config.Healthcheck.Test
    if (checker !== 'CMD') throw new Error('the health check wants a shell')
    const health = await follow(startReadOnly({ ...run, command: check })).ended
    if (health !== 0) throw new Error(`the health check ended with ${health}`)
    const stoppedAtMs = performance.now()
    process.kill(gateway.pid, config.StopSignal)
    const limit = setTimeout(() => process.kill(gateway.pid, 'SIGKILL'), STOP_LIMIT_MS)
    const status = await gateway.ended
    clearTimeout(limit)
    if (status !== 0) throw new Error(`it stopped with ${status}: ${gateway.said()}`)
    if (/EROFS|EACCES|"level":"(?:error|fatal)"/.test(gateway.said())) throw new Error(`it said ${gateway.said()}`)
    return [
      `ready after ${readyAfterMs.toFixed(0)} ms, ${rights}`,
      'GraphQL, REST and the pages were answered, a caller without a key was not; the health check is content',
      `stopped with status 0 after ${(performance.now() - stoppedAtMs).toFixed(0)} ms, of which it answered for ${DRAIN_SECONDS} s`,
    ]
  } finally {
    gateway.kill()
    await gateway.ended
    await sandbox.close()
  }
}

interface Followed {
  readonly pid: number
  /** Its status; the signal that ended it. */
  readonly ended: Promise<unknown>
  said(): string
  kill(): void
}

function follow(child: ChildProcess): Followed {
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-20_000)
    })
  const ended = once(child, 'close').then(([status, signal]: unknown[]) => status ?? signal)
  return { pid: child.pid ?? 0, ended, said: () => said, kill: () => child.kill('SIGKILL') }
}

async function waitUntilReady(url: string, gateway: Followed): Promise<void> {
  let isOver = false
  void gateway.ended.then(() => {
    isOver = true
  })
  const giveUpAtMs = performance.now() + START_LIMIT_MS
  for (;;) {
    const status = await fetch(`${url}/readyz`).then(
      (response) => response.status,
      () => undefined,
    )
    if (status === 200) return
    if (isOver || performance.now() > giveUpAtMs) throw new Error(`it is not ready (${status}): ${gateway.said()}`)
    await delay(20)
  }
}

/** Reads what the kernel says of the process. @throws Error when it has more rights than it may */
async function readRights(pid: number): Promise<string> {
  const [status, mounts] = await Promise.all(
    ['status', 'mountinfo'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8')),
  )
  const uid = /^Uid:\t(\d+)/m.exec(status ?? '')?.[1]
  const rights = /^CapEff:\t(\w+)/m.exec(status ?? '')?.[1]
  const root = /^\d+ \d+ \S+ \S+ \/ (\S+)/m.exec(mounts ?? '')?.[1]
  if (uid === '0' || !/^0+$/.test(rights ?? '') || !root?.split(',').includes('ro'))
    throw new Error(`it runs as ${uid} with the rights ${rights} over a root that is ${root}`)
  return `as user ${uid} without rights over a read-only root`
}

async function ask(url: string, key: string): Promise<void> {
  const caller = { 'x-api-key': key }
  const body = JSON.stringify({ query: '{ accounts { name } liveStreams(first: 3) { nodes { key } } }' })
  const headers = { 'content-type': 'application/json' }
  const refused = await fetch(`${url}/graphql`, { method: 'POST', headers, body })
  if (refused.status !== 401) throw new Error(`a caller without a key was answered with ${refused.status}`)
  const asked = await fetch(`${url}/graphql`, { method: 'POST', headers: { ...headers, ...caller }, body })
  const text = await asked.text()
  if (asked.status !== 200 || text.includes('"errors"') || !text.includes('"key"'))
    throw new Error(`it answered ${text}`)
  for (const path of ['/v1/live-streams?first=3', '/graphiql', '/console', '/docs', '/openapi.json', '/metrics']) {
    const { status } = await fetch(url + path, { headers: caller })
    if (status !== 200) throw new Error(`${path} was answered with ${status}`)
  }
}
