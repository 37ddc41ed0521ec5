// The calls behind a history: neighbouring windows that lack something are asked for together where one call can hold
// what they lack, and of a window that was asked for before only the part that can still have changed.
import type { CacheEntry } from '#cache/cache.ts'
import { toCacheKey } from '#cache/cache-keys.ts'
import type { Ask } from '#contract/ask.ts'
import type { CapabilityName } from '#contract/capability.ts'
import type { HistoryFacts } from '#contract/provider.ts'
import { FOREVER, type Instant, type TimeRange } from '#model/time-range.ts'
import type { AnswerTally } from './answer-tally.ts'
import type { Asker } from './ask.ts'
import { CLOCK_SPREAD_MS, implyNext, type Kept, type RowRules, type Timed, toKept, toOwnTime } from './history-kept.ts'
import type { AskedWork } from './question.ts'
import type { Answer } from './views.ts'

/** A history of one thing: which it is, and how a stretch of it is asked for. */
export interface History<Sample> extends RowRules<Sample> {
  readonly account: string
  readonly operation: CapabilityName
  /** What tells it from other histories of that operation. */
  readonly parts: readonly (string | number | null)[]
  readonly facts: HistoryFacts
  /** How often the provider adds to it. */
  readonly paceMs: number
  /** Memory one sample takes, in bytes, roughly. */
  readonly sampleBytes: number
  /** Asks the provider for at most one window. */
  readonly fetch: (range: TimeRange, ask: Ask) => Promise<readonly Sample[]>
}

/** A window and the part of it that the caller wants. */
export interface Piece {
  readonly window: TimeRange
  readonly wanted: TimeRange
}

/** A piece with what is kept of its window, and what becomes of it. */
export interface FoundPiece<Sample> extends Piece {
  readonly kept: CacheEntry<Kept<Sample>> | undefined
  /** Where the window is asked for from when nothing of it is kept. */
  readonly begin: Instant
  /** `kept` answers it, or nobody can any more; `lacking`: the provider is asked; `overdue`: behind the caller's back. */
  readonly verdict: 'kept' | 'lacking' | 'overdue'
}

/** Neighbouring pieces that one call is made for. */
export interface Stretch<Sample> {
  readonly pieces: readonly FoundPiece<Sample>[]
  /** What the call asks for; it ends no later than the moment it is made. */
  readonly range: TimeRange
}

/** What a stretch is cut by. */
export interface StretchTerms {
  readonly now: Instant
  /** The provider keeps nothing from before. */
  readonly oldest: Instant
}

/** What stretches are read by. */
interface ReaderTerms extends Pick<StretchTerms, 'oldest'> {
  /** How long after its time a sample can still appear. */
  readonly closedAfterMs: number
}

/** What windows hold, by their beginnings. */
type ByWindow<Found> = ReadonlyMap<Instant, Found>

/** A call may wait in the quota before it leaves, and the open end moves on meanwhile. */
const WAIT_MS = 60_000
/**
 * The form of what is kept. Replicas of another version find theirs, which this one cannot read, under other names; nor
 * do they wait for each other's calls.
 */
const FORM = 2

/** Names what is kept of a window. */
export function toWindowIdentity(
  history: Pick<History<unknown>, 'account' | 'operation' | 'parts'>,
  window: TimeRange,
) {
  return { account: history.account, operation: history.operation, parts: [...history.parts, FORM, window.from] }
}

/** Whether what is kept of a window begins behind what is wanted of it, and the provider still has what is before. */
export function lacksBeginning({ asked }: Kept<unknown>, wanted: TimeRange, oldest: Instant): boolean {
  return asked.from > Math.max(wanted.from, oldest + CLOCK_SPREAD_MS)
}

/**
 * Joins pieces of a verdict into as few calls as hold them, in order. Open windows beside them come along where they fit:
 * else neighbours would be asked for at different moments from then on, in two calls for what one can tell.
 */
export function toStretches<Sample>(
  pieces: readonly FoundPiece<Sample>[],
  verdict: FoundPiece<Sample>['verdict'],
  { windowMs }: HistoryFacts,
  terms: StretchTerms,
): readonly Stretch<Sample>[] {
  const stretches: Stretch<Sample>[] = []
  for (const piece of pieces) {
    if (piece.verdict !== verdict && !isOpen(piece)) continue
    const last = stretches.at(-1)
    const isNeighbour = last?.pieces.at(-1)?.window.to === piece.window.from
    const range = toCallRange(piece, terms)
    const end = Math.min(range.to, terms.now + WAIT_MS)
    // What is kept of this one beyond its beginning is asked for again with its neighbour: a call counts, rows do not.
    if (last && isNeighbour && end - last.range.from <= windowMs)
      stretches[stretches.length - 1] = {
        pieces: [...last.pieces, piece],
        range: { from: last.range.from, to: range.to },
      }
    else stretches.push({ pieces: [piece], range })
  }
  return stretches.filter((stretch) => stretch.pieces.some((piece) => piece.verdict === verdict))
}

/** Reads stretches through the asker. */
export class StretchReader<Sample extends Timed> {
  private readonly asker: Asker
  private readonly history: History<Sample>
  private readonly terms: ReaderTerms
  private readonly begunAtMs: number

  /** @param begunAtMs a moment before what is kept of the stretches was looked up, on `Clock.monotonicMs` */
  constructor(asker: Asker, history: History<Sample>, terms: ReaderTerms, begunAtMs: number) {
    this.asker = asker
    this.history = history
    this.terms = terms
    this.begunAtMs = begunAtMs
  }

  /**
   * Makes the call, or shares it. It must have been planned.
   * @param tally of the answer that it becomes a part of; left out where nobody waits for it
   * @returns an answer for each piece that lacked something
   */
  async fetch(stretch: Stretch<Sample>, ask: Ask, tally?: AnswerTally): Promise<ByWindow<Answer<Kept<Sample>>>> {
    const told = await this.share(stretch, ask, tally)
    const answers = new Map<Instant, Answer<Kept<Sample>>>()
    const lacking: FoundPiece<Sample>[] = []
    for (const piece of stretch.pieces) {
      const kept = this.findIn(told, piece)
      if (kept && !lacksBeginning(kept.value, piece.wanted, this.terms.oldest))
        answers.set(piece.window.from, { ...kept, stale: false })
      else if (piece.verdict !== 'kept') lacking.push({ ...piece, kept: kept ?? piece.kept, verdict: 'lacking' })
    }
    // Somebody else's call was shared, who wanted less. This operation's own is still to be made.
    const terms = { now: this.asker.clock.now(), oldest: this.terms.oldest }
    for (const rest of toStretches(lacking, 'lacking', this.history.facts, terms))
      for (const [from, answer] of await this.fetch(rest, ask, tally)) answers.set(from, answer)
    return answers
  }

  /** Gives what is kept, and has it asked for anew without the caller. */
  renew(stretch: Stretch<Sample>, ask: Ask): void {
    this.asker.renew(this.flightOf(stretch), 1, ask, (own) => this.fetch(stretch, own))
  }

  private share(
    stretch: Stretch<Sample>,
    ask: Ask,
    tally: AnswerTally | undefined,
  ): Promise<ByWindow<CacheEntry<Kept<Sample>>>> {
    const inHand = stretch.pieces.map((piece) => this.findSubstitute(piece))
    const recall = () => this.recall(stretch)
    const run: AskedWork<ByWindow<CacheEntry<Kept<Sample>>>>['run'] = async (detached, recalled, leave) => {
      const known = await recalled
      if (!known) return this.call(stretch, detached, leave)
      detached.meter.cached += known.size
      return known
    }
    return this.asker.share(this.flightOf(stretch), { run, recall }, ask, {
      hasFallback: inHand.every((kept) => this.asker.isOfUse(kept)),
      mayRunAgain: inHand.every((kept) => kept === undefined),
      tally,
    })
  }

  /** What others have asked since the stretch was looked up, when it answers all of it. */
  private async recall({ pieces }: Stretch<Sample>): Promise<ByWindow<CacheEntry<Kept<Sample>>> | undefined> {
    const found = new Map<Instant, CacheEntry<Kept<Sample>>>()
    const recalled = pieces.map(async ({ window, kept }) => {
      const known = await this.asker.recall<Kept<Sample>>([toWindowIdentity(this.history, window)], [kept])
      return [window.from, known?.[0] && this.toOwnTime(known[0])] as const
    })
    for (const [from, entry] of await Promise.all(recalled)) if (entry) found.set(from, entry)
    const isWhole = pieces.every((piece) => {
      if (piece.verdict === 'kept') return true
      const entry = this.findIn(found, piece)
      return entry !== undefined && !lacksBeginning(entry.value, piece.wanted, this.terms.oldest)
    })
    return isWhole ? found : undefined
  }

  /** What is kept of a piece, where it can be given for it: what is wanted is worth a longer wait than what is newer. */
  private findSubstitute({ kept, wanted }: FoundPiece<Sample>): CacheEntry<Kept<Sample>> | undefined {
    if (!kept || lacksBeginning(kept.value, wanted, this.terms.oldest)) return undefined
    return kept.value.asked.to > wanted.from ? kept : undefined
  }

  private toOwnTime(kept: CacheEntry<Kept<Sample>>): CacheEntry<Kept<Sample>> {
    return toOwnTime(kept, { closedAfterMs: this.terms.closedAfterMs, paceMs: this.history.paceMs })
  }

  /** What was told of a window, also by way of the one before it. */
  private findIn(told: ByWindow<CacheEntry<Kept<Sample>>>, { window }: Piece): CacheEntry<Kept<Sample>> | undefined {
    const from = window.from - this.history.facts.windowMs
    const kept = told.get(from)
    return told.get(window.from) ?? implyNext(kept && { window: { from, to: window.from }, kept }, window)
  }

  private async call(
    { pieces, range }: Stretch<Sample>,
    ask: Ask,
    leave: (keeping: Promise<unknown>) => void,
  ): Promise<ByWindow<CacheEntry<Kept<Sample>>>> {
    const calledAt = this.asker.clock.now()
    const asked = { from: range.from, to: Math.min(range.to, calledAt) }
    const told = { asked, calledAt, samples: await this.history.fetch(asked, ask) }
    const fetchedAt = this.asker.clock.now()
    const entries = pieces.map(({ window, kept }) => {
      const value = toKept(this.history, window, kept?.value, told, this.terms.closedAfterMs)
      const freshUntil = value.openFrom >= window.to ? FOREVER : fetchedAt + this.history.paceMs
      return { window, entry: { value, fetchedAt, freshUntil } }
    })
    for (const { window, entry } of entries)
      leave(
        this.asker.keep(toWindowIdentity(this.history, window), entry, {
          sizeBytes: 200 + entry.value.samples.length * this.history.sampleBytes,
          // What is kept goes into it: were that cleared meanwhile, it would come back with it.
          begunAtMs: this.begunAtMs,
          usefulMs: 2 * this.history.facts.retentionMs,
        }),
      )
    return new Map(entries.map(({ window, entry }) => [window.from, entry]))
  }

  /**
   * By its first window alone: of two viewers around the moment in which the next window begins, one wants that too, and
   * they share the call all the same.
   */
  private flightOf({ pieces }: Stretch<Sample>) {
    const { account, operation, parts } = this.history
    return { scope: account, key: toCacheKey([account, operation, ...parts, FORM, pieces[0]?.window.from ?? null]) }
  }
}

/** Whether a window is kept that will be asked for again. */
function isOpen<Sample>({ window, kept, verdict }: FoundPiece<Sample>): boolean {
  return verdict === 'kept' && kept !== undefined && kept.value.openFrom < window.to
}

/** What is asked for of a window: all that is worth it, what is before the part that is kept, or what can have changed. */
function toCallRange<Sample>({ window, wanted, begin, kept }: FoundPiece<Sample>, { oldest }: StretchTerms): TimeRange {
  if (!kept) return { from: Math.max(begin, oldest), to: window.to }
  const from = Math.max(window.from, oldest)
  const { asked, openFrom } = kept.value
  if (!lacksBeginning(kept.value, wanted, oldest)) return { from: Math.max(from, openFrom), to: window.to }
  return { from, to: openFrom >= window.to ? asked.from : window.to }
}
