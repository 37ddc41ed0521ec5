// Where quotas stood while the page was open: nobody else keeps that.

/** How far back the line goes. */
export const HISTORY_MS = 10 * 60_000

/** A reading of a quota. */
export interface QuotaPoint {
  /** When, in milliseconds since the epoch. */
  readonly atMs: number
  /** Calls that were left. */
  readonly remaining: number
}

const histories = new Map<string, QuotaPoint[]>()

/** Keeps a reading of an account, and forgets what is too old. Readings come in the order of time. */
export function keepQuota(account: string, point: QuotaPoint): void {
  const kept = histories.get(account)?.filter(({ atMs }) => atMs > point.atMs - HISTORY_MS && atMs < point.atMs) ?? []
  histories.set(account, [...kept, point])
}

/** Readings of an account, the oldest first. */
export function listQuota(account: string): readonly QuotaPoint[] {
  return histories.get(account) ?? []
}
