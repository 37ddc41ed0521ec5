// The calls of providers, and the waits for them, as they happen.
import { Counter, Histogram, type Registry } from 'prom-client'
import type { ErrorCode } from '#model/errors.ts'

/** What is counted of an attempt whose bytes have left. */
export interface CountedCall {
  /** The provider's name of the interface, from a fixed list. */
  readonly operation: string
  /** 1 for the first attempt of a call. */
  readonly attempt: number
  readonly outcome: 'OK' | 'CLIENT_LEFT' | ErrorCode
  /** Milliseconds ≥ 0. */
  readonly tookMs: number
}

/** What is counted of a wait for a start of the quota. */
export interface CountedWait {
  readonly lane: 'interactive' | 'background'
  /** Milliseconds ≥ 0. */
  readonly waitedMs: number
  readonly outcome: 'granted' | 'refused' | 'left'
}

/** Counts for one account. */
export interface ProviderCount {
  called(call: CountedCall): void
  waited(wait: CountedWait): void
}

/** The numbers of all accounts. */
export interface ProviderMetrics {
  /** Begins to count for an account: from 0, so that the first failure is an increase too. */
  toCount(account: string, interfaces: readonly string[]): ProviderCount
}

const CALL_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const WAIT_SECONDS = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

const lanes = ['interactive', 'background'] as const
/** Outcomes that alerts look for. */
const usualOutcomes = [
  'OK',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_UNAVAILABLE',
  'UPSTREAM_THROTTLED',
  'UPSTREAM_CREDENTIAL',
  'UPSTREAM_REJECTED',
  'UPSTREAM_RESPONSE',
] as const

/** Registers them. */
export function createProviderMetrics(registry: Registry): ProviderMetrics {
  const registers = [registry]
  const calls = new Counter({
    name: 'weir_provider_calls_total',
    help: 'Attempts at provider calls that were sent: OK, the code of their error, or CLIENT_LEFT when nobody waited any more.',
    labelNames: ['account', 'interface', 'outcome', 'attempt'],
    registers,
  })
  const durations = new Histogram({
    name: 'weir_provider_call_duration_seconds',
    help: 'From the first byte of an attempt to its answer or failure.',
    labelNames: ['account', 'interface'],
    buckets: CALL_SECONDS,
    registers,
  })
  const waits = new Histogram({
    name: 'weir_quota_wait_seconds',
    help: 'How long calls waited for a start of the quota, until they had it or nobody waited any more.',
    labelNames: ['account', 'lane'],
    buckets: WAIT_SECONDS,
    registers,
  })
  const refusals = new Counter({
    name: 'weir_quota_refusals_total',
    help: 'Calls that were refused because no start of the quota comes free before their deadline.',
    labelNames: ['account', 'lane'],
    registers,
  })
  return {
    toCount(account, interfaces) {
      for (const name of interfaces)
        for (const outcome of usualOutcomes) calls.inc({ account, interface: name, outcome, attempt: 'first' }, 0)
      for (const lane of lanes) {
        refusals.inc({ account, lane }, 0)
        waits.zero({ account, lane })
      }
      return {
        called({ operation, attempt, outcome, tookMs }) {
          calls.inc({ account, interface: operation, outcome, attempt: attempt === 1 ? 'first' : 'retry' })
          durations.observe({ account, interface: operation }, tookMs / 1000)
        },
        waited({ lane, waitedMs, outcome }) {
          // Who is refused is told so at once: it would only make the waits of the others look short.
          if (outcome === 'refused') refusals.inc({ account, lane })
          else waits.observe({ account, lane }, waitedMs / 1000)
        },
      }
    },
  }
}
