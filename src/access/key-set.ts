// The keys of the issuer, as last read. They change now and then, the issuer is away at times, and neither may let a
// flood of tokens through to it.
import { createLocalJWKSet, type LocalJWKSet } from 'jose'
import type { Clock } from '#model/clock.ts'
import { GatewayError } from '#model/errors.ts'
import { KeySetError, type KeySetTrouble, type PublicKey } from './key-set-source.ts'

/** Keys of that age are read again behind whoever needs them, so that one the issuer has withdrawn is forgotten. */
const REFRESH_AFTER_MS = 10 * 60_000
/** Nobody has needed keys of that age for long: newer ones are waited for, unless the issuer is known to be away. */
const WAIT_AFTER_MS = 2 * REFRESH_AFTER_MS
/** Keys of that age are of no use any more, whatever keeps newer ones away. */
const KEEP_MS = 24 * 3_600_000
/** The issuer is asked no sooner again, whatever tokens say. */
const PAUSE_MS = 10_000

/** What the issuer may say of a key that is not there. `unknown`: it has not been asked since, or did not answer. */
export type Renewal = 'changed' | 'same' | 'unknown'

/** Keys that tokens are signed with. */
export interface KeySet {
  /** Counts sets that differ: what was verified under another number may have been by a key that is gone. */
  generation(): number
  /** The key that a token names. Rejects as `createLocalJWKSet` does. Only after `prepare`. */
  readonly find: LocalJWKSet
  /** Whether `prepare` has nothing to wait for. Has keys of some age read again, as `prepare` does. Never throws. */
  isReady(): boolean
  /**
   * Sees to it that there are keys, and none too old.
   * @throws GatewayError ACCESS_UNAVAILABLE when there are none to be had
   */
  prepare(): Promise<void>
  /**
   * Asks the issuer for newer keys than those of that generation, unless it was asked a moment ago.
   * @returns whether there are; `same` only when it was asked for this very reason
   */
  renew(generation: number): Promise<Renewal>
  /** Milliseconds until the issuer may be asked again, ≥ 0. */
  pauseLeftMs(): number
  /** Ends what is being read. */
  close(): void
}

/** What a set is made with. */
export interface KeySetOptions {
  /** Reads the keys. @throws KeySetError */
  readonly read: (closing: AbortSignal) => Promise<readonly PublicKey[]>
  readonly clock: Clock
  /** Told when the keys cannot be read and why, whenever that changes; undefined once they can be again. */
  readonly onTrouble: (trouble: KeySetTrouble | undefined) => void
}

const none = createLocalJWKSet({ keys: [] })

/** Builds the set. Nothing is read before it is needed. */
export function createKeySet(options: KeySetOptions): KeySet {
  const { read, clock, onTrouble } = options
  const closing = new AbortController()
  let find = none
  let text = ''
  let generation = 0
  /** On `Clock.monotonicMs`. */
  let readAtMs: number | undefined
  let triedAtMs = Number.NEGATIVE_INFINITY
  let trouble: KeySetTrouble | undefined
  let reading: Promise<void> | undefined

  function take(keys: readonly PublicKey[]): void {
    const now = JSON.stringify(keys)
    if (now === text) return
    text = now
    find = createLocalJWKSet({ keys: [...keys] })
    generation += 1
  }

  function tell(current: KeySetTrouble | undefined): void {
    if (current === trouble) return
    trouble = current
    onTrouble(current)
  }

  async function readOnce(): Promise<void> {
    try {
      take(await read(closing.signal))
      readAtMs = clock.monotonicMs()
      tell(undefined)
    } catch (error) {
      if (!closing.signal.aborted) tell(error instanceof KeySetError ? error.trouble : 'MALFORMED')
    } finally {
      triedAtMs = clock.monotonicMs()
      reading = undefined
    }
  }

  function startReading(): Promise<void> {
    reading ??= readOnce()
    return reading
  }

  const pauseLeftMs = () => Math.max(0, triedAtMs + PAUSE_MS - clock.monotonicMs())
  const toUnavailable = () =>
    new GatewayError('ACCESS_UNAVAILABLE', 'the keys that tokens are checked with cannot be read at present', {
      retryAfterMs: Math.max(1, pauseLeftMs()),
    })
  const ageMs = () => (readAtMs === undefined ? Number.POSITIVE_INFINITY : clock.monotonicMs() - readAtMs)

  /** Has keys of some age read again, if that may be asked for. @returns what has to be waited for, if anything */
  function refresh(): Promise<void> | undefined {
    const ofMs = ageMs()
    if (ofMs < REFRESH_AFTER_MS || (reading === undefined && pauseLeftMs() > 0)) return undefined
    // Of an issuer that is known to be away nothing is expected that would be worth a wait.
    const isWaiting = ofMs >= KEEP_MS || (ofMs >= WAIT_AFTER_MS && trouble === undefined)
    const current = startReading()
    return isWaiting ? current : undefined
  }

  return {
    generation: () => generation,
    find: Object.assign((...terms: Parameters<LocalJWKSet>) => find(...terms), { jwks: () => find.jwks() }),
    isReady: () => refresh() === undefined && ageMs() < KEEP_MS,
    async prepare() {
      const current = refresh()
      if (current) await current
      if (ageMs() < KEEP_MS) return
      take([])
      throw toUnavailable()
    },
    async renew(since) {
      // What is being read already may have been written before the key was.
      const isAsking = reading === undefined && generation === since && pauseLeftMs() === 0
      if (isAsking || reading !== undefined) await startReading()
      if (generation !== since) return 'changed'
      return isAsking && trouble === undefined ? 'same' : 'unknown'
    },
    pauseLeftMs,
    close: () => closing.abort(),
  }
}
