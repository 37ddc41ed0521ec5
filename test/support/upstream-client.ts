// An account's way out with everything a test does not care about filled in.
import type { Ask } from '#contract/ask.ts'
import { Meter } from '#contract/ask.ts'
import type { UpstreamRequest } from '#contract/upstream-call.ts'
import { systemClock } from '#model/clock.ts'
import { UpstreamError } from '#model/errors.ts'
import { createTestQuota } from '#test/support/test-quota.ts'
import { createUpstreamClient, type UpstreamClient, type UpstreamClientOptions } from '#upstream/upstream-client.ts'

/** A client over one endpoint called `statistics`, a roomy quota and a signer that adds `sign=<now>`. */
export function toTestClient(url: string, overrides: Partial<UpstreamClientOptions> = {}): UpstreamClient {
  const clock = overrides.clock ?? systemClock
  return createUpstreamClient({
    account: 'main',
    provider: 'tencent',
    endpoints: { statistics: `${url}/common_access` },
    credential: { id: '1250000000', secret: 'canary-secret' },
    signer: (request, { now }) => ({ ...request, query: [...request.query, ['sign', `canary-sign-${now}`]] }),
    ttlSeconds: 60,
    quota: createTestQuota({ limit: 1000, windowSeconds: 1, guardMs: 250 }, clock),
    clock,
    random: () => 0,
    deadlineMs: 300,
    maxResponseBytes: 100_000,
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
    ...overrides,
  })
}

/** Circumstances of a call that nobody bounds. */
export function toAsk(overrides: Partial<Ask> = {}): Ask {
  return {
    caller: { name: 'test', role: 'reader', accounts: 'all' },
    lane: 'interactive',
    signal: new AbortController().signal,
    deadlineAtMs: Number.POSITIVE_INFINITY,
    meter: new Meter(),
    ...overrides,
  }
}

/** A call whose answer is its body, read as JSON. */
export function toJsonRequest(overrides: Partial<UpstreamRequest<unknown>> = {}): UpstreamRequest<unknown> {
  return {
    endpoint: 'statistics',
    operation: 'Get_LiveStat',
    method: 'GET',
    read: (raw) => {
      if (raw.status >= 500) throw new UpstreamError('UPSTREAM_UNAVAILABLE', 'the provider answered 5xx')
      try {
        return JSON.parse(raw.body.toString())
      } catch {
        throw new UpstreamError('UPSTREAM_RESPONSE', 'the answer is not JSON', { retry: { times: 0 } })
      }
    },
    ...overrides,
  }
}
