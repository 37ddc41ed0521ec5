// Queries that stand in more than one row.
import { here, ofAccount } from './dashboard.ts'

/** Requests of people and programs; not those of probes and pages. */
export const requests = here('weir_requests_total', 'face=~"graphql|rest"')

/** How long they took. */
export const requestBuckets = here('weir_request_duration_seconds_bucket', 'face=~"graphql|rest"')

/** Used quota against the limit, by account: what all replicas know alike. */
export const usedShare = `max by (account) (${ofAccount('weir_quota_used')}) / max by (account) (${ofAccount('weir_quota_limit')})`

/** Stale answers against all. @param by an aggregation such as ` by (account)`, or nothing */
export function staleShare(by: string): string {
  const perSecond = (selector: string) => `sum${by} (rate(${selector}[$__rate_interval]))`
  return `${perSecond(ofAccount('weir_given_total', 'freshness="stale"'))} / ${perSecond(ofAccount('weir_given_total'))}`
}
