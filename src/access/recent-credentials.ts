// Credentials that were found a moment ago, by their own text: who sends request after request is found at a quarter of
// the price of a digest.
//
// The time that it takes tells nothing of what is here: a map compares two texts only where the hashes of both are the
// same, and those go by a secret that V8 draws for each process. A guess that begins like a key is no nearer to it.
import type { Clock } from '#model/clock.ts'

/** How long a text stays at most, in milliseconds: nobody's key is held for long after who asks with it has gone. */
const LIFE_MS = 10_000
/** Most texts at a time, each once for each address. Who comes beyond is found by digest until they go. */
const MOST = 1_000

/** What was found of a credential, by the address it came from. */
export class RecentCredentials<Value extends NonNullable<unknown>> {
  private readonly clock: Pick<Clock, 'delay'>
  private readonly closing = new AbortController()
  private readonly known = new Map<string, Map<string, Value>>()
  private count = 0

  constructor(clock: Pick<Clock, 'delay'>) {
    this.clock = clock
  }

  /** How many are held. */
  get size(): number {
    return this.count
  }

  /** What was found within the last ten seconds; undefined for all else. */
  find(address: string, credential: string): Value | undefined {
    return this.known.get(credential)?.get(address)
  }

  /** Remembers it. All go together, ten seconds after the first of them came. */
  add(address: string, credential: string, value: Value): void {
    if (this.count >= MOST || this.closing.signal.aborted) return
    if (this.count === 0) void this.clearLater()
    const found = this.known.get(credential) ?? new Map<string, Value>()
    this.known.set(credential, found)
    if (!found.has(address)) this.count += 1
    found.set(address, value)
  }

  /** Has a newer value found from that address, where one is. */
  renew(address: string, credential: string, value: Value): void {
    const found = this.known.get(credential)
    if (found?.has(address)) found.set(address, value)
  }

  /** Has a credential found no more, wherever it came from. */
  forget(credential: string): void {
    this.known.get(credential)?.clear()
  }

  /** Forgets all of them, and remembers none any more. */
  close(): void {
    this.closing.abort()
    this.clear()
  }

  private async clearLater(): Promise<void> {
    await this.clock.delay(LIFE_MS, this.closing.signal).catch(() => undefined)
    this.clear()
  }

  private clear(): void {
    this.known.clear()
    this.count = 0
  }
}
