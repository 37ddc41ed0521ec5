// What was asked for on the command line.
import type { Rounds } from './rounds.ts'

const topicNames = ['quota', 'cache'] as const

/** What can be measured beside something else, in rounds. */
export type TopicName = (typeof topicNames)[number]

/** What is measured in one run: the shared parts in rounds, or the snapshot stores by themselves. */
export type GroupName = 'shared' | 'snapshots'

/** What is to be measured, and how. */
export interface Selection {
  /** None when only the snapshot stores are. */
  readonly topics: readonly TopicName[]
  readonly rounds: Rounds
  /** Most snapshots that the stores are filled with; null when they are not measured. */
  readonly snapshots: number | null
  /** Whether the page of figures is to be written anew. */
  readonly isWriting: boolean
}

const FEWEST_ROUNDS = 5
const SHORTEST_TURN_MS = 50
const FEWEST_SNAPSHOTS = 10_000
const USUAL_SNAPSHOTS = 100_000
/** What the page tells of. */
const WRITTEN_SNAPSHOTS = 1_000_000

/** @throws RangeError that names the word which is not understood */
export function readSelection(words: readonly string[]): Selection {
  const named = new Set<TopicName>()
  let [count, turnMs, isWriting, hasSnapshots] = [21, 100, false, false]
  let most: number | undefined
  for (const word of words) {
    const topic = topicNames.find((name) => name === word)
    if (topic !== undefined) named.add(topic)
    else if (word === 'snapshots') hasSnapshots = true
    else if (word === '--write') isWriting = true
    else if (word.startsWith('--rounds=')) count = readNumber(word, FEWEST_ROUNDS)
    else if (word.startsWith('--turn=')) turnMs = readNumber(word, SHORTEST_TURN_MS)
    else if (word.startsWith('--snapshots=')) most = readNumber(word, FEWEST_SNAPSHOTS)
    else throw new RangeError(`${word} is not understood`)
  }
  const isAll = named.size === 0 && !hasSnapshots
  // A place on the page with half of it from another run would invite comparing the two.
  const isShared = isAll || (isWriting && named.size > 0)
  most ??= isWriting ? WRITTEN_SNAPSHOTS : USUAL_SNAPSHOTS
  return {
    topics: isShared ? topicNames : [...named],
    rounds: { count, turnMs },
    snapshots: isAll || hasSnapshots ? most : null,
    isWriting,
  }
}

function readNumber(word: string, least: number): number {
  const number = Number(word.slice(word.indexOf('=') + 1))
  if (!Number.isInteger(number) || number < least) throw new RangeError(`${word}: not a whole number from ${least} on`)
  return number
}
