// Where an event stands among all that was told of its stream, for a watcher who comes back: how far it had got with
// what the sampler tells, and with what the collector does.

/** How far a watcher has got. */
export interface EventPlace {
  /** With what the sampler tells: the batch and the event in it; null before the first. */
  readonly live: { readonly batch: string; readonly index: number } | null
  /** With snapshots; null before the first. */
  readonly snapshot: string | null
}

const PLACE = /^(?:(\d{1,15}-\d{1,20})-(\d{1,5}))?_(\d{1,15}-\d{1,20})?$/

/** As one text of digits, `-` and `_`. */
export function toPlaceText({ live, snapshot }: EventPlace): string {
  return `${live ? `${live.batch}-${live.index}` : ''}_${snapshot ?? ''}`
}

/** The place of a text; undefined for one that is none. */
export function readPlaceText(text: string): EventPlace | undefined {
  const [, batch, index, snapshot] = PLACE.exec(text) ?? []
  if (batch === undefined && snapshot === undefined) return undefined
  return { live: batch === undefined ? null : { batch, index: Number(index) }, snapshot: snapshot ?? null }
}

/** A place so many milliseconds before another: what is read on from there holds what came since. @param ms ≥ 1 */
export function toPlaceBefore(place: string, ms: number): string {
  return `${Math.max(0, readPlaceMs(place) - ms)}-0`
}

/** When what stands at a place was told, in milliseconds of whoever numbers the places; 0 for none. */
export function readPlaceMs(place: string | undefined): number {
  return Number(place?.split('-', 1)[0] ?? 0)
}

/**
 * A place of which both halves are known. Who has had nothing of one kind yet has had it up to where he has had the
 * other: both are numbered by the same clock.
 */
export function completePlace({ live, snapshot }: EventPlace): EventPlace {
  return {
    live: live ?? (snapshot === null ? null : { batch: toPlaceBefore(snapshot, 1), index: Number.MAX_SAFE_INTEGER }),
    snapshot: snapshot ?? (live && toPlaceBefore(live.batch, 1)),
  }
}
