// Name lookups, one at a time per host. The system's resolver works on a few threads that all hosts share: sixteen
// connections to a host whose name server hangs would keep every other host from being looked up.
import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

type Listener = Parameters<LookupFunction>[2]

/** A lookup whose callers share an answer that is under way. Nothing is kept once it is there. */
export function createSharedLookup(lookup: LookupFunction = systemLookup): LookupFunction {
  const waiting = new Map<string, Listener[]>()
  return (hostname, options, listener) => {
    const key = JSON.stringify([hostname, options.family, options.hints, options.all, options.order])
    const others = waiting.get(key)
    if (others !== undefined) {
      others.push(listener)
      return
    }
    const listeners = [listener]
    waiting.set(key, listeners)
    lookup(hostname, options, (error: NodeJS.ErrnoException | null, found: string | LookupAddress[], family) => {
      waiting.delete(key)
      for (const each of listeners) each(error, found, family)
    })
  }
}
