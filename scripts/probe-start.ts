// Starts the gateway the way a newcomer does, asks it one question and stops it: the last step of .ci/run.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { findFreePort } from '../test/support/free-port.ts'

const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 30_000

const answerShape = z.object({
  errors: z.undefined().optional(),
  data: z.object({ accounts: z.array(z.object({ name: z.string(), provider: z.string() })).min(1) }),
})

/** Asks until somebody answers, the process ends or the time is over. The first answer decides. */
async function ask(port: number, gateway: ChildProcess): Promise<z.output<typeof answerShape>> {
  const givenUpAt = performance.now() + START_TIMEOUT_MS
  while (performance.now() < givenUpAt) {
    if (gateway.exitCode !== null) throw new Error(`it ended by itself with status ${gateway.exitCode}`)
    // Refused until it listens.
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ accounts { name provider } }' }),
      signal: AbortSignal.timeout(10_000),
    }).catch(() => undefined)
    if (response !== undefined) {
      const body = await response.text()
      const answer = answerShape.safeParse(JSON.parse(body))
      if (answer.success) return answer.data
      throw new Error(`the answer holds no accounts: ${body.slice(0, 500)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`no answer within ${START_TIMEOUT_MS / 1000} s`)
}

/** Asks a whole process group to end, and makes it when it does not. */
async function stop(gateway: ChildProcess): Promise<void> {
  if (gateway.pid === undefined || gateway.exitCode !== null) return
  const ended = once(gateway, 'exit')
  process.kill(-gateway.pid, 'SIGTERM')
  const timer = setTimeout(() => gateway.pid !== undefined && process.kill(-gateway.pid, 'SIGKILL'), STOP_TIMEOUT_MS)
  const [status, signal]: unknown[] = await ended
  clearTimeout(timer)
  if (signal === 'SIGKILL') throw new Error(`it did not stop within ${STOP_TIMEOUT_MS / 1000} s`)
  if (status !== 0 && status !== 143 && signal !== 'SIGTERM')
    throw new Error(`it stopped with status ${String(status)}`)
}

/** What a working copy may hold and a fresh clone does not. */
const notInAClone: ReadonlySet<string> = new Set(['data', 'weir.yaml', '.env', '.git'])

/** A folder that looks like a fresh clone of this one, so that neither its data nor its settings are touched. */
async function createFreshView(): Promise<string> {
  const project = join(import.meta.dirname, '..')
  const view = await mkdtemp(join(tmpdir(), 'weir-start-'))
  for (const name of await readdir(project))
    if (!notInAClone.has(name)) await symlink(join(project, name), join(view, name))
  return view
}

const { HOST: _host, REDIS_URL: _redis, WEIR_CONFIG: _settings, ...environment } = process.env
const port = await findFreePort()
const view = await createFreshView()
const startedAt = performance.now()
// A group of its own, so that npm and what it starts can be stopped together.
const gateway = spawn('npm', ['start', '--silent'], {
  cwd: view,
  env: { ...environment, PORT: String(port) },
  stdio: ['ignore', 'inherit', 'inherit'],
  detached: true,
})
try {
  const { data } = await ask(port, gateway)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const accounts = data.accounts.map((account) => `${account.name} (${account.provider})`).join(', ')
  console.log(`"npm start" answered after ${seconds} s with the accounts ${accounts}`)
} catch (error) {
  console.error(`"npm start" failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  await stop(gateway)
  await rm(view, { recursive: true, force: true })
}
