// Queries that stand in more than one row.
import { here, ofAccount } from './dashboard.ts'

/** Requests of people and programs; not those of probes and pages. */
export const requests = here('weir_requests_total', 'face=~"graphql|rest"')

/** How long they took. */
export const requestBuckets = here('weir_request_duration_seconds_bucket', 'face=~"graphql|rest"')

const used = ofAccount('weir_quota_used')

/** Used quota against what may be started in all, which the limit is not where there is a reserve, by account. */
export const usedShare = `max by (account) (${used} / (${used} + ${ofAccount('weir_quota_remaining')}))`

/** Stale answers against all. @param by an aggregation such as ` by (account)`, or nothing */
export function staleShare(by: string): string {
  const perSecond = (selector: string) => `sum${by} (rate(${selector}[$__rate_interval]))`
  return `${perSecond(ofAccount('weir_given_total', 'freshness="stale"'))} / ${perSecond(ofAccount('weir_given_total'))}`
}
