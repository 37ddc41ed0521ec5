// Credentials that were found a moment ago, by their own text: who sends request after request is found at a quarter of
// the price of a digest.
//
// The time that it takes tells nothing of what is here. A map compares two texts only where the hashes of both are the
// same, and those go by a secret that V8 draws for each process: a guess that begins like a key is no nearer to it.
import type { Clock } from '#model/clock.ts'

/** How long a text stays, in milliseconds: nobody's key is held for longer than who asks with it asks. */
const LIFE_MS = 10_000
/** Most texts at a time, each once for each address. */
const MOST = 1_000

/** What was found of a credential, by the address it came from. */
export class RecentCredentials<Value extends NonNullable<unknown>> {
  private readonly clock: Pick<Clock, 'monotonicMs'>
  private readonly known = new Map<string, Map<string, Value>>()
  private count = 0
  private sinceMs = Number.NEGATIVE_INFINITY

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock
  }

  /** What was found within the last ten seconds; undefined for all else. */
  find(address: string, credential: string): Value | undefined {
    const value = this.known.get(credential)?.get(address)
    if (value === undefined || this.clock.monotonicMs() - this.sinceMs < LIFE_MS) return value
    this.clear()
    return undefined
  }

  /** Remembers it. All begin anew together: at the end of their time, and when there are too many. */
  add(address: string, credential: string, value: Value): void {
    const nowMs = this.clock.monotonicMs()
    const isKnown = this.known.get(credential)?.has(address) ?? false
    if (nowMs - this.sinceMs >= LIFE_MS || (!isKnown && this.count >= MOST)) {
      this.clear()
      this.sinceMs = nowMs
    }
    const found = this.known.get(credential) ?? new Map<string, Value>()
    this.known.set(credential, found)
    if (!found.has(address)) this.count += 1
    found.set(address, value)
  }

  /** Forgets a credential, wherever it came from. */
  forget(credential: string): void {
    this.count -= this.known.get(credential)?.size ?? 0
    this.known.delete(credential)
  }

  private clear(): void {
    this.known.clear()
    this.count = 0
  }
}
