// What was asked for on the command line.
import { type LivePart, liveParts } from './live/live-parts.ts'
import type { Rounds } from './rounds.ts'
import { findRowId, type RowId, rowIds } from './speed/row.ts'

const topicNames = ['quota', 'cache'] as const

/** What can be measured beside something else, in rounds. */
export type TopicName = (typeof topicNames)[number]

/** What is measured in one run: the shared parts in rounds, or the snapshot stores by themselves. */
export type GroupName = 'shared' | 'snapshots'

/** What is to be measured, and how. */
export interface Selection {
  /** Rows of the goals. */
  readonly rows: readonly RowId[]
  /** How the rows are run. */
  readonly pace: { readonly rounds: number; readonly warmUpSeconds: number; readonly seconds: number }
  /** Whether only a quick look is taken at the fast path. */
  readonly isQuick: boolean
  /** Parts of the live bench; none when it is not run. */
  readonly live: readonly LivePart[]
  /** How long its many subscribers stay. */
  readonly minutes: number
  /** Whether it is only to be seen that it runs. */
  readonly isTrial: boolean
  /** Parts that are measured by themselves. */
  readonly topics: readonly TopicName[]
  readonly rounds: Rounds
  /** Most snapshots that the stores are filled with; null when they are not measured. */
  readonly snapshots: number | null
  /** Whether figures of topics are put onto their page. */
  readonly isWriting: boolean
  /** Whether the page of results is written: every row was run, for long enough to mean something. */
  readonly isWholeRun: boolean
}

const FEWEST_ROUNDS = 5
const SHORTEST_TURN_MS = 50
/** Under load V8 goes on compiling for about as long: the larger a server is, the longer. */
const WARM_UP_SECONDS = 8
const FEWEST_SNAPSHOTS = 10_000
const USUAL_MINUTES = 2
const USUAL_SNAPSHOTS = 100_000
/** What the page tells of. */
const WRITTEN_SNAPSHOTS = 1_000_000

/** @throws RangeError that names the word which is not understood */
export function readSelection(words: readonly string[]): Selection {
  const named = new Set<TopicName>()
  const ids = new Set<RowId>()
  const live = new Set<LivePart>()
  let minutes = USUAL_MINUTES
  let [count, turnMs]: [number | undefined, number | undefined] = [undefined, undefined]
  let [isWriting, isTrial, hasSnapshots, isQuick] = [false, false, false, false]
  let most: number | undefined
  for (const word of words) {
    const topic = topicNames.find((name) => name === word)
    const id = findRowId(word)
    const part = liveParts.find((name) => name === word)
    if (topic !== undefined) named.add(topic)
    else if (id !== undefined) ids.add(id)
    else if (part !== undefined) live.add(part)
    else if (word === 'live') for (const name of liveParts) live.add(name)
    else if (word.startsWith('--minutes=')) minutes = readNumber(word, 1)
    else if (word === 'snapshots') hasSnapshots = true
    else if (word === 'quick') isQuick = true
    else if (word === '--write') isWriting = true
    else if (word === '--trial') isTrial = true
    else if (word.startsWith('--rounds=')) count = readNumber(word, 1)
    else if (word.startsWith('--turn=')) turnMs = readNumber(word, SHORTEST_TURN_MS)
    else if (word.startsWith('--snapshots=')) most = readNumber(word, FEWEST_SNAPSHOTS)
    else throw new RangeError(`${word} is not understood`)
  }
  // Fewer say nothing, and a figure that says nothing must not look like one that does.
  if (count !== undefined && count < FEWEST_ROUNDS && !isTrial)
    throw new RangeError(`--rounds=${count}: not a whole number from ${FEWEST_ROUNDS} on`)
  const isAll = named.size === 0 && ids.size === 0 && live.size === 0 && !hasSnapshots && !isQuick
  most ??= isWriting ? WRITTEN_SNAPSHOTS : USUAL_SNAPSHOTS
  return {
    rows: isAll ? rowIds : rowIds.filter((id) => ids.has(id)),
    pace: {
      rounds: count ?? FEWEST_ROUNDS,
      warmUpSeconds: isTrial ? 1 : WARM_UP_SECONDS,
      seconds: Math.max(1, Math.round((turnMs ?? 3000) / 1000)),
    },
    isQuick,
    live: isWriting && live.size > 0 ? liveParts : liveParts.filter((name) => live.has(name)),
    minutes,
    isTrial,
    // A place on the page with half of it from another run would invite comparing the two.
    topics: isWriting && named.size > 0 ? topicNames : [...named],
    rounds: { count: count ?? 21, turnMs: turnMs ?? 100 },
    snapshots: hasSnapshots ? most : null,
    isWriting,
    isWholeRun: isAll && !isTrial,
  }
}

function readNumber(word: string, least: number): number {
  const number = Number(word.slice(word.indexOf('=') + 1))
  if (!Number.isInteger(number) || number < least) throw new RangeError(`${word}: not a whole number from ${least} on`)
  return number
}
