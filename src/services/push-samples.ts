// Ingest history of a stream.
import type { Ask } from '#contract/ask.ts'
import type { PushSample } from '#model/sample.ts'
import type { Instant } from '#model/time-range.ts'
import { PUSH_PACE_MS } from './freshness.ts'
import { toSeries } from './history-series.ts'
import type { History } from './history-stretches.ts'
import type { HistoryReader } from './history-windows.ts'
import { type ConnectedAccount, requireCapability, requireFacts } from './provider-registry.ts'
import { toGroupWidthMs, toPastRange } from './range.ts'
import type { SampleRequest, Series } from './views.ts'

/** The ingest history of a stream. @throws CapabilityUnsupportedError */
export function toPushHistory(account: ConnectedAccount, key: string): History<PushSample> {
  const listPushSamples = requireCapability(account, 'listPushSamples')
  return {
    account: account.name,
    operation: 'listPushSamples',
    parts: [key],
    facts: requireFacts(account, account.connection.facts.pushSamples),
    paceMs: PUSH_PACE_MS,
    sampleBytes: 160,
    sourceOf: (sample) => sample.serverIp,
    fetch: (window, ask) => listPushSamples({ key, ...window }, ask),
  }
}

/** The use case; see `Services.listPushSamples`. */
export async function listPushSamples(
  reader: HistoryReader,
  now: Instant,
  account: ConnectedAccount,
  key: string,
  query: SampleRequest,
  ask: Ask,
): Promise<Series<PushSample>> {
  const history = toPushHistory(account, key)
  const widthMs = toGroupWidthMs(query.everySeconds)
  const answer = await reader.read(history, toPastRange(query, now), ask)
  const slices =
    widthMs === undefined ? answer.slices : reader.digests.push.toSlices(answer.slices, widthMs, history.facts.windowMs)
  return toSeries(query, slices, answer)
}
