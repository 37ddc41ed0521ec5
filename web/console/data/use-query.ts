// A question as a part of the page: asked while the part is shown, and again from time to time.
import { useEffect, useRef, useState } from 'preact/hooks'
import { apiKey } from './gateway.ts'
import { type Answer, ask, type Operation } from './graphql.ts'
import { findPassing } from './passing.ts'
import { type Polling, poll } from './poll.ts'
import type { MissingRange } from './stream-operations.ts'
import { AskError, type FieldTrouble, type Trouble, toTrouble } from './trouble.ts'

/** How a question is asked. */
export interface QueryOptions<Data> {
  /** Milliseconds between an answer and the next question; left out: once. */
  readonly everyMs?: number
  /** Whether the answer to other variables is shown until the one to the new ones is there. */
  readonly shouldKeep?: boolean
  /** Pieces that an answer lacks without an error: it is asked for again while one of them may be had. */
  readonly readMissing?: (data: Data) => readonly MissingRange[] | undefined
}

/** Where a question stands. */
export interface QueryState<Data> {
  /** The last answer that held data. */
  readonly data: Data | undefined
  /** What of it could not be had. */
  readonly troubles: readonly FieldTrouble[]
  /** Why the last question had no answer at all. */
  readonly trouble: Trouble | undefined
  /** When `data` came. */
  readonly receivedAtMs: number | undefined
  readonly isAsking: boolean
  /** Whether `data` is from before a question that had no answer. */
  readonly isOutdated: boolean
  /** Asks now. */
  refresh(): void
}

interface Held<Data> {
  /** The question it belongs to. */
  readonly question: string | undefined
  readonly answer: Answer<Data> | undefined
  readonly trouble: Trouble | undefined
  readonly isAsking: boolean
}

const nothing = { question: undefined, answer: undefined, trouble: undefined, isAsking: false } as const

/**
 * Asks while the component is shown; a tab that nobody sees asks nothing.
 *
 * @param variables null: nothing is asked. Compared by what they say
 */
export function useQuery<Data, Variables extends object>(
  operation: Operation<Data, Variables>,
  variables: Variables | null,
  { everyMs = Number.POSITIVE_INFINITY, shouldKeep = false, readMissing }: QueryOptions<Data> = {},
): QueryState<Data> {
  const [held, setHeld] = useState<Held<Data>>(nothing)
  const polling = useRef<Polling>(undefined)
  // Another key is another question: it may be answered otherwise.
  const question = variables === null ? undefined : `${operation.name} ${apiKey.value} ${JSON.stringify(variables)}`

  // The question says all that operation and variables do.
  useEffect(() => {
    if (question === undefined || variables === null) {
      setHeld(nothing)
      return
    }
    const own = poll(async (signal) => {
      setHeld((before) => ({ ...before, isAsking: true }))
      let answer: Answer<Data>
      try {
        answer = await ask(operation, variables, signal)
      } catch (error) {
        if (!signal.aborted)
          setHeld((before) => ({
            question,
            answer: before.question === question || shouldKeep ? before.answer : undefined,
            trouble: toTrouble(error),
            isAsking: false,
          }))
        throw error
      }
      if (signal.aborted) return
      setHeld({ question, answer, trouble: undefined, isAsking: false })
      // Told to the one that asks again, so that nothing else has to: each time may cost calls of the account's quota.
      const passing = findPassing(answer.troubles, readMissing?.(answer.data))
      if (passing) throw new AskError(passing)
    }, everyMs)
    polling.current = own
    return () => own.stop()
  }, [question, everyMs])

  const isItsOwn = held.question === question
  const answer = isItsOwn || shouldKeep ? held.answer : undefined
  const trouble = isItsOwn ? held.trouble : undefined
  return {
    data: answer?.data,
    troubles: answer?.troubles ?? [],
    trouble,
    receivedAtMs: answer?.receivedAtMs,
    isAsking: held.isAsking || (question !== undefined && !isItsOwn),
    isOutdated: trouble !== undefined && answer !== undefined,
    refresh: () => polling.current?.now(),
  }
}
