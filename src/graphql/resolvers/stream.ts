// Streams. One that came out of a list of live streams answers its state and `live` from that list.
import type { LiveStreamView } from '#services/views.ts'
import type { NodeResolvers, StreamResolvers } from '../generated.ts'
import type { StreamParent } from '../parents.ts'
import { toConnection } from './connection.ts'

export const Node = { resolveType: () => 'Stream' } satisfies NodeResolvers

export const Stream = {
  account: ({ account }, _arguments, { services, ask }) => services.getAccount(account, ask),
  // At once where it is known: a list asks this of hundreds, and each promise is waited for by itself.
  state: (stream, _arguments, { loaders }) =>
    isListed(stream) ? 'LIVE' : loaders.getState(stream).then(({ value }) => value.state),
  stateSource: (stream, _arguments, { loaders }) =>
    isListed(stream) ? 'LIST' : loaders.getState(stream).then(({ value }) => value.source),
  stateSince: (stream, _arguments, { loaders }) =>
    isListed(stream) ? null : loaders.getState(stream).then(({ value }) => value.since),
  ingest: async (stream, _arguments, { loaders }) => (await loaders.getStatus(stream)).value.ingest,
  stateFetchedAt: async (stream, _arguments, { loaders }) => {
    if (!isListed(stream)) return (await loaders.getState(stream)).fetchedAt
    // `ingest` costs a call of its own there, and the older of both answers is the age of both.
    const status = await loaders.findStatus(stream).catch(() => undefined)
    return Math.min(stream.fetchedAt, status?.fetchedAt ?? stream.fetchedAt)
  },
  stateStale: async (stream, _arguments, { loaders }) => {
    if (!isListed(stream)) return (await loaders.getState(stream)).stale
    const status = await loaders.findStatus(stream).catch(() => undefined)
    return stream.stale || (status?.stale ?? false)
  },
  live: (stream, _arguments, { loaders }) => {
    if (isListed(stream)) return { ...stream.reading, fetchedAt: stream.fetchedAt, stale: stream.stale }
    return loaders.getLiveReading(stream).then(({ value, fetchedAt, stale }) => value && { ...value, fetchedAt, stale })
  },
  pushSamples: (stream, query, { services, ask }) => services.listPushSamples(stream, query, ask),
  playSamples: (stream, query, { services, ask }) => services.listPlaySamples(stream, query, ask),
  pushSessions: (stream, range, { loaders }) => loaders.getPushSessions(stream, range),
  recordings: async (stream, query, { services, ask }) =>
    toConnection(await services.listRecordings(stream, query, ask), query),
  snapshots: async (stream, query, { services, ask }) =>
    toConnection(await services.listSnapshots(stream, query, ask), query),
} satisfies StreamResolvers

function isListed(stream: StreamParent): stream is LiveStreamView {
  return 'reading' in stream
}
