// The last that was told of each watched stream: for who begins to watch it, and for a sampler that takes over.
import { isPlaceBefore } from '#fleet/feed.ts'
import type { Clock } from '#model/clock.ts'
import { type LiveEvent, type LiveTopic, toTopicText } from '#model/live-event.ts'

/** An event, and where it stands. */
export interface PlacedEvent {
  readonly event: LiveEvent
  readonly batch: string | null
  readonly index: number
}

/** What is kept of a topic. */
interface Known extends PlacedEvent {
  /** On `Clock.monotonicMs`. */
  readonly toldAtMs: number
}

/** Most topics of one account. */
const MAX_TOPICS = 50_000
/** How long the last of a topic is worth telling: of playback the provider has a new one every minute, and late. */
const WORTH_MS = { pushSample: 30_000, liveStat: 30_000, streamState: 90_000, playSample: 300_000 } as const
/** How long it is kept for a sampler that goes on behind it. */
const KEPT_MS = 3_600_000
/** How often what is not worth telling any more is looked for. */
const PRUNE_EVERY_MS = 60_000

/** Of one account. */
export class LiveLatest {
  private readonly clock: Pick<Clock, 'monotonicMs'>
  private readonly known = new Map<string, Known>()
  private prunedAtMs: number

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock
    this.prunedAtMs = clock.monotonicMs()
  }

  /** Notes an event. @param ageMs how long ago it was told */
  note(placed: PlacedEvent, ageMs = 0): void {
    const nowMs = this.clock.monotonicMs()
    const topic = toTopicText(placed.event)
    const before = this.known.get(topic)
    if (before && isOlder(placed, before)) return
    if (nowMs - this.prunedAtMs >= PRUNE_EVERY_MS) this.prune(nowMs)
    if (!before && this.known.size >= MAX_TOPICS) return
    this.known.set(topic, { ...placed, toldAtMs: nowMs - ageMs })
  }

  /** The last of a topic, while that is worth telling. */
  find(topic: LiveTopic): PlacedEvent | undefined {
    const known = this.known.get(toTopicText(topic))
    return known && this.clock.monotonicMs() - known.toldAtMs <= WORTH_MS[topic.kind] ? known : undefined
  }

  /** The last of a topic, whether or not it is worth telling. */
  recall(topic: LiveTopic): PlacedEvent | undefined {
    return this.known.get(toTopicText(topic))
  }

  private prune(nowMs: number): void {
    this.prunedAtMs = nowMs
    for (const [topic, { toldAtMs }] of this.known) if (nowMs - toldAtMs > KEPT_MS) this.known.delete(topic)
  }
}

/** Whether an event says less than one of the same topic that is known. */
function isOlder({ event, batch, index }: PlacedEvent, { event: known, ...place }: PlacedEvent): boolean {
  if (batch !== null && place.batch !== null)
    return batch === place.batch ? index < place.index : isPlaceBefore(batch, place.batch)
  switch (event.kind) {
    case 'pushSample':
    case 'playSample':
      return known.kind === event.kind && event.sample.observedAt < known.sample.observedAt
    case 'liveStat':
      return known.kind === event.kind && event.fetchedAt < known.fetchedAt
    case 'streamState':
      return false
  }
}
