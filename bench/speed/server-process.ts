// One server that is measured, from its start to its end, in a process group of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { type GroupFigures, readGroup } from './process-figures.ts'

const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 10_000
const POLL_MS = 20
const KEPT_CHARACTERS = 600

/** How a server is started. */
export interface ServerSetup {
  /** What it is called in errors. */
  readonly name: string
  /** Program and words. */
  readonly command: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  /** Asked over and over until it is 200. */
  readonly readyUrl: string
  /** Milliseconds between two looks. Default 20. */
  readonly pollMs?: number
}

/** A running server. */
export interface ServerProcess {
  readonly name: string
  /** From the start of the process to its first good answer, milliseconds. */
  readonly readyAfterMs: number
  /** What it used so far. */
  figures(): Promise<GroupFigures>
  /** Ends all of its processes, and waits. */
  stop(): Promise<void>
}

/** Starts one and waits until it answers. @throws Error with the end of what it wrote, when it does not */
export async function startServer(setup: ServerSetup): Promise<ServerProcess> {
  const { name, command, folder, environment } = setup
  const [program = '', ...words] = command
  const startedAtMs = performance.now()
  const child = spawn(program, words, {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let written = ''
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', (text: string) => {
      written = (written + text).slice(-KEPT_CHARACTERS)
    })
  let hasEnded = false
  const ended = Promise.race([once(child, 'exit'), once(child, 'error').then(([error]) => Promise.reject(error))])
    .catch((error: unknown) => {
      written += String(error)
    })
    .then(() => {
      hasEnded = true
    })
  const group = child.pid ?? 0
  const kill = (signal: NodeJS.Signals) => {
    // A group whose last process has ended is nobody's any more.
    if (group > 0 && !hasEnded) process.kill(-group, signal)
  }
  const killAtOnce = () => kill('SIGKILL')
  process.once('exit', killAtOnce)
  const stop = async () => {
    kill('SIGTERM')
    const limit = setTimeout(killAtOnce, STOP_LIMIT_MS)
    await ended
    clearTimeout(limit)
    process.off('exit', killAtOnce)
  }

  while (!(await isReady(setup.readyUrl))) {
    if (hasEnded || performance.now() - startedAtMs > START_LIMIT_MS) {
      await stop()
      throw new Error(`${name} did not start: ${written.replaceAll(/\s+/g, ' ').trim() || 'it said nothing'}`)
    }
    await delay(setup.pollMs ?? POLL_MS)
  }
  return { name, readyAfterMs: performance.now() - startedAtMs, figures: () => readGroup(group), stop }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) })
    await answer.arrayBuffer()
    return answer.status < 500
  } catch {
    return false
  }
}
