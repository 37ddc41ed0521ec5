// Ingest history of a stream.
import type { Ask } from '#contract/ask.ts'
import type { PushSample } from '#model/sample.ts'
import type { StreamRef } from '#model/stream.ts'
import type { TimeRange } from '#model/time-range.ts'
import { PUSH_PACE_MS } from './freshness.ts'
import type { HistoryAnswer, HistoryReader } from './history-windows.ts'
import { type ConnectedAccount, type ProviderRegistry, requireCapability, requireFacts } from './provider-registry.ts'
import { toGroupWidthMs, toPastRange } from './range.ts'
import { groupPushSamples } from './sample-groups.ts'
import type { SampleRequest, Series } from './services.ts'

/** Ingest samples as measured, in a range that does not reach beyond now. */
export function readPushHistory(
  reader: HistoryReader,
  account: ConnectedAccount,
  key: string,
  range: TimeRange,
  ask: Ask,
): Promise<HistoryAnswer<PushSample>> {
  const listPushSamples = requireCapability(account, 'listPushSamples')
  return reader.read(
    {
      account: account.name,
      operation: 'listPushSamples',
      parts: [key],
      facts: requireFacts(account, account.connection.facts.pushSamples),
      paceMs: PUSH_PACE_MS,
      sampleBytes: 120,
      identityOf: (sample) => `${sample.observedAt} ${sample.serverIp}`,
      fetch: (window, windowAsk) => listPushSamples({ key, ...window }, windowAsk),
    },
    range,
    ask,
  )
}

/** The use case; see `Services.listPushSamples`. */
export async function listPushSamples(
  registry: ProviderRegistry,
  reader: HistoryReader,
  now: number,
  ref: StreamRef,
  query: SampleRequest,
  ask: Ask,
): Promise<Series<PushSample>> {
  const { account } = registry.getStream(ref, ask)
  requireCapability(account, 'listPushSamples')
  const widthMs = toGroupWidthMs(query.everySeconds)
  const { samples, ...rest } = await readPushHistory(reader, account, ref.key, toPastRange(query, now), ask)
  const items = widthMs === undefined ? samples : groupPushSamples(samples, widthMs)
  return { from: query.from, to: query.to, items, ...rest }
}
