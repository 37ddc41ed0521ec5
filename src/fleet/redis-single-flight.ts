// One answer for identical questions in flight, whichever replica they reach. In each process one caller goes for all;
// among these a lock decides who works, and the others wait until the result is where everybody finds it.
import { createHash, randomUUID } from 'node:crypto'
import type { Clock } from '#model/clock.ts'
import type { FleetLink } from './fleet-link.ts'
import { FlightLock } from './flight-lock.ts'
import type { FlightName, SharedWork, SingleFlight } from './single-flight.ts'

/** What it works with. */
export interface RedisSingleFlightOptions {
  readonly link: FleetLink
  readonly clock: Clock
  /** Begins every key. */
  readonly prefix: string
  /** Shares work inside this process; nobody else's. */
  readonly processFlights: SingleFlight
}

/** A third of the lock's life: two renewals may fail before it is lost. */
const RENEW_EVERY_MS = 1000
/** Waits between two looks at the lock: short at first, for answers that come at once. */
const FIRST_WAIT_MS = 5
const LONGEST_WAIT_MS = 25

/** A result, and whether another replica gave it. */
interface Landing<Value> {
  readonly value: Value
  readonly shared: boolean
}

/** Ends a wait that has nobody left to wait for it. Never seen outside. */
class AbandonedError extends Error {
  override readonly name = 'AbandonedError'
}

/**
 * Shares work between the callers of all replicas. A replica that dies at work is replaced within 3 s. Without the
 * link every process works for itself.
 */
export function createRedisSingleFlight(options: RedisSingleFlightOptions): SingleFlight {
  const { link, clock, prefix, processFlights } = options
  const self = randomUUID()
  let contentions = 0
  /** How many callers of this process still want what stands under a key. */
  const callers = new Map<string, number>()

  /** Goes for all callers of this process. */
  async function land<Value>(flight: FlightName, work: SharedWork<Value>): Promise<Landing<Value>> {
    contentions += 1
    const lock = new FlightLock(link, toLockKey(prefix, flight), `${self}:${contentions}`)
    for (;;) {
      const taking = lock.take()
      // Asked on the same link right behind the lock, so it is answered once that is taken: one way instead of two.
      const recalled = work.recall()
      recalled.catch(() => undefined)
      const holder = await taking
      if (holder === lock.token) return { value: await lead(lock, flight.key, work, recalled), shared: false }
      const end = await waitFor(lock, holder, flight.key)
      if (end.is === 'unknown') return { value: await lead(lock, flight.key, work, work.recall()), shared: false }
      if (end.failure) throw end.failure
      const value = await work.recall()
      if (value !== undefined) return { value, shared: true }
    }
  }

  /** Waits until the holder of the lock is done or dead, as long as anybody here wants to know. */
  async function waitFor(lock: FlightLock, holder: string, key: string) {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      await clock.delay(waitMs)
      if (!callers.has(key)) throw new AbandonedError('all who waited have left')
      const state = await lock.look(holder)
      if (state.is !== 'working') return state
    }
  }

  /** Does the work under the lock. Its callers need not wait until the lock is given back. */
  async function lead<Value>(
    lock: FlightLock,
    key: string,
    work: SharedWork<Value>,
    recalled: Promise<Value | undefined>,
  ): Promise<Value> {
    if (!callers.has(key)) {
      void lock.release()
      throw new AbandonedError('all who asked have left')
    }
    const done = new AbortController()
    void renew(lock, done.signal)
    const giveBack = (error?: unknown) => {
      done.abort()
      void lock.release(error)
    }
    try {
      const value = await work.run(recalled)
      void (work.left?.() ?? Promise.resolve()).then(() => giveBack())
      return value
    } catch (error) {
      giveBack(error)
      throw error
    }
  }

  /** Holds on to the lock, and takes it again where it was lost to nobody, until the work is done. */
  async function renew(lock: FlightLock, done: AbortSignal): Promise<void> {
    try {
      do await clock.delay(RENEW_EVERY_MS, done)
      while ((await lock.take()) === lock.token)
    } catch {
      // The work is done.
    }
  }

  return {
    async run<Value>(flight: FlightName, work: SharedWork<Value>, signal: AbortSignal) {
      callers.set(flight.key, (callers.get(flight.key) ?? 0) + 1)
      try {
        for (;;) {
          try {
            const wait = { run: () => land(flight, work), recall: async () => undefined }
            const { value: landing, shared } = await processFlights.run<Landing<Value>>(flight, wait, signal)
            return { value: landing.value, shared: shared || landing.shared }
          } catch (error) {
            // Joined in the very moment in which the last of the others was found gone: begin anew.
            if (!(error instanceof AbandonedError)) throw error
          }
        }
      } finally {
        const others = (callers.get(flight.key) ?? 1) - 1
        if (others > 0) callers.set(flight.key, others)
        else callers.delete(flight.key)
      }
    },
  }
}

/** All work of a scope has its keys in one place of a cluster. Keys of work may be long, and hold any character. */
function toLockKey(prefix: string, { scope, key }: FlightName): string {
  return `${prefix}:{${scope}}:flight:${createHash('sha256').update(key).digest('base64url')}`
}
