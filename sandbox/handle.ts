import type { CallFilter, CallRecord } from './call-log.ts'
import type { SnapshotControl, SnapshotMessage } from './data/snapshot-queue.ts'
import type { StreamControl } from './data/stream-set.ts'
import type { ActiveFault, Fault } from './faults.ts'
import type { SandboxCredentials } from './options.ts'
import type { QuotaLimit } from './rolling-quota.ts'

/** Where a sandbox listens. */
interface SandboxUrls {
  /** Tencent statistics calls, path included. */
  tencentStatistics: string
  /** Tencent control calls, path included. */
  tencentControl: string
  /** ChinaNetCenter, without a path. */
  chinanetcenter: string
  /** The control port, without a path. */
  control: string
}

/** A running sandbox. */
export interface Sandbox {
  /** Where it listens. */
  readonly urls: SandboxUrls
  /** What the accounts must sign with. */
  readonly credentials: SandboxCredentials
  /** Every provider call that arrived, in order of arrival; the newest 100 000 are kept. */
  readonly calls: readonly CallRecord[]
  /** Streams of the Tencent account. */
  readonly tencentStreams: StreamControl
  /** Streams of the ChinaNetCenter account, by `domain/publish point/name`. */
  readonly chinanetcenterStreams: StreamControl
  /** The Tencent account's screenshot queue. */
  readonly snapshots: SnapshotControl

  /** Number of calls that match, of all without a filter. */
  countCalls(filter?: CallFilter): number
  /** The calls that match. */
  listCalls(filter?: CallFilter): CallRecord[]
  /** Forgets the calls so far; quotas are not touched. */
  resetCalls(): void
  /** The most matching calls that arrived within any rolling window of `windowMs` milliseconds. */
  mostCallsInWindow(windowMs: number, filter?: CallFilter): number
  /** The most matching calls that were open at one instant. */
  mostCallsAtOnce(filter?: CallFilter): number

  /** Puts a fault in force and returns its id. Throws TypeError with the reason when it makes no sense. */
  setFault(fault: Fault): string
  /** Takes one fault back, or all. */
  clearFaults(id?: string): void
  /** Faults in force. */
  listFaults(): ActiveFault[]
  /** Holds every answer of both providers back this long, milliseconds. */
  setLatency(latencyMs: number): void

  /** The providers' wall clock, epoch milliseconds. */
  nowMs(): number
  /** Sets the providers' wall clock ahead (positive) or behind of the true time. Quotas and arrivals do not follow. */
  setClockOffset(offsetMs: number): void
  /** Moves the providers' wall clock on by so many milliseconds. */
  advanceClock(ms: number): void

  /** Changes the limit of both accounts; calls already counted stay counted. Throws RangeError for a senseless limit. */
  setQuota(limit: QuotaLimit): void
  /** Forgets what both quotas have counted. */
  resetQuotas(): void
  /** Calls that each quota has counted in its current window. */
  quotaUsed(): { tencent: number; chinanetcenter: number }

  /** Puts messages at the end of the screenshot queue, as they are. */
  pushSnapshot(...messages: SnapshotMessage[]): void

  /** Breaks all connections, ends all timers and frees the ports. */
  close(): Promise<void>
}
