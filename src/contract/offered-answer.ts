// An answer that a face has put together, offered to whoever keeps whole answers before it is sent.
import type { Instant } from '#model/time-range.ts'
import type { Meter } from './ask.ts'

/** What is offered. Its head is what the reply has when it is sent. */
export interface OfferedAnswer {
  /** The body as it is sent, a text in UTF-8. */
  readonly body: string | Buffer
  /** What it took: an answer that asked anybody, or is of this moment only, is not kept. */
  readonly meter: Pick<Meter, 'calls' | 'coalesced' | 'holdsUntil' | 'saved'>
  /** When it was learnt and until when nothing newer can exist, where its headers tell that; otherwise left out. */
  readonly age?: { readonly fetchedAt: Instant; readonly freshUntil: Instant }
}

/**
 * Offers the answer of a request, of status 200 and without errors, failures or gaps. Whether it is kept decides who is
 * told.
 * @param request the message of Node's HTTP server
 */
export type OfferAnswer = (request: object, answer: OfferedAnswer) => void
