// Whether a refusal told the truth about when it would have been worth asking.

/** A request for something that costs a start, as its client and the provider saw it. Epoch milliseconds, one clock. */
export interface AskedCall {
  readonly sentAtMs: number
  /** When its answer was there. */
  readonly doneAtMs: number
  /** When its first attempt arrived at the provider; undefined when it was refused. */
  readonly startedAtMs?: number | undefined
  /** What a refusal told; undefined when it was none, or told nothing. */
  readonly retryAfterMs?: number | undefined
}

/**
 * Told time minus true time for every refusal, in milliseconds: positive when it told people to wait too long. The next
 * start that was really free is the one that a call sent after the refusal got first; that is the truth only while
 * somebody asks without a break. Refusals that nothing was started after are left out.
 */
export function findRetryAfterErrors(calls: readonly AskedCall[]): readonly number[] {
  const started = calls
    .filter((call) => call.startedAtMs !== undefined)
    .toSorted((one, other) => one.sentAtMs - other.sentAtMs)
  // Earliest arrival of any call from this place on.
  const earliest: number[] = []
  for (let index = started.length - 1; index >= 0; index -= 1)
    earliest[index] = Math.min(
      started[index]?.startedAtMs ?? Number.POSITIVE_INFINITY,
      earliest[index + 1] ?? Number.POSITIVE_INFINITY,
    )
  return calls.flatMap(({ doneAtMs, retryAfterMs, startedAtMs }) => {
    if (retryAfterMs === undefined || startedAtMs !== undefined) return []
    const truthMs = earliest[findFirst(started, (call) => call.sentAtMs > doneAtMs)]
    return truthMs === undefined ? [] : [doneAtMs + retryAfterMs - truthMs]
  })
}

/** Place of the first item that `isLater`, when all after it are too; the length when there is none. */
function findFirst<Item>(items: readonly Item[], isLater: (item: Item) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && isLater(item)) high = middle
    else low = middle + 1
  }
  return low
}
