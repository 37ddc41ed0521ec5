// The answers of one process: in memory, bounded by bytes, over what it shares with others where there is such a place.
import { LRUCache } from 'lru-cache'
import type { Clock } from '#model/clock.ts'
import { type Answers, type KeptAnswer, LONGEST_TEXT_BYTES, type WholeAnswer } from './answers.ts'
import { LookWorth } from './look-worth.ts'
import { toOwnBytes } from './own-bytes.ts'
import { createPacker, PackedForms } from './packed-forms.ts'
import type { SharedAnswers } from './shared-answers.ts'

/** What they are kept with. */
export interface KeptAnswersOptions {
  /** Bytes over all answers: places, heads, bodies, packed forms. One that takes more than a sixteenth is not kept. */
  readonly maxBytes: number
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Where others find them too; left out: nowhere. */
  readonly shared?: SharedAnswers | undefined
  /** Longest life of an answer in memory, in milliseconds. Default: five minutes. */
  readonly maxLifeMs?: number
}

/** An answer and what it takes. */
interface Kept extends KeptAnswer {
  /** Grows with every packed form. */
  sizeBytes: number
}

const MAX_LIFE_MS = 5 * 60_000
/** For less it is not worth the place: hardly anybody asks in time. */
const LEAST_LIFE_MS = 250
const LARGEST_SHARE = 1 / 16
/** Bytes of bookkeeping per answer, roughly. */
const ANSWER_OVERHEAD_BYTES = 1024
/** Bytes of bookkeeping per text of a head, roughly. */
const TEXT_OVERHEAD_BYTES = 24
/** More go than come: in the end only what still answers is left. */
const LOOKED_AT_PER_KEEP = 2

/** Answers in memory. */
export function createKeptAnswers(options: KeptAnswersOptions): Answers {
  const { clock, shared, maxLifeMs = MAX_LIFE_MS } = options
  // The library takes 0 for no bound at all; into one byte no answer fits either.
  const maxSize = Math.max(1, Math.floor(options.maxBytes))
  const maxEntrySize = Math.max(1, Math.floor(maxSize * LARGEST_SHARE))
  const answers = new LRUCache<string, Kept>({ maxSize, maxEntrySize })
  const packer = createPacker()
  /** What is being looked for among what is shared, by place. */
  const looking = new Map<string, Promise<KeptAnswer | undefined>>()
  const worth = new LookWorth()
  /** When all was last forgotten, on the steady clock. */
  let clearedAtMs = Number.NEGATIVE_INFINITY

  function find(place: string, nowMs?: number): KeptAnswer | undefined {
    const found = answers.get(place)
    if (found === undefined) return undefined
    if ((nowMs ?? clock.monotonicMs()) < found.endsAtMs) return found
    answers.delete(place)
    return undefined
  }

  /** What is asked for no more would otherwise stay until its bytes are needed. */
  function dropEnded(nowMs: number): void {
    for (let looked = 0; looked < LOOKED_AT_PER_KEEP; looked += 1) {
      const oldest = answers.rkeys().next().value
      if (oldest === undefined || nowMs < (answers.peek(oldest)?.endsAtMs ?? nowMs)) return
      answers.delete(oldest)
    }
  }

  /** Puts an answer into memory. One that is too large is not there then, and has no packed forms. */
  function remember(place: string, answer: WholeAnswer): KeptAnswer {
    const { headers, endsAtMs, age } = answer
    const sizeBytes = toSize(place, answer)
    if (sizeBytes > maxEntrySize) {
      answers.delete(place)
      return { headers, body: answer.body, endsAtMs, age, isHeld: false, pack: packNothing }
    }
    const body = toOwnBytes(answer.body)
    const forms = new PackedForms(body, packer, (bytes) => grow(place, kept, bytes))
    const kept: Kept = { headers, body, endsAtMs, age, isHeld: true, sizeBytes, pack: (coding) => forms.find(coding) }
    answers.set(place, kept, { size: sizeBytes })
    return kept
  }

  /** Whether an answer may take so many bytes more. */
  function grow(place: string, kept: Kept, bytes: number): boolean {
    // It may have gone since: whoever still sends it need not hold more of it.
    if (kept.sizeBytes + bytes > maxEntrySize || answers.peek(place) !== kept) return false
    kept.sizeBytes += bytes
    // The library changes no size while the value stays the same.
    answers.delete(place)
    answers.set(place, kept, { size: kept.sizeBytes })
    return true
  }

  function take(place: string, found: WholeAnswer | undefined, begunAtMs: number): KeptAnswer | undefined {
    worth.learn(found !== undefined)
    const nowMs = clock.monotonicMs()
    // While it was on its way, this process may have put the same together itself, or all may have been forgotten.
    const own = find(place, nowMs)
    if (own !== undefined || found === undefined || begunAtMs <= clearedAtMs) return own
    const endsAtMs = Math.min(found.endsAtMs, nowMs + maxLifeMs)
    if (nowMs >= endsAtMs) return undefined
    return remember(place, { headers: found.headers, body: found.body, endsAtMs, age: found.age })
  }

  return {
    find,

    fetch(place) {
      const running = looking.get(place)
      if (running !== undefined) return running
      if (shared === undefined || !worth.isWorth()) return undefined
      const begunAtMs = clock.monotonicMs()
      const finding = shared.find(place)
      if (finding === undefined) return undefined
      const taking = finding.then((found) => {
        // Not those of after a `clear`, who look anew.
        if (looking.get(place) === taking) looking.delete(place)
        return take(place, found, begunAtMs)
      })
      looking.set(place, taking)
      return taking
    },

    keep(place, answer, begunAtMs) {
      if (begunAtMs <= clearedAtMs) return
      const nowMs = clock.monotonicMs()
      const endsAtMs = Math.min(answer.endsAtMs, nowMs + maxLifeMs)
      if (!(endsAtMs - nowMs >= LEAST_LIFE_MS)) {
        answers.delete(place)
        return
      }
      const kept = remember(place, { ...answer, endsAtMs })
      dropEnded(nowMs)
      // Also what is too large for the memory: to have it brought over costs less than to put it together.
      shared?.keep(place, kept)
    },

    clear() {
      clearedAtMs = clock.monotonicMs()
      answers.clear()
      // Whoever asks from now on does not wait for what was found before.
      looking.clear()
    },
  }
}

const packNothing = () => undefined

/** Bytes that an answer takes without its packed forms: a whole number. */
function toSize(place: string, { headers, body }: WholeAnswer): number {
  // Once as they are, and twice as lines that are ready to be sent.
  const headBytes = headers.reduce((sum, text) => sum + text.length * 4 + TEXT_OVERHEAD_BYTES, 0)
  const textBytes = body.length > LONGEST_TEXT_BYTES ? 0 : body.length
  return body.length + textBytes + headBytes + place.length * 2 + ANSWER_OVERHEAD_BYTES
}
