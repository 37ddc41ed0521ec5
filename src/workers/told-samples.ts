// Up to where the samples of watched streams have been told: those behind it are news, each once and in order.
import type { PlaySample, PushSample } from '#model/sample.ts'
import type { Instant } from '#model/time-range.ts'

/** How far back the newest sample is looked for of a stream that nobody has watched; playback comes minutes late. */
const PUSH_LOOK_BACK_MS = 60_000
const PLAY_LOOK_BACK_MS = 600_000
/** How far back it is gone on from the last sample that was told, after a pause. */
const LONGEST_PAUSE_MS = 3_600_000
/** A sample that is told to be so far ahead of now was dated by a clock that has been set back since. */
const AHEAD_MS = 60_000

/** How far one stream has been told. */
interface Mark {
  readonly at: Instant
  /** Ingest servers of the samples of that instant: several may measure at the same one. */
  readonly sources: readonly (string | null)[]
}

/** Samples of one kind, of the streams of one account. */
class ToldMarks<Sample extends { readonly observedAt: Instant }> {
  private readonly marks = new Map<string, Mark>()
  private readonly lookBackMs: number
  private readonly sourceOf: (sample: Sample) => string | null

  /** @param sourceOf tells samples of one instant apart */
  constructor(lookBackMs: number, sourceOf: (sample: Sample) => string | null) {
    this.lookBackMs = lookBackMs
    this.sourceOf = sourceOf
  }

  /** Whether a stream has been read before. */
  has(key: string): boolean {
    return this.marks.has(key)
  }

  /** Goes on behind a sample that somebody else has told. */
  recall(key: string, sample: Sample): void {
    if (!this.marks.has(key)) this.marks.set(key, { at: sample.observedAt, sources: [this.sourceOf(sample)] })
  }

  /** Forgets all other streams. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.marks.keys()) if (!keys.has(key)) this.marks.delete(key)
  }

  /** From where on a stream's history is read. */
  findStart(key: string, now: Instant): Instant {
    const mark = this.findMark(key, now)
    return Math.min(now - 1, mark ? Math.max(mark.at, now - LONGEST_PAUSE_MS) : now - this.lookBackMs)
  }

  /**
   * Those of the samples that are news; of a stream that nobody has watched only the newest. They count as told.
   * @param samples in order of time
   * @param apartMs how far from the one before a sample must be to be another one
   */
  take(key: string, samples: readonly Sample[], apartMs: number, now: Instant): readonly Sample[] {
    const mark = this.findMark(key, now)
    const later = mark ? samples.filter((sample) => this.isNews(sample, mark, apartMs)) : samples
    const last = later.at(-1)
    if (!last) {
      if (!mark) this.marks.set(key, { at: now - this.lookBackMs, sources: [] })
      return []
    }
    const newest = later.filter(({ observedAt }) => observedAt === last.observedAt)
    const sources = newest.map(this.sourceOf)
    const isSameInstant = mark?.at === last.observedAt
    this.marks.set(key, { at: last.observedAt, sources: isSameInstant ? [...mark.sources, ...sources] : sources })
    return mark ? later : newest
  }

  private findMark(key: string, now: Instant): Mark | undefined {
    const mark = this.marks.get(key)
    return mark && mark.at <= now + AHEAD_MS ? mark : undefined
  }

  private isNews(sample: Sample, mark: Mark, apartMs: number): boolean {
    if (sample.observedAt === mark.at) return apartMs === 0 && !mark.sources.includes(this.sourceOf(sample))
    return sample.observedAt > mark.at + apartMs
  }
}

/** Samples of both kinds. */
export class ToldSamples {
  readonly push = new ToldMarks<PushSample>(PUSH_LOOK_BACK_MS, ({ serverIp }) => serverIp)
  readonly play = new ToldMarks<PlaySample>(PLAY_LOOK_BACK_MS, () => null)
}
