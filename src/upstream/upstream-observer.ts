// What the way out of an account tells whoever counts. Called on the way of every call: cheap, and never throwing.
import type { Lane } from '#contract/ask.ts'
import type { ErrorCode } from '#model/errors.ts'

/** An attempt whose bytes have left: the provider counts it. */
export interface SentCall {
  /** The provider's name of the interface. */
  readonly operation: string
  /** The capability that it was made for; left out where nobody has said. */
  readonly capability?: string
  /** 1 for the first attempt of a call. */
  readonly attempt: number
  /** `CLIENT_LEFT`: nobody waited for it any more. */
  readonly outcome: 'OK' | 'CLIENT_LEFT' | ErrorCode
  /** From its first byte to its answer or failure, milliseconds ≥ 0. */
  readonly tookMs: number
  /** Name of the caller whose question it was sent for; others may share its answer. */
  readonly client: string
  readonly lane: Lane
}

/** A wait for a start of the quota that has ended. */
export interface QuotaWait {
  readonly lane: Lane
  /** Milliseconds ≥ 0. */
  readonly waitedMs: number
  /** `left`: the caller gave up, or it was a pause or a broken connection that the call could not outwait. */
  readonly outcome: 'granted' | 'refused' | 'left'
}

/** Told of one account's way out. */
export interface UpstreamObserver {
  called(call: SentCall): void
  waited(wait: QuotaWait): void
}
