// The lock by which replicas agree on who does a piece of work. Whoever holds it says so again and again; a holder
// that falls silent loses it.
import type { GatewayError } from '#model/errors.ts'
import type { FleetLink, FleetScript } from './fleet-link.ts'
import { readSharedError, writeSharedError } from './shared-error.ts'

/** A holder that has not been heard of for so long is dead, or as good as dead. */
const LIFE_MS = 3000
/** How long a failure can be read by those who were waiting for it: many times as long as they sleep. */
const FAILURE_LIFE_MS = 500

/** Takes the lock, or renews it; answers whose it is now. */
const take: FleetScript = {
  name: 'flight_take',
  lua: `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return holder end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]`,
}

/** Gives the lock back, and leaves word of a failure, unless it has become another's. */
const release: FleetScript = {
  name: 'flight_release',
  lua: `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] ~= '' then redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) end
return redis.call('DEL', KEYS[1])`,
}

/** What has become of a holder: still at work, gone (and what it failed of, if it says so), or nobody knows. */
export type HolderState =
  | { readonly is: 'working' }
  | { readonly is: 'unknown' }
  | { readonly is: 'gone'; readonly failure: GatewayError | undefined }

/** One contender for the lock of one piece of work. A store that cannot be reached stands in nobody's way. */
export class FlightLock {
  /** Who this contender is. */
  readonly token: string
  private readonly link: FleetLink
  private readonly key: string

  /** @param token nobody else's, ever */
  constructor(link: FleetLink, key: string, token: string) {
    this.link = link
    this.key = key
    this.token = token
  }

  /** Takes the lock if it is free, and keeps it if it is this contender's. @returns the token of who has it now */
  async take(): Promise<string> {
    try {
      return String(await this.link.evaluate(take, [this.key], [this.token, LIFE_MS]))
    } catch {
      return this.token
    }
  }

  /** Looks after another holder. */
  async look(holder: string): Promise<HolderState> {
    try {
      const [held, failure] = await this.link.getMany([this.key, this.failureKey(holder)])
      if (held?.toString() === holder) return { is: 'working' }
      return { is: 'gone', failure: failure ? readSharedError(failure.toString()) : undefined }
    } catch {
      return { is: 'unknown' }
    }
  }

  /** Gives the lock back if it is still this contender's. @param error what its waiters are to be told, if anything */
  async release(error?: unknown): Promise<void> {
    const keys = [this.key, this.failureKey(this.token)]
    try {
      await this.link.evaluate(release, keys, [this.token, writeSharedError(error) ?? '', FAILURE_LIFE_MS])
    } catch {
      // It ends by itself.
    }
  }

  /** Named after who failed: who begins later, and waits for somebody else, never reads it. */
  private failureKey(holder: string): string {
    return `${this.key}:${holder}`
  }
}
