// Counts that all replicas share, each for a time that begins with its first points.
import { hash } from 'node:crypto'
import { FleetCommandError, type FleetLink, type FleetScript } from './fleet-link.ts'

/** Counts in the shared store. */
export interface RedisCounter {
  /**
   * Adds to the count of a key; a count begins with its first points and ends `windowMs` later.
   * @param key anything; what it says is not to be read in the store
   * @param points whole, ≥ 1
   * @returns the count, these points among them, and for how many milliseconds it still lasts, 1..`windowMs`
   * @throws LinkDownError, FleetCommandError
   */
  add(key: string, points: number, windowMs: number): Promise<{ readonly total: number; readonly msLeft: number }>
}

/** A count without an end is given one: the time it was begun for may have been lost on the way to a new primary. */
const add: FleetScript = {
  name: 'counter_add',
  lua: `
local total = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = tonumber(ARGV[2])
  redis.call('PEXPIRE', KEYS[1], left)
end
return { total, left }
`,
}

/** Builds the counter. @param options.prefix begins every key */
export function createRedisCounter(options: { readonly link: FleetLink; readonly prefix: string }): RedisCounter {
  const { link, prefix } = options
  return {
    async add(key, points, windowMs) {
      const name = `${prefix}:limit:${hash('sha256', key, 'base64url')}`
      const reply = await link.evaluate(add, [name], [points, windowMs])
      const [total, left] = Array.isArray(reply) ? reply.map(Number) : []
      if (!Number.isSafeInteger(total) || total === undefined || left === undefined) throw new FleetCommandError('ERR')
      return { total, msLeft: Math.min(windowMs, Math.max(1, left)) }
    },
  }
}
