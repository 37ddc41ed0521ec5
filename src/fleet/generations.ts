// Which of the kept answers count. What is kept of a scope belongs to a generation; a new one makes every replica forget
// the scope, in its memory too. Nothing is deleted: what belongs to an old generation is not found any more, and ends
// by itself.
import { hash, randomBytes } from 'node:crypto'
import type { Clock } from '#model/clock.ts'
import type { FleetLink, FleetScript } from './fleet-link.ts'

/** What a new generation takes at most to be known to every replica whose link is up, in milliseconds. */
export const FORGOTTEN_WITHIN_MS = 5000
/** Leaves time for the answer, and for a process that is busy. */
const EVERY_MS = 4000
/** What there is before anybody begins another. */
const FIRST_GENERATION = '0'
/** Fit to be a part of a key. */
const readableGeneration = /^[\w-]{1,16}$/

/** Knows the generations of some scopes. */
export interface GenerationWatch {
  /** The generation of a scope, 1 to 16 of `A-Za-z0-9_-`; undefined until it has been read. */
  find(scope: string): string | undefined
  /** Ends the timer. What was known stays known. */
  close(): void
}

/** What it works with. */
export interface GenerationWatchOptions {
  readonly link: FleetLink
  readonly clock: Clock
  /** Begins every key. */
  readonly prefix: string
  readonly scopes: readonly string[]
  /**
   * Called in the moment in which another generation is known. `before` is undefined for the first reading, which may
   * come late: others may have been begun while the link was down.
   */
  readonly onChange: (scope: string, before: string | undefined) => void
}

const begin: FleetScript = {
  name: 'generation_begin',
  // Without an end: were it lost before the entries it replaced, these would be found again.
  lua: `return redis.call('SET', KEYS[1], ARGV[1])`,
}

/** Begins a new generation of a scope. @throws as the link does */
export async function beginGeneration(link: FleetLink, prefix: string, scope: string): Promise<void> {
  // No count: one that began again from the start would meet entries of the same name.
  await link.evaluate(begin, [toGenerationKey(prefix, scope)], [randomBytes(6).toString('base64url')])
}

/** Reads the generations again and again, and at once over every new connection. */
export function createGenerationWatch(options: GenerationWatchOptions): GenerationWatch {
  const { link, clock, prefix, scopes, onChange } = options
  const closing = new AbortController()
  const known = new Map<string, string>()
  let readConnection = 0

  async function read(scope: string): Promise<void> {
    try {
      const [value] = await link.getMany([toGenerationKey(prefix, scope)])
      const before = known.get(scope)
      const generation = toGeneration(value ?? null)
      if (closing.signal.aborted || generation === before) return
      known.set(scope, generation)
      onChange(scope, before)
    } catch {
      // What was known serves on; over the next connection it is read again.
    }
  }

  async function readAll(): Promise<void> {
    const { health, connection } = link.state()
    if (health !== 'up') return
    readConnection = connection
    await Promise.all(scopes.map(read))
  }

  async function keepReading(): Promise<void> {
    while (!closing.signal.aborted) {
      await readAll()
      await clock.delay(EVERY_MS, closing.signal).catch(() => undefined)
    }
  }

  const stopListening = link.onChange(() => {
    if (link.state().connection !== readConnection) void readAll()
  })
  void keepReading()

  return {
    find: (scope) => known.get(scope),
    close: () => {
      stopListening()
      closing.abort()
    },
  }
}

function toGenerationKey(prefix: string, scope: string): string {
  return `${prefix}:{${scope}}:cache:generation`
}

/** What stands in Redis, as a part of a key: whatever somebody may have written there by hand. */
function toGeneration(value: Buffer | null): string {
  if (value === null) return FIRST_GENERATION
  const text = value.toString()
  return readableGeneration.test(text) ? text : hash('sha256', value, 'base64url').slice(0, 8)
}
