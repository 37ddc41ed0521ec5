// One process of the gateway, from its start to its end.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { type InsideOrder, type InsideReport, insideReplySchema } from './inside-protocol.ts'

const projectFolder = join(import.meta.dirname, '..', '..', '..')
const inside = pathToFileURL(join(import.meta.dirname, 'inside-replica.ts')).href
const START_LIMIT_MS = 30_000
/** Compiled code of earlier starts: a fleet starts in half the time, and runs the same. */
const compiledFolder = join(tmpdir(), 'weir-faults-compiled')

/** What a process is started with. */
export interface GatewayProcessSetup {
  /** What it is called in errors. */
  readonly name: string
  /** Its working directory. */
  readonly folder: string
  /** Its settings file. */
  readonly file: string
  readonly environment: Readonly<Record<string, string>>
  /** Words of Node before the program. Default: none. */
  readonly flags?: readonly string[] | undefined
  /** Takes warnings and errors of its log, and whatever else it writes. */
  readonly complain: (line: string) => void
  /** Takes every line that it writes. */
  readonly hear?: (line: string) => void
  /** What is run, from the project's folder. Default: the gateway. */
  readonly script?: string
}

/** A running gateway. */
export interface GatewayProcess {
  /** Where it listens. */
  readonly url: string
  readonly pid: number
  /** How long it took from the start of the process until it listened, milliseconds. */
  readonly startedInMs: number
  /** How it ended; undefined while it runs. */
  end(): string | undefined
  /** Resolves when it has ended. */
  readonly ended: Promise<void>
  readonly kill: ChildProcess['kill']
  /** Has the eyes inside do something. @throws Error when the process ends before they answer */
  order(words: Omit<InsideOrder, 'id'>): Promise<InsideReport>
}

/** Starts one and waits until it listens. @throws Error with what it wrote, when it does not */
export async function startGatewayProcess(setup: GatewayProcessSetup): Promise<GatewayProcess> {
  const { name, folder, file, environment, flags = [] } = setup
  const startedAtMs = performance.now()
  const words = [...flags, '--import', inside, join(projectFolder, setup.script ?? 'src/main.ts')]
  const child = spawn(process.execPath, words, {
    cwd: folder,
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: compiledFolder, WEIR_CONFIG: file, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('a process without outputs')
  const written: string[] = []
  const complain = (line: string) => {
    written.push(line)
    setup.complain(line)
  }
  let end: string | undefined
  const ended = once(child, 'exit').then(([code, signal]: unknown[]) => {
    end = `ended with ${signal ?? code}`
  })
  const inspections = new Map<number, (report: InsideReport) => void>()
  let lastId = 0
  child.on('message', (message) => {
    const reply = insideReplySchema.safeParse(message).data
    if (reply !== undefined) inspections.get(reply.id)?.(reply.report)
  })

  const url = await new Promise<string>((resolve, reject) => {
    const fail = () => {
      clearTimeout(limit)
      reject(new Error(`${name} did not start (${end}): ${written.join('\n')}`))
    }
    const limit = setTimeout(fail, START_LIMIT_MS)
    ended.then(fail)
    createInterface(stderr).on('line', (line) => {
      setup.hear?.(line)
      complain(line)
    })
    createInterface(stdout).on('line', (line) => {
      setup.hear?.(line)
      if (!line.includes('"level":"info"')) complain(line)
      const address = /Server listening at (http:[^"\s]+)/.exec(line)?.[1]
      if (address === undefined) return
      clearTimeout(limit)
      resolve(address)
    })
  }).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })

  const startedInMs = performance.now() - startedAtMs
  return {
    url,
    startedInMs,
    pid: child.pid ?? 0,
    ended,
    end: () => end,
    kill: (signal) => child.kill(signal),
    order: (words) => {
      lastId += 1
      const id = lastId
      return Promise.race([
        new Promise<InsideReport>((resolve, reject) => {
          inspections.set(id, resolve)
          child.send({ id, ...words }, (error) => error && reject(new Error(`${name} ${end ?? 'is ending'}`)))
        }),
        ended.then(() => Promise.reject(new Error(`${name} ${end}`))),
      ])
    },
  }
}
