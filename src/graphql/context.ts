// What every resolver of one request shares.
import type { MercuriusContext } from 'mercurius'
import type { Ask } from '#contract/ask.ts'
import type { Services } from '#services/services.ts'
import type { AnswerSize } from './answer-size.ts'
import type { Loaders } from './loaders.ts'

/** The part of mercurius's context that is ours. */
export interface GraphqlContext {
  /** Who asks, how long they wait, what it may cost. */
  readonly ask: Ask
  readonly services: Services
  /** Answers several fields of the request share. */
  readonly loaders: Loaders
  /** How much the answer holds so far. */
  readonly answerSize: AnswerSize
}

declare module 'mercurius' {
  interface MercuriusContext extends GraphqlContext {}
}

export type { MercuriusContext as Context }
