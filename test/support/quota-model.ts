// What a quota does, in the plainest words: one limit, clients by turns, everybody's turn worked out from scratch.

/** What has become of an arrival. */
export type Fate =
  | 'waiting'
  | 'left'
  | { readonly grantedAtMs: number }
  | { readonly refusedAtMs: number; readonly freeAtMs: number }

/** A quota that is not fast, but plain. */
export interface QuotaModel {
  arrive(client: string, deadlineAtMs: number): void
  leave(index: number): void
  advanceTo(nowMs: number): void
  /** In the order of arrival. */
  list(): readonly Fate[]
}

interface Waiter {
  readonly index: number
  readonly client: string
  readonly deadlineAtMs: number
}

interface State {
  readonly nowMs: number
  readonly starts: readonly number[]
  /** In the order of arrival. */
  readonly waiting: readonly Waiter[]
  /** Turn that was used last. */
  readonly turn: number
  /** By client, the first turn it may use. */
  readonly next: Readonly<Record<string, number>>
}

/** A model of an empty quota. */
export function toQuotaModel(limit: number, spanMs: number): QuotaModel {
  const fates: Fate[] = []
  let state: State = { nowMs: 0, starts: [], waiting: [], turn: 0, next: {} }

  const without = (from: State, waiter: Waiter): State => ({
    ...from,
    waiting: from.waiting.filter(({ index }) => index !== waiter.index),
  })

  function step(from: State): { readonly waiter: Waiter; readonly atMs: number; readonly next: State } | undefined {
    const toTurn = ({ client }: Waiter) => Math.max(from.turn, from.next[client] ?? 0)
    const [waiter] = [...from.waiting].sort((one, other) => toTurn(one) - toTurn(other) || one.index - other.index)
    if (waiter === undefined) return undefined
    const oldest = from.starts.at(-limit)
    const atMs = Math.max(from.nowMs, oldest === undefined ? 0 : oldest + spanMs)
    const turn = toTurn(waiter)
    const served = {
      ...without(from, waiter),
      nowMs: atMs,
      starts: [...from.starts, atMs],
      turn,
      next: { ...from.next, [waiter.client]: turn + 1 },
    }
    return { waiter, atMs, next: atMs > waiter.deadlineAtMs ? without(from, waiter) : served }
  }

  function* foresee(from: State) {
    for (let next = step(from); next !== undefined; next = step(next.next)) yield next
  }

  function isLate(from: State, waiter: Waiter): boolean {
    for (const each of foresee(from)) if (each.waiter.index === waiter.index) return each.atMs > waiter.deadlineAtMs
    return false
  }

  /** Refuses those who come too late. */
  function refuse(late: readonly Waiter[]): void {
    for (const waiter of late) state = without(state, waiter)
    for (const waiter of late) {
      const again = { ...waiter, index: fates.length, deadlineAtMs: Number.POSITIVE_INFINITY }
      for (const { waiter: each, atMs } of foresee({ ...state, waiting: [...state.waiting, again] }))
        if (each === again) fates[waiter.index] = { refusedAtMs: state.nowMs, freeAtMs: atMs }
    }
  }

  function serveUntil(nowMs: number): void {
    for (let next = step(state); next !== undefined && next.atMs <= nowMs; next = step(state)) {
      state = next.next
      fates[next.waiter.index] = { grantedAtMs: next.atMs }
    }
    state = { ...state, nowMs }
  }

  return {
    arrive(client, deadlineAtMs) {
      const newcomer = { index: fates.length, client, deadlineAtMs }
      fates.push('waiting')
      const joined = { ...state, waiting: [...state.waiting, newcomer] }
      if (isLate(joined, newcomer)) {
        refuse([newcomer])
        return
      }
      state = joined
      refuse(state.waiting.filter((waiter) => isLate(state, waiter)))
      serveUntil(state.nowMs)
    },
    leave(index) {
      const waiter = state.waiting.find((each) => each.index === index)
      if (waiter === undefined) return
      state = without(state, waiter)
      fates[index] = 'left'
    },
    advanceTo: serveUntil,
    list: () => fates,
  }
}
