// What a stream is doing now: its state by the status call, its reading by the live call.
import type { Ask } from '#contract/ask.ts'
import type { LiveReading, StreamStatus } from '#model/stream.ts'
import type { Asker } from './ask.ts'
import { PUSH_PACE_MS } from './freshness.ts'
import { type ConnectedAccount, requireCapability } from './provider-registry.ts'
import type { Answer } from './services.ts'

/** See `Services.getStreamStatus`. */
export function getStreamStatus(
  asker: Asker,
  account: ConnectedAccount,
  key: string,
  ask: Ask,
): Promise<Answer<StreamStatus>> {
  const fetchStatus = requireCapability(account, 'getStreamStatus')
  return asker.ask(
    {
      account: account.name,
      operation: 'getStreamStatus',
      parts: [key],
      fetch: (shared) => fetchStatus({ key }, shared),
      freshUntil: (_status, fetchedAt) => fetchedAt + PUSH_PACE_MS,
      sizeOf: () => 200,
    },
    ask,
  )
}

/** See `Services.getLiveReading`. */
export function getLiveReading(
  asker: Asker,
  account: ConnectedAccount,
  key: string,
  ask: Ask,
): Promise<Answer<LiveReading | null>> {
  const fetchReading = requireCapability(account, 'getLiveReading')
  return asker.ask(
    {
      account: account.name,
      operation: 'getLiveReading',
      parts: [key],
      fetch: (shared) => fetchReading({ key }, shared),
      freshUntil: (_reading, fetchedAt) => fetchedAt + PUSH_PACE_MS,
      sizeOf: () => 300,
    },
    ask,
  )
}
