// Which topics of an account are watched, and which of them have had their turn.
import { type LiveTopic, readTopicText, toTopicText } from '#model/live-event.ts'

/** How long what was told of a topic is remembered that nobody wants: others may only be out of reach. */
const REMEMBERED_MS = 60_000

/** The topics of one account. */
export class WatchedTopics {
  /** Read, or tried to be, since somebody wants them. */
  private readonly tried = new Set<string>()
  /** When topics were last wanted, on `Clock.monotonicMs`. */
  private readonly wantedMs = new Map<string, number>()

  /** Notes what is wanted now. @param texts topics as the board has them */
  note(texts: readonly string[], nowMs: number): void {
    const current = new Set(texts)
    for (const text of texts) this.wantedMs.set(text, nowMs)
    for (const text of this.tried) if (!current.has(text)) this.tried.delete(text)
    for (const [text, atMs] of this.wantedMs) if (nowMs - atMs > REMEMBERED_MS) this.wantedMs.delete(text)
  }

  /** What is wanted, or was of late. */
  listRemembered(): readonly LiveTopic[] {
    return [...this.wantedMs.keys()].flatMap((text) => readTopicText(text) ?? [])
  }

  /** Whether a topic has not been read since somebody wants it. */
  isNew(topic: LiveTopic): boolean {
    return !this.tried.has(toTopicText(topic))
  }

  /** Notes that a topic has its turn. */
  try(topic: LiveTopic): void {
    this.tried.add(toTopicText(topic))
  }
}
