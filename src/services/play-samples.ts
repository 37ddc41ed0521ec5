// Playback history of a stream, of a playback domain, or of a whole account.
import type { Ask } from '#contract/ask.ts'
import type { PlaySample } from '#model/sample.ts'
import type { Instant } from '#model/time-range.ts'
import { PLAY_PACE_MS } from './freshness.ts'
import { toSeries } from './history-series.ts'
import type { HistoryReader } from './history-windows.ts'
import { type ConnectedAccount, requireCapability, requireFacts } from './provider-registry.ts'
import { toGroupWidthMs, toPastRange } from './range.ts'
import type { PlaySeries, SampleRequest } from './views.ts'

/** What the playback is of: one stream, else one domain, else everything of the account. */
export interface PlaySubject {
  readonly key: string | null
  readonly domain: string | null
}

/** The use case; see `Services.listPlaySamples` and `Services.listAccountPlaySamples`. */
export async function listPlaySamples(
  reader: HistoryReader,
  now: Instant,
  account: ConnectedAccount,
  subject: PlaySubject,
  query: SampleRequest,
  ask: Ask,
): Promise<PlaySeries> {
  const fetchSamples = requireCapability(account, 'listPlaySamples')
  const widthMs = toGroupWidthMs(query.everySeconds)
  const facts = requireFacts(account, account.connection.facts.playSamples)
  const answer = await reader.read<PlaySample>(
    {
      account: account.name,
      operation: 'listPlaySamples',
      parts: [subject.key, subject.domain],
      facts,
      paceMs: PLAY_PACE_MS,
      sampleBytes: 112,
      sourceOf: () => null,
      fetch: (window, windowAsk) => fetchSamples({ ...subject, ...window }, windowAsk),
    },
    toPastRange(query, now),
    ask,
  )
  const { play, traffic } = reader.digests
  const slices = widthMs === undefined ? answer.slices : play.toSlices(answer.slices, widthMs, facts.windowMs)
  return Object.assign(toSeries(query, slices, answer), { totalTrafficBytes: traffic.sum(answer.slices) })
}
