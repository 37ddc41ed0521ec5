// Replicas, a server and a provider in virtual time: whatever a schedule does to them, the provider counts.
import type { Redis } from 'ioredis'
import type { FleetScript } from '#fleet/fleet-link.ts'
import { createFleetMemory } from '#test/support/fleet-memory.ts'
import { createFleetLedger } from '#upstream/fleet-ledger.ts'
import type { FleetMemory } from '#upstream/fleet-memory.ts'
import type { QuotaLimits } from '#upstream/quota.ts'
import type { PastStart } from '#upstream/start-journal.ts'
import type { StartLedger } from '#upstream/start-ledger.ts'
import { type VirtualLink, VirtualServer } from './virtual-server.ts'
import { VirtualTime } from './virtual-time.ts'

/** Something that happens. `replica` is taken modulo the number of replicas. */
export type ModelEvent =
  | { readonly kind: 'demand'; readonly replica: number; readonly count: number; readonly isBackground: boolean }
  | { readonly kind: 'freeze' | 'resume' | 'kill' | 'startEmpty' | 'startKept' | 'flush' | 'copy' | 'evict' }
  | { readonly kind: 'failOver' | 'stepClock'; readonly stepMs: number }
  | {
      readonly kind: 'cut' | 'heal' | 'restart' | 'replace' | 'stop' | 'leave' | 'crash'
      readonly replica: number
      readonly isOneWay: boolean
    }

/** What happens, and when: each so long after the one before. */
export interface ModelSchedule {
  readonly replicas: number
  readonly windowSeconds: number
  readonly limit: number
  readonly outageReserve: number
  /** Steady and wall clock of each replica are off by these. */
  readonly skewsMs: readonly number[]
  readonly events: readonly { readonly afterMs: number; readonly event: ModelEvent }[]
  /** In [0, 1): how late calls leave and arrive. */
  readonly lateness: readonly number[]
}

/** What came of it. */
export interface ModelOutcome {
  readonly limit: number
  /** When calls reached the provider, in order. */
  readonly arrivals: readonly number[]
  /** Most of them in any window. */
  readonly worst: number
  /** Starts that were not granted by the shared log. */
  readonly alone: number
}

const GUARD_MS = 250
/** Longest way of a call to the provider. */
const NETWORK_MS = 40

interface Replica {
  readonly skewMs: number
  readonly memory: FleetMemory
  readonly starts: PastStart[]
  link: VirtualLink
  ledger: StartLedger
  /** Ended, and not begun again yet. */
  isAway: boolean
}

/** Plays a schedule. */
export async function playSchedule(
  redis: Redis,
  namespace: string,
  script: FleetScript,
  schedule: ModelSchedule,
): Promise<ModelOutcome> {
  const time = new VirtualTime()
  const server = new VirtualServer(redis, time, namespace)
  const arrivals: number[] = []
  const replaced = schedule.events.filter(({ event }) => event.kind === 'replace').length
  const limits: QuotaLimits = {
    limit: schedule.limit,
    windowSeconds: schedule.windowSeconds,
    guardMs: GUARD_MS,
    outageReserve: schedule.outageReserve,
    interfaces: {},
  }
  let names = 0
  let late = 0
  let alone = 0
  const lateness = () => schedule.lateness[late++ % schedule.lateness.length] ?? 0

  function open(skewMs: number, memory: FleetMemory, starts: PastStart[]): Replica {
    const link = server.connect()
    const clock = time.toClock(skewMs, skewMs)
    link.open(skewMs)
    const record = (start: PastStart) => {
      starts.push(start)
      if (!start.isShared) alone += 1
    }
    const ledger = createFleetLedger({
      limits,
      // One that starts anew without its memory is one more, as long as calls of the old one may count.
      maxReplicas: schedule.replicas + replaced,
      link,
      script,
      clock,
      keyPrefix: '',
      memory,
      server: 'here',
      journal: { readPast: () => starts, record, close: () => undefined },
      createId: () => `n${names++}`,
      onTrouble: () => undefined,
    })
    return { skewMs, memory, starts, link, ledger, isAway: false }
  }

  const remembering = () => createFleetMemory(`m${names++}`)

  const fleet = Array.from({ length: schedule.replicas }, (_, index) =>
    open(schedule.skewsMs[index] ?? 0, remembering(), []),
  )
  const at = (index: number) => fleet[index % fleet.length] as Replica

  async function demand(replica: Replica, count: number, isBackground: boolean) {
    if (replica.isAway) return
    const wish = { operation: 'Get_LiveStat', lane: isBackground ? 'background' : 'interactive' } as const
    const starts = await replica.ledger.take(Array.from({ length: count }, () => wish))
    for (const start of starts) {
      if (!start) continue
      // It leaves at some moment at which it still may, and takes its time.
      const untilMs = start.goodUntilMs - replica.skewMs
      const leftAtMs = time.nowMs + lateness() * Math.max(0, untilMs - time.nowMs)
      arrivals.push(leftAtMs + lateness() * NETWORK_MS)
    }
  }

  async function play(event: ModelEvent): Promise<void> {
    switch (event.kind) {
      case 'demand':
        void demand(at(event.replica), event.count, event.isBackground)
        return
      case 'freeze':
        return server.freeze()
      case 'resume':
        return server.resume()
      case 'kill':
        return server.kill()
      case 'startEmpty':
      case 'startKept':
        return server.start(event.kind === 'startEmpty')
      case 'flush':
        return server.flush()
      case 'copy':
        return server.copy()
      case 'evict':
        return server.evict('log')
      case 'failOver':
        return server.failOver(event.stepMs)
      case 'stepClock':
        return server.stepClock(event.stepMs)
      case 'cut':
        at(event.replica).link.partition = event.isOneWay ? 'back' : 'both'
        return
      case 'heal':
        at(event.replica).link.partition = 'none'
        return
      case 'stop':
      case 'leave':
      case 'crash':
      case 'restart':
      case 'replace': {
        // A step that happens while nobody is left who has spoken with the server before cannot be noticed.
        if (!server.isStepSeen) return
        const old = at(event.replica)
        // Told to stop, or dead at once.
        if (event.kind !== 'stop' && event.kind !== 'leave') old.link.close()
        void old.ledger.close().then(() => old.link.close())
        if (event.kind === 'leave' || event.kind === 'crash') {
          old.isAway = true
          return
        }
        const isStranger = event.kind === 'replace'
        fleet[event.replica % fleet.length] = open(
          old.skewMs,
          isStranger ? remembering() : old.memory,
          isStranger ? [] : old.starts,
        )
      }
    }
  }

  for (const { afterMs, event } of schedule.events) {
    await time.runUntil(time.nowMs + afterMs)
    await play(event)
  }
  await time.runUntil(time.nowMs + 2 * TIMEOUT_ROUND_MS)
  for (const replica of fleet) {
    replica.link.close()
    await replica.ledger.close()
  }
  await server.flush()
  await time.settle()
  arrivals.sort((one, other) => one - other)
  return { limit: schedule.limit, arrivals, worst: findMostInWindow(arrivals, schedule.windowSeconds * 1000), alone }
}

const TIMEOUT_ROUND_MS = 300

/** Most instants in any half-open window of that width. Sorted ones. */
function findMostInWindow(instants: readonly number[], windowMs: number): number {
  let most = 0
  let first = 0
  for (const [index, instant] of instants.entries()) {
    while ((instants[first] ?? 0) <= instant - windowMs) first += 1
    most = Math.max(most, index - first + 1)
  }
  return most
}
