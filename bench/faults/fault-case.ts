// What a case of the scorecard is, and what it is given to work with.
import type { SentinelTrio } from '../../test/support/redis-sentinel.ts'
import type { TestRedis } from '../../test/support/redis-server.ts'
import type { Judgement } from './judgement.ts'
import type { Fleet, FleetSetup } from './rig/fleet.ts'

/** A case of docs/reliability.md, or one beside them. */
export interface FaultCase {
  /** `R1`, or a word. */
  readonly name: string
  /** What goes wrong, in a few words. */
  readonly title: string
  /** Which part of the scorecard it belongs to, as on the command line. */
  readonly part: string
  /** Whether every check of the code runs it. */
  readonly isQuick: boolean
  /** What is under test where that is not the gateway; such a case is run only when it is asked for. */
  readonly target?: string
  /** Cases of one queue are never run at the same time, because they share something. Default: a queue of its own. */
  readonly queue?: string
  /** Whether it means nothing for one process with embedded stores. */
  readonly needsRedis: boolean
  /** A program that it works with, on the PATH; where there is none it is left out. */
  readonly program?: string
  /** Longer than it takes by itself, seconds, where the usual limit is not enough. */
  readonly limitSeconds?: { readonly quick: number; readonly long: number }
  /** Figures that say most of it, for the page; left out: the first of those that have a limit. */
  readonly tells?: readonly string[]
  /** Runs it. What it starts through the stage is closed for it. */
  readonly run: (stage: Stage) => Promise<void>
}

/** How a case wants its fleet. */
export interface CaseFleetSetup extends Omit<FleetSetup, 'replicas'> {
  /** Default: as many as the run has. */
  readonly replicas?: number
  /** Whether it is one process with embedded stores, whatever the run has. Default no. */
  readonly isEmbedded?: boolean
}

/** What a case is given. */
export interface Stage {
  /** Whether a shorter form will do. */
  readonly isQuick: boolean
  /** Whether times are judged. Where they are not, a refusal for overload is one that comes of other work. */
  readonly isTimed: boolean
  /** Replicas that a fleet is to have: 3 over one Redis, 2 in short forms side by side, or 1 with embedded stores. */
  readonly replicas: number
  /** Whether the replicas have a Redis. */
  readonly hasRedis: boolean
  /** Takes the figures. */
  readonly judgement: Judgement
  /** Starts a fleet over the case's own Redis, unless the setup names another. */
  startFleet(setup: CaseFleetSetup): Promise<Fleet>
  /** The Redis of the case, started at the first call. @throws Error for a process with embedded stores */
  redis(settings?: readonly string[]): Promise<TestRedis>
  /** A watched pair of servers. @throws Error when they cannot be had */
  startSentinelTrio(): Promise<SentinelTrio>
  /** Has something closed when the case is over, whatever became of it; the last first. */
  onEnd(close: () => Promise<void>): void
}
