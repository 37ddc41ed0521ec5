// The calls behind a history: neighbouring windows that lack something are asked for together where one call can hold
// what they lack, and of a window that was asked for before only the end that can still have changed.
import type { CacheEntry } from '#cache/cache.ts'
import { toCacheKey } from '#cache/cache-keys.ts'
import type { Ask } from '#contract/ask.ts'
import type { CapabilityName } from '#contract/capability.ts'
import type { HistoryFacts } from '#contract/provider.ts'
import { FOREVER, type Instant, type TimeRange } from '#model/time-range.ts'
import type { Asker } from './ask.ts'
import type { QuestionIdentity } from './question.ts'
import type { Answer } from './services.ts'

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

/** A kept window: its samples, and how much of it was asked for. */
export interface Kept<Sample> {
  readonly asked: TimeRange
  readonly samples: readonly Sample[]
}

/** A window and the part of it that the caller wants. */
export interface Piece {
  readonly window: TimeRange
  readonly wanted: TimeRange
}

/** A piece with what is kept of its window. */
export interface FoundPiece<Sample> extends Piece {
  readonly kept: CacheEntry<Kept<Sample>> | undefined
}

/** Neighbouring pieces that one call is made for. */
export interface Stretch<Sample> {
  readonly pieces: readonly FoundPiece<Sample>[]
  /** Where the call begins; what is kept from before can no longer change. */
  readonly from: Instant
}

/** What a stretch is cut by. */
export interface StretchTerms {
  readonly now: Instant
  /** The provider keeps nothing from before. */
  readonly oldest: Instant
  /** How long after its time a sample can still change. */
  readonly closedAfterMs: number
}

/** A call may wait in the quota before it leaves, and the open end moves on meanwhile. */
const WAIT_MS = 60_000

/** Names what is kept of a window. */
export function toWindowIdentity(
  history: Pick<History<unknown>, 'account' | 'operation' | 'parts'>,
  window: TimeRange,
) {
  return { account: history.account, operation: history.operation, parts: [...history.parts, window.from] }
}

/** Joins pieces that lack something into as few calls as hold them, in order. */
export function toStretches<Sample>(
  pieces: readonly FoundPiece<Sample>[],
  { windowMs }: HistoryFacts,
  terms: StretchTerms,
): readonly Stretch<Sample>[] {
  const stretches: Stretch<Sample>[] = []
  for (const piece of pieces) {
    const last = stretches.at(-1)
    const isNeighbour = last?.pieces.at(-1)?.window.to === piece.window.from
    const end = Math.min(piece.window.to, terms.now + WAIT_MS)
    // What is kept of this one beyond its beginning is asked for again with its neighbour: a call counts, rows do not.
    if (last && isNeighbour && end - last.from <= windowMs)
      stretches[stretches.length - 1] = { ...last, pieces: [...last.pieces, piece] }
    else stretches.push({ pieces: [piece], from: toFrom(piece, terms) })
  }
  return stretches
}

/** Reads stretches through the asker. */
export class StretchReader<Sample extends { readonly observedAt: Instant }> {
  private readonly asker: Asker
  private readonly history: History<Sample>
  private readonly closedAfterMs: number
  private readonly begunAtMs: number

  /** @param begunAtMs a moment before what is kept of the stretches was looked up, on `Clock.monotonicMs` */
  constructor(asker: Asker, history: History<Sample>, closedAfterMs: number, begunAtMs: number) {
    this.asker = asker
    this.history = history
    this.closedAfterMs = closedAfterMs
    this.begunAtMs = begunAtMs
  }

  /** Makes the call, or shares it. It must have been planned. @returns an answer for each of its pieces, in order */
  async fetch(stretch: Stretch<Sample>, ask: Ask): Promise<readonly Answer<Kept<Sample>>[]> {
    const inHand = stretch.pieces.map(({ kept }) => kept)
    const recall = () => this.asker.recall<Kept<Sample>>(this.identitiesOf(stretch), inHand)
    const run = async (detached: Ask) => {
      // Somebody else may have asked since it was looked up: what can no longer change is asked for once.
      const known = await recall()
      if (!known) return this.call(stretch, detached)
      detached.meter.cached += known.length
      return known
    }
    const entries = await this.asker.share(this.flightOf(stretch), { run, recall }, ask, {
      hasFallback: inHand.every((kept) => this.asker.isOfUse(kept)),
      mayRunAgain: inHand.every((kept) => kept === undefined),
    })
    return entries.map((entry) => ({ ...entry, stale: false }))
  }

  /** Gives what is kept, and has it asked for anew without the caller. */
  renew(stretch: Stretch<Sample>, ask: Ask): void {
    this.asker.renew(this.flightOf(stretch), 1, ask, (own) => this.fetch(stretch, own))
  }

  private async call({ pieces, from }: Stretch<Sample>, ask: Ask): Promise<readonly CacheEntry<Kept<Sample>>[]> {
    const end = pieces.at(-1)?.window.to ?? from
    const calledAt = this.asker.clock.now()
    const asked = { from, to: Math.min(end, calledAt) }
    const samples = await this.history.fetch(asked, ask)
    const fetchedAt = this.asker.clock.now()
    const entries = pieces.map(({ window, kept }) => ({
      value: this.toKept(window, kept?.value, asked, samples),
      fetchedAt,
      // The answer may be as old as the call.
      freshUntil: calledAt >= window.to + this.closedAfterMs ? FOREVER : fetchedAt + this.history.paceMs,
    }))
    await Promise.all(
      entries.map((entry, index) => {
        const { window } = pieces[index] ?? { window: asked }
        return this.asker.keep(toWindowIdentity(this.history, window), entry, {
          sizeBytes: 200 + entry.value.samples.length * this.history.sampleBytes,
          // What is kept goes into it: were that cleared meanwhile, it would come back with it.
          begunAtMs: this.begunAtMs,
          usefulMs: 2 * this.history.facts.retentionMs,
        })
      }),
    )
    return entries
  }

  /** What a window holds now: what is kept from before the call's beginning, and what the call told of the rest. */
  private toKept(
    window: TimeRange,
    kept: Kept<Sample> | undefined,
    asked: TimeRange,
    samples: readonly Sample[],
  ): Kept<Sample> {
    const part = { from: Math.max(window.from, asked.from), to: Math.min(window.to, asked.to) }
    // Whether the provider's ends are inclusive is not known: what touches the window may be told with it.
    const told = samples.filter(({ observedAt }) => observedAt >= part.from && observedAt <= part.to)
    // What lies between is kept by nobody any more: one stretch cannot have a hole.
    const isApart = kept !== undefined && asked.from > kept.asked.to
    if (kept === undefined || isApart || asked.from <= window.from) return { asked: part, samples: told }
    const before = kept.samples.filter(({ observedAt }) => observedAt < asked.from)
    return { asked: { from: kept.asked.from, to: part.to }, samples: [...before, ...told] }
  }

  private identitiesOf(stretch: Stretch<Sample>): readonly QuestionIdentity[] {
    return stretch.pieces.map(({ window }) => toWindowIdentity(this.history, window))
  }

  private flightOf({ pieces }: Stretch<Sample>) {
    const { account, operation, parts } = this.history
    const windows = pieces.map(({ window }) => window.from)
    return { scope: account, key: toCacheKey([account, operation, ...parts, ...windows]) }
  }
}

/** Where a call for a window begins: at its beginning, or where what is kept of it can still have changed. */
function toFrom<Sample>({ window, kept }: FoundPiece<Sample>, { oldest, closedAfterMs }: StretchTerms): Instant {
  const from = Math.max(window.from, oldest)
  if (!kept) return from
  return Math.max(from, Math.min(kept.value.asked.to, kept.fetchedAt - closedAfterMs))
}
