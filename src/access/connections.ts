// What stays open: WebSockets and streams of events. Each holds memory for as long as its client likes, so there are
// so many and no more, in all and of one client.
import type { Caller } from '#model/caller.ts'
import { GatewayError } from '#model/errors.ts'
import { toClientKey } from './client-limit.ts'

/** How long a client is told to wait: others leave meanwhile. */
const RETRY_MS = 3000

/** The connections of a process that stay open. */
export interface Connections {
  /**
   * Takes a place for one.
   * @param address the client's IP address, which callers without a key are told apart by
   * @returns gives the place back; calling it again does nothing
   * @throws GatewayError RATE_LIMITED when there are too many already
   */
  open(caller: Caller, address: string): () => void
  /** How many are open. */
  count(): number
  /** How many were refused a place so far. */
  countRefused(): number
}

/** Builds the count. @param limits most connections in all, and of one client, ≥ 1 */
export function createConnections(limits: { readonly perProcess: number; readonly perClient: number }): Connections {
  const byClient = new Map<string, number>()
  let all = 0
  let refused = 0

  function tooMany(message: string): GatewayError {
    refused += 1
    return new GatewayError('RATE_LIMITED', message, { retryAfterMs: RETRY_MS })
  }

  return {
    count: () => all,
    countRefused: () => refused,
    open: (caller, address) => {
      const client = toClientKey(caller, address)
      const own = byClient.get(client) ?? 0
      if (own >= limits.perClient) throw tooMany(`this client has ${limits.perClient} connections open, and no more`)
      if (all >= limits.perProcess) throw tooMany(`this gateway has ${limits.perProcess} connections open, and no more`)
      all += 1
      byClient.set(client, own + 1)
      let isOpen = true
      return () => {
        if (!isOpen) return
        isOpen = false
        all -= 1
        const left = (byClient.get(client) ?? 0) - 1
        if (left > 0) byClient.set(client, left)
        else byClient.delete(client)
      }
    },
  }
}
