// A stream as it is watched: what the sampler tells of it, and its screenshots, as one iteration with places.
import { CapabilityUnsupportedError } from '#model/errors.ts'
import type { LiveEvent } from '#model/live-event.ts'
import { completePlace, type EventPlace, readPlaceText, toPlaceText } from './event-place.ts'
import { queueEvents } from './event-queue.ts'
import type { LiveHub } from './live-hub.ts'
import { type ConnectedAccount, requireCapability, toAccountView } from './provider-registry.ts'
import { type SnapshotFeed, watchSnapshotFeed } from './snapshot-events.ts'
import {
  publicCapabilities,
  type StreamEvent,
  type StreamNews,
  type WatchedKind,
  type WatchRequest,
  watchedKinds,
} from './views.ts'

/** What is watched through. */
export interface StreamWatchParts {
  readonly hub: Pick<LiveHub, 'watch'>
  readonly snapshotFeed: SnapshotFeed
}

/** See `Services.watchStream`. */
export function watchStream<Kind extends WatchedKind>(
  parts: StreamWatchParts,
  account: ConnectedAccount,
  key: string,
  request: WatchRequest<Kind>,
  signal: AbortSignal,
): AsyncIterable<Extract<StreamEvent, { readonly kind: Kind | 'gap' }>>
export function watchStream(
  { hub, snapshotFeed }: StreamWatchParts,
  account: ConnectedAccount,
  key: string,
  request: WatchRequest,
  signal: AbortSignal,
): AsyncIterable<StreamEvent> {
  const kinds = findKinds(account, request.kinds)
  const asked = request.after === undefined ? undefined : readPlaceText(request.after)
  const after = asked && completePlace(asked)
  const liveKinds = kinds.filter((kind) => kind !== 'snapshot')
  return queueEvents<StreamEvent>((listener) => {
    let place: EventPlace = asked ?? { live: null, snapshot: null }
    // What nobody can come back to leaves the place where it was.
    const tell = (news: StreamNews, next: Partial<EventPlace> | null) => {
      if (next) place = { ...place, ...next }
      listener({ ...news, place: next && toPlaceText(place) })
    }
    let hasGap = false
    const tellGap = () => {
      if (!hasGap) tell({ kind: 'gap' }, null)
      hasGap = true
    }
    // Who comes back from somewhere that nobody knows has missed something, for all that he is to believe.
    if (request.after !== undefined && !asked) tellGap()
    const stops: (() => void)[] = []
    if (liveKinds.length > 0)
      stops.push(
        hub.watch({ account: account.name, key, kinds: liveKinds, after: after?.live ?? undefined }, (event, live) =>
          event ? tell(toNews(event), live && { live }) : tellGap(),
        ),
      )
    if (kinds.includes('snapshot'))
      stops.push(
        watchSnapshotFeed(snapshotFeed, { account, key, after: after?.snapshot ?? undefined }, (shown, snapshot) =>
          shown ? tell({ kind: 'snapshot', snapshot: shown }, snapshot === null ? null : { snapshot }) : tellGap(),
        ),
      )
    return () => {
      for (const stop of stops) stop()
    }
  }, signal)
}

/** @throws CapabilityUnsupportedError */
function findKinds(account: ConnectedAccount, wanted: readonly WatchedKind[] | null): readonly WatchedKind[] {
  for (const kind of wanted ?? []) requireCapability(account, publicCapabilities[watchedKinds[kind]])
  if (wanted) return [...new Set(wanted)]
  const { capabilities } = toAccountView(account)
  const supported = new Set(capabilities.flatMap((one) => (one.supported ? one.capability : [])))
  const kinds = Object.entries(watchedKinds).flatMap(([kind, capability]) =>
    supported.has(capability) ? (kind as WatchedKind) : [],
  )
  if (kinds.length > 0) return kinds
  throw new CapabilityUnsupportedError(`${account.provider.title} tells nothing that could be watched`, {
    account: account.name,
    provider: account.provider.id,
  })
}

function toNews(event: LiveEvent): StreamNews {
  switch (event.kind) {
    case 'pushSample':
      return { kind: 'pushSample', sample: event.sample }
    case 'playSample':
      return { kind: 'playSample', sample: event.sample }
    case 'liveStat': {
      const { reading, fetchedAt, stale } = event
      return { kind: 'liveStat', live: reading && { ...reading, fetchedAt, stale } }
    }
    case 'streamState':
      return { kind: 'streamState', state: event.state, stateSince: event.since, stateSource: event.source }
  }
}
