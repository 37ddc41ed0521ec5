// What one watcher of a stream is told, out of what is told of it: each thing once, and never backwards. Two samplers
// may be at work for a moment, one may begin again where another stopped, and a state is told more often than it changes.
import type { LiveEvent } from '#model/live-event.ts'
import { FOREVER, type Instant } from '#model/time-range.ts'

/** A reading that is so much older than one before was dated by a clock that has been set back. */
const SET_BACK_MS = 30_000

/** Of one watcher and one stream. */
export class EventGate {
  private pushedAt: Instant = -FOREVER
  /** Ingest servers of the samples of `pushedAt` that were let through. */
  private sources: readonly (string | null)[] = []
  private playedAt: Instant = -FOREVER
  private readAt: Instant = -FOREVER
  private read: 'nothing' | 'live' | 'stale' | 'gone' = 'nothing'
  private state: string | undefined

  /** Whether the watcher has not been told this yet. What is let through counts as told. */
  accept(event: LiveEvent): boolean {
    switch (event.kind) {
      case 'pushSample':
        return this.acceptPush(event.sample.observedAt, event.sample.serverIp)
      case 'playSample': {
        const { observedAt } = event.sample
        if (observedAt <= this.playedAt) return false
        this.playedAt = observedAt
        return true
      }
      case 'liveStat':
        return this.acceptReading(event.fetchedAt, toReadingState(event))
      case 'streamState': {
        const state = `${event.state} ${event.since}`
        if (state === this.state) return false
        this.state = state
        return true
      }
    }
  }

  /** Several ingest servers may measure at the same instant. */
  private acceptPush(observedAt: Instant, source: string | null): boolean {
    if (observedAt < this.pushedAt) return false
    if (observedAt === this.pushedAt && this.sources.includes(source)) return false
    this.sources = observedAt === this.pushedAt ? [...this.sources, source] : [source]
    this.pushedAt = observedAt
    return true
  }

  private acceptReading(fetchedAt: Instant, read: 'live' | 'stale' | 'gone'): boolean {
    if (read === this.read && (read !== 'live' || fetchedAt === this.readAt)) return false
    if (fetchedAt < this.readAt && this.readAt - fetchedAt < SET_BACK_MS) return false
    this.readAt = fetchedAt
    this.read = read
    return true
  }
}

function toReadingState({ reading, stale }: Extract<LiveEvent, { kind: 'liveStat' }>): 'live' | 'stale' | 'gone' {
  if (stale) return 'stale'
  return reading === null ? 'gone' : 'live'
}
