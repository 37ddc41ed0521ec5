// A quota in memory with everything a test does not care about filled in.
import type { Clock } from '#model/clock.ts'
import { createMemoryLedger } from '#upstream/memory-ledger.ts'
import type { Quota, QuotaAsk, QuotaLimits } from '#upstream/quota.ts'
import { createQuota } from '#upstream/quota-queue.ts'

/** Limits of an account: without guard, reserve and interface limits unless they are given. */
export function toLimits(limits: Pick<QuotaLimits, 'limit' | 'windowSeconds'> & Partial<QuotaLimits>): QuotaLimits {
  return { guardMs: 0, outageReserve: 0, interfaces: {}, ...limits }
}

/** A quota that one process has to itself. */
export function createTestQuota(limits: Parameters<typeof toLimits>[0], clock: Clock): Quota {
  return createQuota({ ledger: createMemoryLedger(toLimits(limits), clock), clock })
}

/** An interactive question that nobody gives up. */
export function toQuotaAsk(deadlineAtMs: number, overrides: Partial<QuotaAsk> = {}): QuotaAsk {
  return {
    lane: 'interactive',
    signal: new AbortController().signal,
    caller: { name: 'test' },
    deadlineAtMs,
    ...overrides,
  }
}
