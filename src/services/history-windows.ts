// A history asked for by instants: cut on a grid fixed to the epoch, so that all viewers share the same windows and
// a window that can no longer change is asked for once. Only the open one is asked again, at the provider's pace.
import type { CacheEntry } from '#cache/cache.ts'
import type { Ask } from '#contract/ask.ts'
import type { CapabilityName } from '#contract/capability.ts'
import type { HistoryFacts } from '#contract/provider.ts'
import { type ErrorCode, GatewayError, RangeUnavailableError } from '#model/errors.ts'
import { type Instant, intersect, type TimeRange, toIsoTime } from '#model/time-range.ts'
import type { Asker, Question } from './ask.ts'
import { combineFreshness, FOREVER } from './freshness.ts'
import { findTotalLoss, joinGaps, toGap } from './range.ts'
import type { Answer, Freshness, Gap } from './services.ts'
import { sideBySide } from './side-by-side.ts'

/** A history of one thing: which it is, and how a stretch of it is asked for. */
export interface History<Sample> {
  readonly account: string
  readonly operation: CapabilityName
  /** What tells it from other histories of that operation. */
  readonly parts: readonly (string | number | null)[]
  readonly facts: HistoryFacts
  /** How often the provider adds to it. */
  readonly paceMs: number
  /** Memory one sample takes, in bytes, roughly. */
  readonly sampleBytes: number
  /** Two samples of the same identity are one; the later mention wins. */
  readonly identityOf: (sample: Sample) => string | number
  /** Asks the provider for at most one window. */
  readonly fetch: (range: TimeRange, ask: Ask) => Promise<readonly Sample[]>
}

/** Samples in a range with what is missing of it. */
export interface HistoryAnswer<Sample> extends Freshness {
  readonly samples: readonly Sample[]
  readonly missing: readonly Gap[]
}

/** A kept window: its samples, and how much of it was asked for. */
interface Kept<Sample> {
  readonly asked: TimeRange
  readonly samples: readonly Sample[]
}

/** A window and the part of it that the caller wants. */
interface Piece {
  readonly window: TimeRange
  readonly wanted: TimeRange
}

/** A piece with what is kept of its window. */
interface FoundPiece<Sample> extends Piece {
  readonly kept: CacheEntry<Kept<Sample>> | undefined
  /** Nothing kept answers it, and the provider still can. */
  readonly needsCall: boolean
  /** What is kept is given all the same, and renewed behind the caller's back. */
  readonly isOverdue: boolean
}

/** Provider calls of one question side by side, within the account's quota. */
const CALLS_SIDE_BY_SIDE = 8
/** Kept off the edge of what the provider keeps: a call may wait in the quota before it leaves. */
const RETENTION_GUARD_MS = 15_000
/** Failures that every other window would meet as well. */
const hopeless: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UPSTREAM_CREDENTIAL',
  'UPSTREAM_THROTTLED',
  'QUOTA_EXHAUSTED',
])

/** Cuts a range on the grid of `windowMs` aligned to the epoch; the first and the last piece may be partial. */
export function cutOnGrid(range: TimeRange, windowMs: number): readonly Piece[] {
  const pieces: Piece[] = []
  for (let from = Math.floor(range.from / windowMs) * windowMs; from < range.to; from += windowMs) {
    const window = { from, to: from + windowMs }
    const wanted = intersect(window, range)
    if (wanted) pieces.push({ window, wanted })
  }
  return pieces
}

/** A history that has been looked up and not yet asked for: what it costs is known before it is spent. */
export interface PreparedHistory<Sample> {
  /** Provider calls it needs. Whoever reads it plans them. */
  readonly calls: number
  /**
   * Asks for what is not kept. Pieces that cannot be had are named in `missing`.
   * @throws RangeUnavailableError when nobody keeps any of it; the piece's error when no piece could be had
   */
  readonly read: () => Promise<HistoryAnswer<Sample>>
}

/** Reads histories through the asker. */
export class HistoryReader {
  private readonly asker: Asker
  private readonly closedAfterMs: number

  /** @param closedAfterMs how long after its end a window can still change */
  constructor(asker: Asker, closedAfterMs: number) {
    this.asker = asker
    this.closedAfterMs = closedAfterMs
  }

  /** Looks up what is kept of `range`, which must not reach beyond now. */
  async prepare<Sample extends { readonly observedAt: Instant }>(
    history: History<Sample>,
    range: TimeRange,
    ask: Ask,
  ): Promise<PreparedHistory<Sample>> {
    const oldest = this.asker.clock.now() - history.facts.retentionMs + RETENTION_GUARD_MS
    // What the gateway may have kept beyond the provider's own memory is looked for one retention further back.
    const searched = intersect(range, { from: oldest - history.facts.retentionMs, to: range.to })
    const pieces = searched ? cutOnGrid(searched, history.facts.windowMs) : []
    const questions = pieces.map((piece) => this.toQuestion(history, piece.window, oldest))
    const kept = await this.asker.findMany<Kept<Sample>>(questions, ask)
    const found = pieces.map((piece, index) => this.judge(piece, kept[index], oldest))
    return {
      calls: found.filter((piece) => piece.needsCall).length,
      read: async () => {
        const unsearched = { from: range.from, to: searched?.from ?? range.to }
        const gaps = unsearched.from < unsearched.to ? [toRetentionGap(unsearched, history.facts)] : []
        return this.readPieces(history, range, found, gaps, oldest, ask)
      },
    }
  }

  /** Prepares, plans and reads in one go. */
  async read<Sample extends { readonly observedAt: Instant }>(
    history: History<Sample>,
    range: TimeRange,
    ask: Ask,
  ): Promise<HistoryAnswer<Sample>> {
    const prepared = await this.prepare(history, range, ask)
    ask.meter.plan(prepared.calls)
    return prepared.read()
  }

  private async readPieces<Sample extends { readonly observedAt: Instant }>(
    history: History<Sample>,
    range: TimeRange,
    found: readonly FoundPiece<Sample>[],
    gaps: Gap[],
    oldest: Instant,
    ask: Ask,
  ): Promise<HistoryAnswer<Sample>> {
    let hopelessError: GatewayError | undefined
    const parts = await sideBySide(
      found,
      CALLS_SIDE_BY_SIDE,
      async (piece): Promise<Answer<Kept<Sample>> | undefined> => {
        try {
          const question = this.toQuestion(history, piece.window, oldest)
          if (piece.kept && piece.isOverdue) return this.asker.useOverdue(question, piece.kept, ask)
          if (!piece.needsCall) return piece.kept && this.use(piece.kept, piece.wanted, ask)
          if (!hopelessError) return await this.asker.fetch(question, piece.kept, ask)
          const fallback = this.asker.fallBack(piece.kept, hopelessError, ask)
          if (fallback) return fallback
          throw hopelessError
        } catch (error) {
          if (!(error instanceof GatewayError)) throw error
          if (hopeless.has(error.code)) hopelessError = error
          gaps.push(toGap(piece.wanted, error))
          return undefined
        }
      },
    )
    const had = parts.filter((part) => part !== undefined)
    for (const [index, { wanted, needsCall }] of found.entries()) {
      const part = parts[index]
      if (part) gaps.push(...toPartGaps(part, wanted, history.facts))
      else if (!needsCall) gaps.push(toRetentionGap(wanted, history.facts))
    }
    const loss = findTotalLoss(gaps, range, history.account)
    if (loss?.code === 'RANGE_UNAVAILABLE') throw toRangeUnavailable(range, history)
    if (loss) throw loss
    return {
      samples: joinSamples(had, range, history.identityOf),
      missing: joinGaps(gaps),
      ...combineFreshness(had, this.asker.clock.now()),
    }
  }

  private judge<Sample>(piece: Piece, kept: CacheEntry<Kept<Sample>> | undefined, oldest: Instant): FoundPiece<Sample> {
    const good = kept !== undefined && (this.asker.isGood(kept) || this.isSettled(kept, piece.wanted))
    const isLacking = !good && piece.wanted.to > oldest
    const isOverdue = isLacking && kept !== undefined && this.asker.isOverdue(kept)
    return { ...piece, kept, needsCall: isLacking && !isOverdue, isOverdue }
  }

  /** Whether a window still open when it was asked for already held all that the wanted part can ever hold. */
  private isSettled(kept: CacheEntry<unknown>, wanted: TimeRange): boolean {
    return kept.fetchedAt >= wanted.to + this.closedAfterMs
  }

  private use<Sample>(kept: CacheEntry<Kept<Sample>>, wanted: TimeRange, ask: Ask): Answer<Kept<Sample>> {
    const answer = this.asker.useKept(kept, ask)
    return this.isSettled(kept, wanted) ? { ...answer, freshUntil: FOREVER } : answer
  }

  private toQuestion<Sample>(history: History<Sample>, window: TimeRange, oldest: Instant): Question<Kept<Sample>> {
    return {
      account: history.account,
      operation: history.operation,
      parts: [...history.parts, window.from],
      fetch: async (ask) => {
        const asked = { from: Math.max(window.from, oldest), to: Math.min(window.to, this.asker.clock.now()) }
        return { asked, samples: await history.fetch(asked, ask) }
      },
      freshUntil: (_value, fetchedAt) =>
        fetchedAt >= window.to + this.closedAfterMs ? FOREVER : fetchedAt + history.paceMs,
      sizeOf: (value) => 200 + value.samples.length * history.sampleBytes,
      usefulMs: 2 * history.facts.retentionMs,
    }
  }
}

function joinSamples<Sample extends { readonly observedAt: Instant }>(
  parts: readonly Answer<Kept<Sample>>[],
  range: TimeRange,
  identityOf: (sample: Sample) => string | number,
): readonly Sample[] {
  const byIdentity = new Map<string | number, Sample>()
  // Whether the provider's end is inclusive is not known: windows touch, and what is told twice is one.
  for (const part of parts)
    for (const sample of part.value.samples)
      if (sample.observedAt >= range.from && sample.observedAt < range.to) byIdentity.set(identityOf(sample), sample)
  return [...byIdentity.values()].sort((one, other) => one.observedAt - other.observedAt)
}

/** What a window that could be had still lacks of what was wanted. */
function toPartGaps(part: Answer<Kept<unknown>>, wanted: TimeRange, facts: HistoryFacts): readonly Gap[] {
  const { asked } = part.value
  const gaps: Gap[] = []
  if (asked.from > wanted.from)
    gaps.push(toRetentionGap({ from: wanted.from, to: Math.min(asked.from, wanted.to) }, facts))
  // A window that was open when it was last had knows nothing of what came after.
  if (part.staleBecause && asked.to < wanted.to)
    gaps.push(toGap({ from: Math.max(asked.to, wanted.from), to: wanted.to }, part.staleBecause))
  return gaps
}

function toRetentionGap(range: TimeRange, facts: HistoryFacts): Gap {
  return { ...range, code: 'RANGE_UNAVAILABLE', message: describeRetention(facts) }
}

function toRangeUnavailable(
  range: TimeRange,
  history: Pick<History<unknown>, 'account' | 'facts'>,
): RangeUnavailableError {
  return new RangeUnavailableError(
    `from ${toIsoTime(range.from)} to ${toIsoTime(range.to)} is not kept: ${describeRetention(history.facts)}`,
    { account: history.account },
  )
}

function describeRetention({ retentionMs }: HistoryFacts): string {
  return `the provider keeps the last ${retentionMs / 86_400_000} days`
}
