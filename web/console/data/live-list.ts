// What is live, all of it, gathered a page at a time and again from time to time; with what was seen before.
import { useEffect, useRef, useState } from 'preact/hooks'
import { apiKey } from './gateway.ts'
import { type Answer, ask } from './graphql.ts'
import { type Polling, poll } from './poll.ts'
import { type ListedStream, type LiveStreamPage, liveStreamsOperation } from './stream-operations.ts'
import { AskError, type Trouble, toTrouble } from './trouble.ts'

/** A stream that is live. */
export interface LiveRow {
  readonly account: string
  readonly key: string
  /** Each null where it is not told. */
  readonly viewers: number | null
  readonly bandwidth: number | null
  readonly bitrate: number | null
  readonly frameRate: number | null
  /** Viewers of the latest rounds, the newest last; NaN where a round did not tell. */
  readonly trend: readonly number[]
  /** Whether this round has not told of it, for its account has failed. */
  readonly isFromBefore: boolean
}

/** An account that could not answer. */
export type AccountFailure = NonNullable<LiveStreamPage['liveStreams']>['failures'][number]

/** What has been gathered. */
export interface LiveList {
  readonly rows: readonly LiveRow[]
  readonly failures: readonly AccountFailure[]
  /** Why the last round did not come to its end. */
  readonly trouble: Trouble | undefined
  /** Whether a round has come to its end. */
  readonly isWhole: boolean
  /** Whether a part of it is past its life. */
  readonly isStale: boolean
  /** When the last round ended. */
  readonly gatheredAtMs: number | undefined
  /** Pages of a round. */
  readonly pages: number
  /** Between two rounds. */
  readonly everyMs: number
  readonly refresh: () => void
}

/** The most that the gateway gives at a time. */
const PAGE_SIZE = 300
/** Rounds that are remembered. */
const TREND_LENGTH = 40
const SHORTEST_ROUND_MS = 15_000
/** Every page may be a call of the account's quota, which is there for others too. */
const PACE_OF_PAGE_MS = 5_000
const LOOK_EVERY_MS = 1_000

const nothing: Omit<LiveList, 'refresh'> = {
  rows: [],
  failures: [],
  trouble: undefined,
  isWhole: false,
  isStale: false,
  gatheredAtMs: undefined,
  pages: 0,
  everyMs: SHORTEST_ROUND_MS,
}

/** How long after a round of so many pages the next begins. */
export function toRoundMs(pages: number): number {
  return Math.max(SHORTEST_ROUND_MS, pages * PACE_OF_PAGE_MS)
}

/** Gathers while the component is shown. @param accounts names; none: nothing is asked */
export function useLiveList(accounts: readonly string[], isPaused: boolean): LiveList {
  const [list, setList] = useState(nothing)
  const known = useRef(new Map<string, LiveRow>())
  const polling = useRef<Polling>(undefined)
  const isDue = useRef(true)
  const endedAtMs = useRef(Number.NEGATIVE_INFINITY)
  const question = `${apiKey.value} ${JSON.stringify(accounts)}`

  useEffect(() => {
    known.current = new Map()
    endedAtMs.current = Number.NEGATIVE_INFINITY
    setList(nothing)
  }, [question])

  useEffect(() => {
    if (accounts.length === 0 || isPaused) return
    let roundMs = SHORTEST_ROUND_MS
    const own = poll(async (signal) => {
      if (!isDue.current && performance.now() - endedAtMs.current < roundMs) return
      isDue.current = false
      try {
        const pages = await gather(accounts, known.current, setList, signal)
        roundMs = toRoundMs(pages)
        endedAtMs.current = performance.now()
      } catch (error) {
        isDue.current = true
        if (!signal.aborted) setList((before) => ({ ...before, trouble: toTrouble(error) }))
        throw error
      }
    }, LOOK_EVERY_MS)
    polling.current = own
    return () => own.stop()
  }, [question, isPaused])

  return {
    ...list,
    refresh() {
      isDue.current = true
      polling.current?.now()
    },
  }
}

/** One round. @returns pages of it @throws AskError when a page has no answer; what came before it stays */
async function gather(
  accounts: readonly string[],
  known: Map<string, LiveRow>,
  show: (change: (before: typeof nothing) => typeof nothing) => void,
  signal: AbortSignal,
): Promise<number> {
  const seen = new Set<string>()
  const failures = new Map<string, AccountFailure>()
  let isStale = false
  let pages = 0
  for (let after: string | null = null; ; ) {
    const answer: Answer<LiveStreamPage> = await ask(
      liveStreamsOperation,
      { accounts, first: PAGE_SIZE, after },
      signal,
    )
    const page = answer.data.liveStreams
    if (!page) throw new AskError(answer.troubles[0] ?? { code: 'UNEXPECTED', message: '', isRetryable: true })
    pages += 1
    isStale ||= page.stale
    for (const node of page.nodes) {
      const name = toName(node.account.name, node.key)
      // The list can move while it is read: a stream is counted once.
      if (!seen.has(name)) known.set(name, toRow(node, known.get(name)))
      seen.add(name)
    }
    failures.clear()
    for (const failure of page.failures) failures.set(failure.account, failure)
    // The first round is shown as it comes in; later ones would only make the order jump.
    if (page.pageInfo.hasNextPage)
      show((before) => (before.isWhole ? before : { ...before, rows: [...known.values()] }))
    if (!page.pageInfo.hasNextPage) break
    after = page.pageInfo.endCursor
  }
  for (const [name, row] of known) {
    if (seen.has(name)) continue
    if (failures.has(row.account)) known.set(name, { ...row, isFromBefore: true })
    else known.delete(name)
  }
  show(() => ({
    rows: [...known.values()],
    failures: [...failures.values()],
    trouble: undefined,
    isWhole: true,
    isStale,
    gatheredAtMs: Date.now(),
    pages,
    everyMs: toRoundMs(pages),
  }))
  return pages
}

function toRow({ account, key, live }: ListedStream, before: LiveRow | undefined): LiveRow {
  const viewers = live?.onlineViewers ?? null
  return {
    account: account.name,
    key,
    viewers,
    bandwidth: live?.bandwidthBitsPerSecond ?? null,
    bitrate: live?.push?.bitrateBitsPerSecond ?? null,
    frameRate: live?.push?.frameRate ?? null,
    trend: [...(before?.trend ?? []), viewers ?? Number.NaN].slice(-TREND_LENGTH),
    isFromBefore: false,
  }
}

function toName(account: string, key: string): string {
  return `${account}\n${key}`
}
