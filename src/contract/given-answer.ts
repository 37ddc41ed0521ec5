// What is told of every answer that the use cases give. Called on the way of every answer: cheap, and never throwing.
import type { CapabilityName } from '#contract/capability.ts'

/** A part of an answer: what one question of one account came to. */
export interface GivenAnswer {
  readonly account: string
  readonly operation: CapabilityName
  /** Name of the caller who was answered. */
  readonly client: string
  /** Where it is from: the cache alone, a call that somebody else had under way, or a call of its own. */
  readonly from: 'kept' | 'shared' | 'asked'
  readonly isStale: boolean
  /** How long ago the oldest part of it was fetched, milliseconds ≥ 0. */
  readonly ageMs: number
  /** Provider calls that it would have taken besides, had nothing been kept; 0 for what is stale: that saved nothing. */
  readonly savedByCache: number
  /** Provider calls that it would have taken besides, had nobody else asked for the same at the same time. */
  readonly savedBySharing: number
}

/** Told of answers. */
export interface AnswerObserver {
  gave(answer: GivenAnswer): void
}
