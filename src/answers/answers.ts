// Whole answers as bytes: what was put together once is sent again as it was, for as long as all that went into it
// holds. Nothing here knows who asks or what was asked: a place is a text that tells one question of one caller from all
// others.

/** Content codings an answer may be packed with, best first. */
export const codings = ['zstd', 'br', 'gzip'] as const

/** How a body is packed. */
export type Coding = (typeof codings)[number]

/**
 * Shorter bodies go out with their head as one text, which is one write, and are held as that too; the text of a longer
 * one would cost a copy.
 */
export const LONGEST_TEXT_BYTES = 4096

/** When the parts of an answer were learnt, on `Clock.monotonicMs`. */
export interface AnswerAge {
  /** When the oldest part was fetched. */
  readonly fetchedAtMs: number
  /** Until when nothing newer can exist. */
  readonly freshUntilMs: number
}

/** An answer of status 200 as it is sent. */
export interface WholeAnswer {
  /** Headers that are the same for everybody who gets it: name, value, name, value. */
  readonly headers: readonly string[]
  /** Nobody changes it once the answer is made. */
  readonly body: Buffer
  /** Until when it answers, on `Clock.monotonicMs`. */
  readonly endsAtMs: number
  /** Undefined where an answer does not tell its age in its headers. */
  readonly age: AnswerAge | undefined
}

/** One that is kept, with its packed forms as far as they have been made. */
export interface KeptAnswer extends WholeAnswer {
  /** Whether it is in memory, and so likely to be sent again; not for what only came by. */
  readonly isHeld: boolean
  /**
   * The body packed that way. The first who asks for a form has it made, and is told undefined; so is whoever asks
   * before it is there, and whoever asks for one that saves nothing.
   */
  pack(coding: Coding): Buffer | undefined
}

/** Keeps answers. Losing one is always allowed. */
export interface Answers {
  /**
   * What is kept in memory and still answers.
   * @param nowMs this moment on `Clock.monotonicMs`, for who has read that clock already: it takes as long as the search
   */
  find(place: string, nowMs?: number): KeptAnswer | undefined
  /**
   * What others have kept, and is in memory from then on if it fits; undefined at once where there is nowhere to look.
   * Never rejects.
   */
  fetch(place: string): Promise<KeptAnswer | undefined> | undefined
  /**
   * Keeps an answer, in memory at once and for others soon. Not where it ends within 250 ms or is too large, and then
   * what it would have replaced is gone too; nor where anything was cleared since `begunAtMs`, when the work it is from
   * began (on `Clock.monotonicMs`, before anything kept was looked up for it).
   */
  keep(place: string, answer: WholeAnswer, begunAtMs: number): void
  /** Forgets all of them in memory: what they were put together from is not good any more. */
  clear(): void
}
