// One gateway process.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { type InsideOrder, type InsideReport, insideReplySchema } from './inside-protocol.ts'
import { createWallClock } from './wall-clock.ts'

const projectFolder = join(import.meta.dirname, '..', '..', '..')
const inside = pathToFileURL(join(import.meta.dirname, 'inside-replica.ts')).href
const START_LIMIT_MS = 30_000
/** A stop may take 25 s before the process ends itself. */
const STOP_LIMIT_MS = 28_000
const KEPT_COMPLAINTS = 20

/** How a replica is started. */
export interface ReplicaSetup {
  /** Its place in the fleet, from 0. */
  readonly index: number
  /** Its settings but for port, log and data directory, which are its own. */
  readonly settings: Readonly<Record<string, unknown>>
  /** How far its wall clock starts ahead, milliseconds. Left out: the machine's clock, which cannot be shifted later. */
  readonly clockShiftMs?: number | undefined
}

/** A running gateway. */
export interface Replica {
  readonly index: number
  /** Where it listens. */
  readonly url: string
  /** Warnings and errors of its log, the newest ones. */
  readonly complaints: readonly string[]
  /** Whether its process is there. */
  isRunning(): boolean
  /** How it ended, though nobody had asked it to; undefined while it runs or after it was told to end. */
  unexpectedEnd(): string | undefined
  /** Looks inside. @param isNewPeriod whether to measure the event loop's delay anew from here */
  inspect(isNewPeriod?: boolean): Promise<InsideReport>
  /** What sets its wall clock; undefined when it goes by the machine's. */
  readonly clockSetBy: string | undefined
  /** Sets its wall clock this far ahead of the machine's, milliseconds, negative for behind. */
  shiftClock(ms: number): Promise<void>
  /** Kills it at once. */
  kill(): Promise<void>
  /** Asks it to stop, and waits. A process that does not is killed, and counts as ended unexpectedly. */
  stop(): Promise<void>
}

/** Starts one and waits until it listens. @throws Error with what it wrote, when it does not */
export async function startReplica({ index, settings, clockShiftMs }: ReplicaSetup): Promise<Replica> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-replica-'))
  const file = join(folder, 'weir.json')
  const own = { server: { port: 0 }, log: { level: 'info' }, dataDirectory: join(folder, 'data') }
  await writeFile(file, JSON.stringify({ ...settings, ...own }))
  const clock =
    clockShiftMs === undefined
      ? undefined
      : await createWallClock(folder, clockShiftMs, async (ms) => {
          await order({ shiftClockMs: ms })
        })
  const child = spawn(process.execPath, ['--import', inside, join(projectFolder, 'src', 'main.ts')], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      WEIR_CONFIG: file,
      ...clock?.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('a process without outputs')
  const complaints: string[] = []
  const complain = (line: string) => {
    complaints.push(line)
    if (complaints.length > KEPT_COMPLAINTS) complaints.shift()
  }
  let isEnding = false
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
    const fail = () => reject(new Error(`replica ${index} did not start: ${complaints.join('\n')}`))
    const limit = setTimeout(fail, START_LIMIT_MS)
    ended.then(fail)
    createInterface(stderr).on('line', complain)
    createInterface(stdout).on('line', (line) => {
      if (!line.includes('"level":"info"')) complain(line)
      const address = /Server listening at (http:[^"\s]+)/.exec(line)?.[1]
      if (address === undefined) return
      clearTimeout(limit)
      resolve(address)
    })
  }).catch(async (error: unknown) => {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
    throw error
  })

  async function order(words: Omit<InsideOrder, 'id'>): Promise<InsideReport> {
    lastId += 1
    const id = lastId
    return Promise.race([
      new Promise<InsideReport>((resolve) => {
        inspections.set(id, resolve)
        child.send({ id, ...words })
      }),
      ended.then(() => Promise.reject(new Error(`replica ${index} ${end}`))),
    ])
  }

  return {
    index,
    url,
    complaints,
    isRunning: () => end === undefined,
    unexpectedEnd: () => (isEnding ? undefined : end),
    inspect: (isNewPeriod = false) => order({ isNewPeriod }),
    clockSetBy: clock?.setBy,
    shiftClock: async (ms) => {
      if (clock === undefined) throw new Error('a replica without a clock of its own')
      await clock.set(ms)
    },
    kill: async () => {
      isEnding = true
      child.kill('SIGKILL')
      await ended
    },
    stop: async () => {
      const wasRunning = end === undefined
      if (wasRunning) {
        isEnding = true
        child.kill('SIGTERM')
        const limit = setTimeout(() => {
          isEnding = false
          child.kill('SIGKILL')
        }, STOP_LIMIT_MS)
        await ended
        clearTimeout(limit)
        if (end !== 'ended with 0') isEnding = false
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}
