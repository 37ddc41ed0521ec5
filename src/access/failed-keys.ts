// Guessing is made slow: an address may be wrong so often in a minute and no more. Whoever was right from there before
// is still listened to, so that nobody is locked out by a neighbour: with the same key or, where keys change all the
// time and cannot be guessed, as the same holder.
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Clock } from '#model/clock.ts'
import { GatewayError } from '#model/errors.ts'
import { createBoundedMap } from './bounded-map.ts'
import { toNetwork } from './network.ts'
import { RecentCredentials } from './recent-credentials.ts'

const SPAN_MS = 60_000
/** Wrong tries that are remembered in all, about 20 MB of them; beyond, of the networks that were quiet for longest. */
const MAX_FAILURES = 100_000
/** Credentials that are remembered to have been right, by digest, and as many holders. */
const MAX_PROVEN = 10_000

/** A key or token that could have been a guess. Other refusals, such as of a token that has run out, are none. */
export class WrongCredentialError extends GatewayError {
  override readonly name = 'WrongCredentialError'

  constructor(message: string) {
    super('UNAUTHENTICATED', message)
  }
}

/** Counts wrong keys and tokens by the network they come from. `Value` is what a check finds. */
export interface FailedKeys<Value extends NonNullable<unknown>> {
  /**
   * Runs a check unless too many were wrong. Checks of one network run side by side only as far as all of them may be
   * wrong; others wait for those to end.
   * @param address the client's IP address
   * @param check throws WrongCredentialError for what could be a guess
   * @param findHolder who a credential says it is of, which is no proof. Whoever was right from that network before is
   * checked whatever others sent: so many checks of a holder at a time, and no fewer for those that are wrong. Left out
   * where a credential could be guessed
   * @throws GatewayError RATE_LIMITED, the check not run; and whatever the check throws
   */
  guard(
    address: string,
    credential: string,
    check: () => Value | Promise<Value>,
    findHolder?: (credential: string) => string | undefined,
  ): Promise<Value>
  /**
   * What the check found when that very credential was last right from that network: it would be checked whatever
   * others sent. Looked up by digest, so that the time taken tells nothing about what is remembered; what was found so is
   * found by its text for a few seconds, which tells nothing either (`recent-credentials.ts`).
   * @param address the client's IP address
   * @returns undefined when it was not right from there before, or that is forgotten
   */
  recall(address: string, credential: string): Value | undefined
  /** Forgets what it holds as text, and ends its timer. */
  close(): void
}

/** Checks that hold each other up: of a network, or of one holder there. */
interface Lane {
  readonly name: string
  /** Times of the wrong tries that count against them, oldest first. */
  readonly listFailures: () => readonly number[]
}

/** Checks of one lane. */
interface Running {
  count: number
  readonly waiting: { readonly admit: () => void; readonly refuse: (error: GatewayError) => void }[]
}

/** Builds the count. @param options.perMinute wrong tries in any minute, ≥ 1 */
export function createFailedKeys<Value extends NonNullable<unknown>>(options: {
  readonly perMinute: number
  readonly clock: Clock
}): FailedKeys<Value> {
  const { perMinute, clock } = options
  /** Times of wrong tries on `Clock.monotonicMs`, oldest first. */
  const failures = new LRUCache<string, readonly number[]>({
    maxSize: MAX_FAILURES,
    sizeCalculation: (times) => times.length,
  })
  const proven = createBoundedMap<Value>(MAX_PROVEN)
  const recent = new RecentCredentials<Value>(clock)
  const holders = createBoundedMap<true>(MAX_PROVEN)
  const running = new Map<string, Running>()

  function listFailures(network: string): readonly number[] {
    const since = clock.monotonicMs() - SPAN_MS
    return (failures.get(network) ?? []).filter((atMs) => atMs > since)
  }

  /** What everybody hears who was not right before; undefined while tries are left. */
  function findRefusal(times: readonly number[]): GatewayError | undefined {
    const deciding = times[times.length - perMinute]
    if (deciding === undefined) return undefined
    const retryAfterMs = deciding + SPAN_MS - clock.monotonicMs()
    const seconds = Math.ceil(retryAfterMs / 1000)
    return new GatewayError('RATE_LIMITED', `too many wrong keys came from this address; try again in ${seconds} s`, {
      retryAfterMs,
    })
  }

  function enter({ name, listFailures }: Lane): Promise<void> | undefined {
    const times = listFailures()
    const refusal = findRefusal(times)
    if (refusal) throw refusal
    const own = running.get(name) ?? { count: 0, waiting: [] }
    running.set(name, own)
    // One by one, or a hundred at the same time would be a hundred guesses.
    if (own.count + times.length >= perMinute)
      return new Promise((admit, refuse) => {
        own.waiting.push({ admit, refuse })
      })
    own.count += 1
    return undefined
  }

  function leave({ name, listFailures }: Lane): void {
    const own = running.get(name)
    if (!own) return
    own.count -= 1
    const times = listFailures()
    const refusal = findRefusal(times)
    if (refusal) for (const { refuse } of own.waiting.splice(0)) refuse(refusal)
    const room = Math.max(0, perMinute - times.length - own.count)
    for (const { admit } of own.waiting.splice(0, room)) {
      own.count += 1
      admit()
    }
    if (own.count === 0) running.delete(name)
  }

  function findLane(network: string, holder: string | undefined): Lane {
    if (holder !== undefined && holders.get(holder)) return { name: `holder ${holder}`, listFailures: () => [] }
    return { name: `network ${network}`, listFailures: () => listFailures(network) }
  }

  return {
    async guard(address, credential, check, findHolder) {
      const network = toNetwork(address)
      const proof = digest(network, credential)
      const isProven = proven.get(proof) !== undefined
      const claimed = isProven ? undefined : findHolder?.(credential)
      const holder = claimed === undefined ? undefined : digest(network, claimed)
      const lane = isProven ? undefined : findLane(network, holder)
      if (lane) await enter(lane)
      try {
        const value = await check()
        proven.set(proof, value)
        recent.renew(address, credential, value)
        if (holder !== undefined) holders.set(holder, true)
        return value
      } catch (error) {
        if (error instanceof WrongCredentialError) {
          proven.delete(proof)
          recent.forget(credential)
          failures.set(network, [...listFailures(network), clock.monotonicMs()].slice(-perMinute))
        }
        throw error
      } finally {
        if (lane) leave(lane)
      }
    },
    recall(address, credential) {
      const found = recent.find(address, credential)
      if (found !== undefined) return found
      const value = proven.get(digest(toNetwork(address), credential))
      if (value !== undefined) recent.add(address, credential, value)
      return value
    },
    close: () => recent.close(),
  }
}

const digest = (network: string, text: string) => hash('sha256', `${network} ${text}`, 'base64url')
