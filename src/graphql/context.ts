// What every resolver of one operation shares.
import type {} from 'mercurius'
import type { Ask } from '#contract/ask.ts'
import type { Services } from '#services/services.ts'
import { AnswerSize } from './answer-size.ts'
import { createLoaders, type Loaders } from './loaders.ts'

/** Who asks, what is asked, and what was found out so far. */
export interface Context {
  /** Who asks, how long they wait, what it may cost. */
  readonly ask: Ask
  readonly services: Services
  /** Answers several fields of the operation share. */
  readonly loaders: Loaders
  /** How much the answer holds so far. */
  readonly answerSize: AnswerSize
}

/** A fresh one; it lives as long as one operation, or one event of a subscription. */
export function createContext(services: Services, ask: Ask): Context {
  return { ask, services, loaders: createLoaders(services, ask), answerSize: new AnswerSize() }
}

declare module 'mercurius' {
  interface MercuriusContext extends Context {}
}
