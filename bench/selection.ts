// What was asked for on the command line.
import type { Rounds } from './rounds.ts'

const topicNames = ['quota', 'cache'] as const

/** What can be measured. */
export type TopicName = (typeof topicNames)[number]

/** What is to be measured, and how. */
export interface Selection {
  readonly topics: readonly TopicName[]
  readonly rounds: Rounds
  /** Whether the page of figures is to be written anew. */
  readonly isWriting: boolean
}

const FEWEST_ROUNDS = 5
const SHORTEST_TURN_MS = 50

/** @throws RangeError that names the word which is not understood */
export function readSelection(words: readonly string[]): Selection {
  const named = new Set<TopicName>()
  let [count, turnMs, isWriting] = [21, 100, false]
  for (const word of words) {
    const topic = topicNames.find((name) => name === word)
    if (topic !== undefined) named.add(topic)
    else if (word === '--write') isWriting = true
    else if (word.startsWith('--rounds=')) count = readNumber(word, FEWEST_ROUNDS)
    else if (word.startsWith('--turn=')) turnMs = readNumber(word, SHORTEST_TURN_MS)
    else throw new RangeError(`${word} is not understood`)
  }
  // A page with half of it from another run would invite comparing the two.
  const isAll = named.size === 0 || isWriting
  return { topics: isAll ? topicNames : [...named], rounds: { count, turnMs }, isWriting }
}

function readNumber(word: string, least: number): number {
  const number = Number(word.slice(word.indexOf('=') + 1))
  if (!Number.isInteger(number) || number < least) throw new RangeError(`${word}: not a whole number from ${least} on`)
  return number
}
