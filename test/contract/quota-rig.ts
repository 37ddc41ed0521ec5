// A quota in the hands of a test: what an implementation is opened with, and calls that can be watched.
import type { Lane } from '#contract/ask.ts'
import type { Gate, GateWatcher, Permit, Quota, QuotaLimits } from '#upstream/quota.ts'

/** A quota and the time it lives in. */
export interface QuotaUnderTest {
  readonly quota: Quota
  /** The clock deadlines are on. */
  monotonicMs(): number
  /** Lets time pass: moves a fake clock, or waits. */
  advance(ms: number): Promise<void>
}

/** How an implementation is put to the test. */
export interface QuotaHarness {
  /** Width of the windows in the tests: as short as its clock allows. */
  readonly windowSeconds: number
  readonly guardMs: number
  /** How far off a time may be, the ledger's own latency included. */
  readonly toleranceMs: number
  /** Starts per window that a process gets of a limit, a twentieth of which is kept for outages. */
  capacityOf(limit: number): number
  /** Opens an empty quota. */
  open(limits: QuotaLimits): Promise<QuotaUnderTest>
}

/** A call in the hands of a test. */
export interface Taking {
  readonly permit: Promise<Permit>
  readonly controller: AbortController
  state: 'waiting' | 'granted' | 'refused'
  error: unknown
}

/** What a call in the hands of a test is like. */
export interface TakingOptions {
  /** Milliseconds until its deadline; none when left out. */
  readonly withinMs?: number
  readonly operation?: string
  readonly client?: string
  readonly lane?: Lane
  readonly gate?: Gate
}

/** A gate in the hands of a test. */
export class TestGate implements Gate {
  isOpen = false
  watcher: GateWatcher | undefined
  tryEnter(): boolean {
    return this.isOpen
  }
  leave(): void {}
  watch(watcher: GateWatcher): void {
    this.watcher = watcher
  }
  toLateError(): Error {
    return new Error('the gate stayed closed')
  }
}

/** Starts calls against a quota. */
export function toTaker(under: QuotaUnderTest) {
  function take(options: TakingOptions = {}): Taking {
    const { withinMs = Number.POSITIVE_INFINITY, operation = 'Get_LiveStat', client = 'web', gate } = options
    const controller = new AbortController()
    const ask = {
      lane: options.lane ?? 'interactive',
      signal: controller.signal,
      deadlineAtMs: under.monotonicMs() + withinMs,
      caller: { name: client },
    }
    const permit = under.quota.take(operation, ask, gate)
    const taking: Taking = { permit, controller, state: 'waiting', error: undefined }
    permit.then(
      () => {
        taking.state = 'granted'
      },
      (error) => {
        taking.state = 'refused'
        taking.error = error
      },
    )
    return taking
  }
  return {
    take,
    takeMany: (count: number, options: TakingOptions = {}) => Array.from({ length: count }, () => take(options)),
  }
}

/** How many of them have their starts. */
export function countGranted(takings: readonly Taking[]): number {
  return takings.filter(({ state }) => state === 'granted').length
}
