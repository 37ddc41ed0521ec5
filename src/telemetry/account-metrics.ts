// Where the accounts stand: their quota, and how their providers have been answering.
import { Gauge } from 'prom-client'
import type { HealthState, QuotaReading } from '#contract/readings.ts'
import type { ReadingGroup } from './metrics.ts'

/** Where an account's quota stands. */
type QuotaNumbers = Pick<QuotaReading, 'limit' | 'windowSeconds' | 'used' | 'remaining'>

/** Where the numbers of one account come from. */
export interface AccountSource {
  readonly account: string
  readQuota(): Promise<QuotaNumbers>
  /** Milliseconds until the quota is used up at the pace of late; null when it is not, or has been. Left out: nobody knows. */
  findExhaustionMs?(quota: QuotaNumbers): number | null
  readHealth(): HealthState
  /** Whether one of its endpoints is left alone because it keeps failing. */
  isBroken(): boolean
}

const labelNames = ['account'] as const
const healthValues = { UP: 1, DEGRADED: 0.5, DOWN: 0 } as const

const quotaGauges = [
  ['limit', 'weir_quota_limit', 'Provider calls that the account may start in its window.'],
  [
    'used',
    'weir_quota_used',
    'Starts that count in the window now, of all replicas as far as they are known to this one.',
  ],
  ['remaining', 'weir_quota_remaining', 'Calls that this replica may start now.'],
  ['windowSeconds', 'weir_quota_window_seconds', "Width of the account's window."],
] as const satisfies readonly (readonly [keyof QuotaNumbers, string, string])[]

/** Builds them. */
export function createAccountMetrics(sources: readonly AccountSource[]): ReadingGroup {
  return {
    async read({ registry, maySee, tryReading }) {
      const shown = sources.filter(({ account }) => maySee(account))
      const quotas = await Promise.all(
        shown.map(async (source) => ({
          ...source,
          quota: await tryReading({ account: source.account }, source.readQuota),
        })),
      )
      const registers = [registry]
      for (const [field, name, help] of quotaGauges) {
        const gauge = new Gauge({ name, help, labelNames, registers })
        for (const { account, quota } of quotas) if (quota) gauge.set({ account }, quota[field])
      }
      const exhausted = new Gauge({
        name: 'weir_quota_exhausted_in_seconds',
        help: 'Until no start is free, at the pace of the last fifth of the window; absent while that does not use the quota up, and when it is used up.',
        labelNames,
        registers,
      })
      for (const { account, quota, findExhaustionMs } of quotas) {
        const leftMs = quota ? (findExhaustionMs?.(quota) ?? null) : null
        if (leftMs !== null) exhausted.set({ account }, leftMs / 1000)
      }
      const broken = new Gauge({
        name: 'weir_breaker_open',
        help: 'Whether an endpoint of the account is left alone because it keeps failing.',
        labelNames,
        registers,
      })
      const up = new Gauge({
        name: 'weir_provider_up',
        help: '1: the last call went well, or there was none. 0.5: it failed or was throttled. 0: a breaker is open.',
        labelNames,
        registers,
      })
      for (const { account, isBroken, readHealth } of shown) {
        broken.set({ account }, Number(isBroken()))
        up.set({ account }, healthValues[readHealth()])
      }
    },
  }
}
