// A history asked for by instants: cut on a grid fixed to the epoch, so that all viewers share the same windows and
// a window that can no longer change is asked for once. Only the open one is asked again, at the provider's pace.
import type { CacheEntry } from '#cache/cache.ts'
import type { Ask } from '#contract/ask.ts'
import type { HistoryFacts } from '#contract/provider.ts'
import { type ErrorCode, GatewayError, RangeUnavailableError } from '#model/errors.ts'
import { FOREVER, type Instant, intersect, type TimeRange, toIsoTime } from '#model/time-range.ts'
import type { Asker } from './ask.ts'
import { combineFreshness } from './freshness.ts'
import {
  type FoundPiece,
  type History,
  type Kept,
  type Piece,
  type Stretch,
  StretchReader,
  toStretches,
  toWindowIdentity,
} from './history-stretches.ts'
import { findTotalLoss, joinGaps, toGap } from './range.ts'
import type { Answer, Freshness, Gap } from './services.ts'
import { sideBySide } from './side-by-side.ts'

/** Samples in a range with what is missing of it. */
export interface HistoryAnswer<Sample> extends Freshness {
  readonly samples: readonly Sample[]
  readonly missing: readonly Gap[]
}

/** A piece, and what becomes of it. */
interface JudgedPiece<Sample> extends FoundPiece<Sample> {
  /** `kept` answers it, or nobody can any more; `lacking`: the provider is asked; `overdue`: behind the caller's back. */
  readonly verdict: 'kept' | 'lacking' | 'overdue'
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
    const identities = pieces.map(({ window }) => toWindowIdentity(history, window))
    const begunAtMs = this.asker.clock.monotonicMs()
    const kept = await this.asker.findMany<Kept<Sample>>(identities, ask)
    const found = pieces.map((piece, index) => this.judge(piece, kept[index], oldest))
    const terms = { now: this.asker.clock.now(), oldest, closedAfterMs: this.closedAfterMs }
    const stretchesOf = (verdict: string) =>
      toStretches(
        found.filter((piece) => piece.verdict === verdict),
        history.facts,
        terms,
      )
    const lacking = stretchesOf('lacking')
    return {
      calls: lacking.length,
      read: async () => {
        const reader = new StretchReader(this.asker, history, this.closedAfterMs, begunAtMs)
        for (const stretch of stretchesOf('overdue')) reader.renew(stretch, ask)
        const unsearched = { from: range.from, to: searched?.from ?? range.to }
        const gaps = unsearched.from < unsearched.to ? [toRetentionGap(unsearched, history.facts)] : []
        const asked = await this.readStretches(reader, lacking, gaps, ask)
        return this.join(history, range, found, asked, gaps, ask)
      },
    }
  }

  /** Prepares, plans and reads in one go. */
  async read<Sample extends { readonly observedAt: Instant }>(
    history: History<Sample>,
    range: TimeRange,
    ask: Ask,
  ): Promise<HistoryAnswer<Sample>> {
    const prepared = await ask.meter.planTogether(
      () => this.prepare(history, range, ask),
      ({ calls }) => calls,
    )
    return prepared.read()
  }

  /** What came of the pieces that were asked for; those that could not be had stand in `gaps`. */
  private async readStretches<Sample extends { readonly observedAt: Instant }>(
    reader: StretchReader<Sample>,
    stretches: readonly Stretch<Sample>[],
    gaps: Gap[],
    ask: Ask,
  ): Promise<ReadonlyMap<Instant, Answer<Kept<Sample>>>> {
    let hopelessError: GatewayError | undefined
    const answers = new Map<Instant, Answer<Kept<Sample>>>()
    await sideBySide(stretches, CALLS_SIDE_BY_SIDE, async (stretch) => {
      try {
        if (hopelessError) throw hopelessError
        for (const [index, answer] of (await reader.fetch(stretch, ask)).entries()) {
          const piece = stretch.pieces[index]
          if (piece) answers.set(piece.window.from, answer)
        }
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error
        if (hopeless.has(error.code)) hopelessError = error
        for (const { window, wanted, kept } of stretch.pieces) {
          const fallback = this.asker.fallBack(kept, error, ask)
          if (fallback) answers.set(window.from, fallback)
          else gaps.push(toGap(wanted, error))
        }
      }
    })
    return answers
  }

  private join<Sample extends { readonly observedAt: Instant }>(
    history: History<Sample>,
    range: TimeRange,
    found: readonly JudgedPiece<Sample>[],
    asked: ReadonlyMap<Instant, Answer<Kept<Sample>>>,
    gaps: Gap[],
    ask: Ask,
  ): HistoryAnswer<Sample> {
    const had = found.flatMap(({ window, wanted, kept, verdict }) => {
      const answer = asked.get(window.from) ?? this.useKept(kept, wanted, verdict, ask)
      if (answer) gaps.push(...toPartGaps(answer, wanted, history.facts))
      // Of a window that the provider has forgotten there may be only what was had while it was open.
      if (answer && verdict === 'kept' && !this.isWhole(answer, wanted) && answer.value.asked.to < wanted.to)
        gaps.push(toRetentionGap({ from: Math.max(answer.value.asked.to, wanted.from), to: wanted.to }, history.facts))
      else if (answer) return answer
      else if (verdict === 'kept') gaps.push(toRetentionGap(wanted, history.facts))
      return answer ?? []
    })
    const loss = findTotalLoss(gaps, range, history.account)
    if (loss?.code === 'RANGE_UNAVAILABLE') throw toRangeUnavailable(range, history)
    if (loss) throw loss
    return {
      samples: joinSamples(had, range, history.identityOf),
      missing: joinGaps(gaps),
      ...combineFreshness(had, this.asker.clock.now()),
    }
  }

  private judge<Sample>(
    piece: Piece,
    kept: CacheEntry<Kept<Sample>> | undefined,
    oldest: Instant,
  ): JudgedPiece<Sample> {
    const isGood = kept !== undefined && (this.asker.isGood(kept) || this.isSettled(kept, piece.wanted))
    if (isGood || piece.wanted.to <= oldest) return { ...piece, kept, verdict: 'kept' }
    return { ...piece, kept, verdict: kept !== undefined && this.asker.isOverdue(kept) ? 'overdue' : 'lacking' }
  }

  /** Whether a window still open when it was asked for already held all that the wanted part can ever hold. */
  private isSettled(kept: CacheEntry<unknown>, wanted: TimeRange): boolean {
    return kept.fetchedAt >= wanted.to + this.closedAfterMs
  }

  /** Whether nothing is lacking of an entry as far as can be told now. */
  private isWhole(entry: Answer<Kept<unknown>>, wanted: TimeRange): boolean {
    return this.asker.isGood(entry) || this.isSettled(entry, wanted)
  }

  private useKept<Sample>(
    kept: CacheEntry<Kept<Sample>> | undefined,
    wanted: TimeRange,
    verdict: JudgedPiece<Sample>['verdict'],
    ask: Ask,
  ): Answer<Kept<Sample>> | undefined {
    if (!kept || verdict === 'lacking') return undefined
    if (verdict === 'overdue') return this.asker.useStale(kept, ask)
    const answer = this.asker.useKept(kept, ask)
    return this.isSettled(kept, wanted) ? { ...answer, freshUntil: FOREVER } : answer
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
