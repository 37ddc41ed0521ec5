// A history asked for by instants: cut on a grid fixed to the epoch, so that all viewers share the same windows and
// a window that can no longer change is asked for once. Only the open one is asked again, at the provider's pace.
import type { CacheEntry } from '#cache/cache.ts'
import type { Ask } from '#contract/ask.ts'
import { type ErrorCode, GatewayError } from '#model/errors.ts'
import { FOREVER, type Instant, intersect, type TimeRange } from '#model/time-range.ts'
import { AnswerTally } from './answer-tally.ts'
import type { Asker } from './ask.ts'
import { combineFreshness } from './freshness.ts'
import { toPartGaps, toRangeUnavailable, toRetentionGap } from './history-gaps.ts'
import { implyNext, type Kept, type Timed, toOwnTime } from './history-kept.ts'
import { type HistoryAnswer, toSlices } from './history-series.ts'
import {
  type FoundPiece,
  type History,
  lacksBeginning,
  type Piece,
  type Stretch,
  StretchReader,
  toStretches,
  toWindowIdentity,
} from './history-stretches.ts'
import { findTotalLoss, joinGaps, toGap } from './range.ts'
import { SampleDigests } from './sample-digests.ts'
import { sideBySide } from './side-by-side.ts'
import type { Answer, Gap } from './views.ts'

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
  /** What is made of kept samples, for all who read them. */
  readonly digests = new SampleDigests()
  private readonly asker: Asker
  private readonly closedAfterMs: number

  /** @param closedAfterMs how long after its time a sample can still appear */
  constructor(asker: Asker, closedAfterMs: number) {
    this.asker = asker
    this.closedAfterMs = closedAfterMs
  }

  /** Looks up what is kept of `range`, which must not reach beyond now. */
  async prepare<Sample extends Timed>(
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
    const known = await this.asker.findMany<Kept<Sample>>(identities, ask)
    const { closedAfterMs } = this
    const kept = known.map((entry) => entry && toOwnTime(entry, { closedAfterMs, paceMs: history.paceMs }))
    const terms = { now: this.asker.clock.now(), oldest, closedAfterMs }
    const found = this.judgeAll(pieces, kept, terms)
    const lacking = toStretches(found, 'lacking', history.facts, terms)
    return {
      calls: lacking.length,
      read: async () => {
        const reader = new StretchReader(this.asker, history, terms, begunAtMs)
        for (const stretch of toStretches(found, 'overdue', history.facts, terms)) reader.renew(stretch, ask)
        const unsearched = { from: range.from, to: searched?.from ?? range.to }
        const gaps = unsearched.from < unsearched.to ? [toRetentionGap(unsearched, history.facts)] : []
        const tally = new AnswerTally()
        const asked = await this.readStretches(reader, lacking, gaps, ask, tally)
        const answer = this.join(history, range, found, asked, { gaps, oldest }, ask, tally)
        this.asker.teller.tell(history, ask, answer, tally)
        return answer
      },
    }
  }

  /** Prepares, plans and reads in one go. */
  async read<Sample extends Timed>(
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
  private async readStretches<Sample extends Timed>(
    reader: StretchReader<Sample>,
    stretches: readonly Stretch<Sample>[],
    gaps: Gap[],
    ask: Ask,
    tally: AnswerTally,
  ): Promise<ReadonlyMap<Instant, Answer<Kept<Sample>>>> {
    let hopelessError: GatewayError | undefined
    const answers = new Map<Instant, Answer<Kept<Sample>>>()
    await sideBySide(stretches, CALLS_SIDE_BY_SIDE, async (stretch) => {
      try {
        if (hopelessError) throw hopelessError
        for (const [from, answer] of await reader.fetch(stretch, ask, tally)) answers.set(from, answer)
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error
        if (hopeless.has(error.code)) hopelessError = error
        for (const { window, wanted, kept, verdict } of stretch.pieces) {
          if (verdict === 'kept') continue
          const fallback = this.asker.fallBack(kept, error, ask)
          if (fallback) answers.set(window.from, fallback)
          else gaps.push(toGap(wanted, error))
        }
      }
    })
    return answers
  }

  private join<Sample extends Timed>(
    history: History<Sample>,
    range: TimeRange,
    found: readonly FoundPiece<Sample>[],
    asked: ReadonlyMap<Instant, Answer<Kept<Sample>>>,
    { gaps, oldest }: { readonly gaps: Gap[]; readonly oldest: Instant },
    ask: Ask,
    tally: AnswerTally,
  ): HistoryAnswer<Sample> {
    const had = found.flatMap((piece) => {
      const { window, wanted, verdict } = piece
      const told = asked.get(window.from)
      const answer = told ? this.toAnswer(told, wanted, history) : this.useKept(piece, history, ask)
      if (!answer) {
        if (verdict === 'kept') gaps.push(toRetentionGap(wanted, history.facts))
        return []
      }
      // What follows from the window before, or lies beyond what the provider keeps, would have taken no call.
      const { asked: known } = answer.value
      if (!(told || answer.stale) && known.from < known.to && wanted.to > oldest) tally.kept += 1
      gaps.push(...toPartGaps(answer, wanted, history.facts, oldest))
      // Of a window that the provider has forgotten there may be only what was had while it was open.
      const { to } = answer.value.asked
      if (wanted.to <= oldest && to < wanted.to)
        gaps.push(toRetentionGap({ from: Math.max(to, wanted.from), to: wanted.to }, history.facts))
      return { wanted, answer }
    })
    const loss = findTotalLoss(gaps, range, history.account)
    if (loss?.code === 'RANGE_UNAVAILABLE') throw toRangeUnavailable(range, history.account, history.facts)
    if (loss) throw loss
    // Where nobody was asked, the age is that of this moment.
    if (gaps.length > 0 || had.length === 0) ask.meter.holdNot()
    this.holdUpToNow(history, range, had.at(-1)?.answer, ask)
    return {
      slices: had.flatMap(({ wanted, answer }) => toSlices(answer.value.samples, wanted)),
      missing: joinGaps(gaps),
      ...combineFreshness(
        had.map(({ answer }) => answer),
        this.asker.clock.now(),
      ),
    }
  }

  /** A range that ends with this moment goes on with it: into the next window, and past what the provider dates ahead. */
  private holdUpToNow<Sample extends Timed>(
    { facts, paceMs }: History<Sample>,
    range: TimeRange,
    last: Answer<Kept<Sample>> | undefined,
    ask: Ask,
  ): void {
    const now = this.asker.clock.now()
    if (now - range.to >= paceMs) return
    ask.meter.hold(Math.ceil(now / facts.windowMs) * facts.windowMs)
    if ((last?.value.samples.at(-1)?.observedAt ?? -FOREVER) >= range.to) ask.meter.holdNot()
  }

  private judgeAll<Sample>(
    pieces: readonly Piece[],
    kept: readonly (CacheEntry<Kept<Sample>> | undefined)[],
    { now, oldest }: { readonly now: Instant; readonly oldest: Instant },
  ): readonly FoundPiece<Sample>[] {
    const found: FoundPiece<Sample>[] = []
    // The beginning of a range that goes up to now moves on with it: what lies before is not asked for with the rest.
    const isMoving = (pieces.at(-1)?.window.to ?? now) > now
    for (const [index, piece] of pieces.entries()) {
      const before = found.at(-1)
      const implied =
        before?.kept && this.isShown(before.kept)
          ? implyNext({ ...before, kept: before.kept }, piece.window)
          : undefined
      const begin = isMoving && index === 0 ? toQuarter(piece) : piece.window.from
      found.push(this.judge({ ...piece, begin, kept: kept[index] ?? implied }, oldest))
    }
    return found
  }

  private judge<Sample>(piece: Omit<FoundPiece<Sample>, 'verdict'>, oldest: Instant): FoundPiece<Sample> {
    const { kept, wanted } = piece
    if (wanted.to <= oldest) return { ...piece, verdict: 'kept' }
    if (!kept || lacksBeginning(kept.value, wanted, oldest)) return { ...piece, verdict: 'lacking' }
    if (this.isGood(kept, wanted)) return { ...piece, verdict: 'kept' }
    return { ...piece, verdict: this.asker.isOverdue(kept) ? 'overdue' : 'lacking' }
  }

  /** Whether an entry is given as it is. */
  private isShown(kept: CacheEntry<unknown>): boolean {
    return this.asker.isGood(kept) || this.asker.isOverdue(kept)
  }

  /** Whether nothing is lacking of the wanted part of an entry as far as can be told now. */
  private isGood(kept: CacheEntry<Kept<unknown>>, wanted: TimeRange): boolean {
    return isSettled(kept, wanted) || this.asker.isGood(kept)
  }

  private useKept<Sample>(
    { kept, wanted, verdict }: FoundPiece<Sample>,
    history: History<Sample>,
    ask: Ask,
  ): Answer<Kept<Sample>> | undefined {
    if (!kept || verdict === 'lacking') return undefined
    if (verdict === 'overdue') return this.asker.useStale(kept, ask)
    const freshUntil = this.toLife(kept, wanted, history)
    return { ...this.asker.useKept(kept, ask, freshUntil), freshUntil }
  }

  private toAnswer<Sample>(
    told: Answer<Kept<Sample>>,
    wanted: TimeRange,
    history: History<Sample>,
  ): Answer<Kept<Sample>> {
    return told.stale ? told : { ...told, freshUntil: this.toLife(told, wanted, history) }
  }

  /** Until when the wanted part of an entry is all there is to tell. */
  private toLife(
    kept: CacheEntry<Kept<unknown>>,
    wanted: TimeRange,
    { paceMs }: Pick<History<unknown>, 'paceMs'>,
  ): Instant {
    if (!isSettled(kept, wanted)) return kept.freshUntil
    const now = this.asker.clock.now()
    // It may end where it does only because it ends now.
    return wanted.to + Math.max(this.closedAfterMs, paceMs) <= now ? FOREVER : now + paceMs
  }
}

/** Whether the wanted part of an entry can no longer change. */
function isSettled(kept: CacheEntry<Kept<unknown>>, wanted: TimeRange): boolean {
  return wanted.to <= kept.value.openFrom
}

/** The quarter of a window in which the wanted part of it begins. */
function toQuarter({ window, wanted }: Piece): Instant {
  const quarterMs = (window.to - window.from) / 4
  return window.from + Math.floor((wanted.from - window.from) / quarterMs) * quarterMs
}
