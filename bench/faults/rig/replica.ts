// One replica of the gateway: its settings and data stay, whatever becomes of its processes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGatewayProcess } from './gateway-process.ts'
import type { InsideReport } from './inside-protocol.ts'
import { createWallClock } from './wall-clock.ts'

/** A stop may take 25 s before the process ends itself. */
const STOP_LIMIT_MS = 28_000
const KEPT_COMPLAINTS = 20
/** How long a process that is told to stop goes on answering: the rig looks whether it is ready each 50 ms. */
const DRAIN_SECONDS = 0.5

/** How a replica is started. */
export interface ReplicaSetup {
  /** Its place in the fleet, from 0. */
  readonly index: number
  /** Its settings but for port, log and data directory, which are its own. */
  readonly settings: Readonly<Record<string, unknown>>
  /** How far its wall clock starts ahead, milliseconds. Left out: the machine's clock, which cannot be shifted later. */
  readonly clockShiftMs?: number | undefined
  /** Where its data are; left out: in a folder of its own. */
  readonly dataDirectory?: string | undefined
  /** Where it listens each time. Left out: at a free port. */
  readonly port?: number | undefined
  /** How long its processes go on answering when they are told to stop. Default 0.5. */
  readonly drainSeconds?: number | undefined
  /** Further environment of its processes. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Words of Node before the program. Default: none. */
  readonly flags?: readonly string[] | undefined
}

/** How a process went that was asked to stop. */
export interface Departure {
  /** From the signal to its end, milliseconds. */
  readonly tookMs: number
  /** How it ended. */
  readonly end: string
}

/** A running gateway. */
export interface Replica {
  readonly index: number
  /** Where it listens; another address after a restart. */
  readonly url: string
  /** Its process; another one after a restart. */
  readonly pid: number
  /** How long its process took from its start until it listened, milliseconds. */
  readonly startedInMs: number
  /** Where its data are. */
  readonly dataDirectory: string
  /** Warnings and errors of its log, the newest ones. */
  readonly complaints: readonly string[]
  /** Whether its process is there. */
  isRunning(): boolean
  /** How it ended, though nobody had asked it to; undefined while it runs or after it was told to end. */
  unexpectedEnd(): string | undefined
  /** Looks inside. @param isNewPeriod whether to measure the event loop's delay anew from here */
  inspect(isNewPeriod?: boolean): Promise<InsideReport>
  /** Looks inside after everything that is not needed has been cleared away. */
  inspectSwept(): Promise<InsideReport>
  /** What sets its wall clock; undefined when it goes by the machine's. */
  readonly clockSetBy: string | undefined
  /** Sets its wall clock this far ahead of the machine's, milliseconds, negative for behind. */
  shiftClock(ms: number): Promise<void>
  /** Kills it at once. */
  kill(): Promise<void>
  /** Starts it again over the data that the killed or ended process left. @throws Error when it runs, or does not start */
  restart(): Promise<void>
  /** Stops its process where it stands: connections stay open, nothing is answered. */
  freeze(): void
  /** Lets a frozen process go on. */
  resume(): void
  /** Asks it to stop, and waits until it has ended; its data stay. @param againAfterMs when to ask once more */
  terminate(againAfterMs?: number): Promise<Departure>
  /** Asks it to stop, and waits. A process that does not is killed, and counts as ended unexpectedly. */
  stop(): Promise<void>
}

/** Starts one and waits until it listens. @throws Error with what it wrote, when it does not */
export async function startReplica({ index, settings, environment, ...setup }: ReplicaSetup): Promise<Replica> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-replica-'))
  const file = join(folder, 'weir.json')
  const dataDirectory = setup.dataDirectory ?? join(folder, 'data')
  const own = {
    server: { port: setup.port ?? 0, drainSeconds: setup.drainSeconds ?? DRAIN_SECONDS },
    log: { level: 'info' },
    dataDirectory,
  }
  await writeFile(file, JSON.stringify({ ...settings, ...own }))
  const shiftClock = async (ms: number) => {
    await gateway.order({ shiftClockMs: ms })
  }
  const { clockShiftMs } = setup
  const clock = clockShiftMs === undefined ? undefined : await createWallClock(folder, clockShiftMs, shiftClock)
  const complaints: string[] = []
  const complain = (line: string) => {
    complaints.push(line)
    if (complaints.length > KEPT_COMPLAINTS) complaints.shift()
  }
  const start = () =>
    startGatewayProcess({
      name: `replica ${index}`,
      folder,
      file,
      environment: { ...environment, ...clock?.environment },
      flags: setup.flags,
      complain,
    })

  let isEnding = false
  let gateway = await start().catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true })
    throw error
  })

  return {
    index,
    get url() {
      return gateway.url
    },
    get pid() {
      return gateway.pid
    },
    get startedInMs() {
      return gateway.startedInMs
    },
    dataDirectory,
    complaints,
    isRunning: () => gateway.end() === undefined,
    unexpectedEnd: () => (isEnding ? undefined : gateway.end()),
    inspect: (isNewPeriod = false) => gateway.order({ isNewPeriod }),
    inspectSwept: () => gateway.order({ isSwept: true }),
    clockSetBy: clock?.setBy,
    shiftClock: async (ms) => {
      if (clock === undefined) throw new Error('a replica without a clock of its own')
      await clock.set(ms)
    },
    kill: async () => {
      isEnding = true
      gateway.kill('SIGKILL')
      await gateway.ended
    },
    restart: async () => {
      if (gateway.end() === undefined) throw new Error(`replica ${index} runs already`)
      gateway = await start()
      isEnding = false
      // Loading the code is no part of any case.
      await gateway.order({ isNewPeriod: true })
    },
    freeze: () => {
      gateway.kill('SIGSTOP')
    },
    resume: () => {
      gateway.kill('SIGCONT')
    },
    terminate: async (againAfterMs) => {
      isEnding = true
      const askedAtMs = performance.now()
      gateway.kill('SIGTERM')
      const again = againAfterMs === undefined ? undefined : setTimeout(() => gateway.kill('SIGTERM'), againAfterMs)
      const limit = setTimeout(() => gateway.kill('SIGKILL'), STOP_LIMIT_MS)
      await gateway.ended
      clearTimeout(again)
      clearTimeout(limit)
      return { tookMs: performance.now() - askedAtMs, end: gateway.end() ?? 'still running' }
    },
    stop: async () => {
      if (gateway.end() === undefined) {
        isEnding = true
        // One that is frozen hears nothing.
        gateway.kill('SIGCONT')
        gateway.kill('SIGTERM')
        const limit = setTimeout(() => {
          isEnding = false
          gateway.kill('SIGKILL')
        }, STOP_LIMIT_MS)
        await gateway.ended
        clearTimeout(limit)
        if (gateway.end() !== 'ended with 0') isEnding = false
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}
