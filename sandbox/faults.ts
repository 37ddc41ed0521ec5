import type { EndpointRole, ProviderName } from './call-log.ts'
import { fraction } from './data/noise.ts'

/**
 * What can go wrong with a call.
 *
 * `hang`: no answer, ever. `reset`: the connection breaks, see `at`. `slow`: the right answer after `delayMs`.
 * `drip`: the right answer, `chunkBytes` each `intervalMs`. `html`: 200 with a gateway page. `truncated`: the first half
 * of the right JSON as a complete answer. `throttled`: as if over the quota. `wrong-types`: the right answer with its
 * types changed, see `variant`. `shuffled`: the right answer with every list reversed and its first row repeated.
 * `oversize`: the right answer with `bytes` of filling. `gzip-bomb`: the same, compressed. `error`: `status`, `code`,
 * `message` of your choice. `malformed`: not HTTP or not JSON, see `variant`. `redirect`: 302 to `location`.
 */
type FaultKind = (typeof FAULT_KINDS)[number]

/** Every kind of fault. */
export const FAULT_KINDS = [
  'hang',
  'reset',
  'slow',
  'drip',
  'html',
  'truncated',
  'throttled',
  'wrong-types',
  'shuffled',
  'oversize',
  'gzip-bomb',
  'error',
  'malformed',
  'redirect',
] as const

/** Where a reset strikes: as the connection opens, once the request is read, after the answer's head, inside its body. */
export const RESET_POINTS = ['connect', 'request', 'headers', 'body'] as const

/** Ways to get the types of a right answer wrong. */
export const TYPE_VARIANTS = ['strings', 'wrapped', 'null', 'empty-text', 'missing', 'extra', 'wrong-count'] as const

/** Ways to answer with something that cannot be read. */
export const MALFORMED_VARIANTS = [
  'not-json',
  'not-object',
  'two-lengths',
  'long-length',
  'short-length',
  'big-header',
  'not-http',
] as const

/** An order to spoil calls. The fields up to `times` say which calls, the others how. */
export interface Fault {
  /** What happens to the calls. */
  kind: FaultKind
  /** Only calls to this provider. */
  provider?: ProviderName
  /** Only calls to this server. */
  role?: EndpointRole
  /** Tencent interface, or `stream-duration`. */
  interface?: string
  /** Only calls whose query parameter of this stream id or channel id equals it (Tencent). */
  stream?: string
  /** Only the n-th call that matches, counted from 1 since the fault was set. */
  nth?: number
  /** Leaves the first so many matching calls alone. */
  skip?: number
  /** Chance of each matching call, in (0, 1]; repeatable. Default 1. */
  probability?: number
  /** Ends the fault after so many hits. Default: no end. */
  times?: number
  /** `reset` only; default `request`. */
  at?: (typeof RESET_POINTS)[number]
  /** `slow` only: milliseconds before the answer. Default 1000. */
  delayMs?: number
  /** `drip` only: milliseconds between pieces. Default 200. */
  intervalMs?: number
  /** `drip` only: size of a piece. Default 1. */
  chunkBytes?: number
  /** `oversize` and `gzip-bomb`: bytes of filling, decompressed. Default 9 MiB, 64 MiB for `gzip-bomb`. */
  bytes?: number
  /** `error` only: HTTP status. Default 200 for Tencent, 500 for ChinaNetCenter. */
  status?: number
  /** `error` only: `ret` or `code`. Default 1201 (statistics), 3000 (control), 24102500. */
  code?: string | number
  /** `error` only: text. */
  message?: string
  /** `throttled` and `error`: value of a Retry-After header, sent as it is. */
  retryAfter?: string | number
  /** `wrong-types`: one of TYPE_VARIANTS, default `strings`. `malformed`: one of MALFORMED_VARIANTS, default `not-json`. */
  variant?: (typeof TYPE_VARIANTS)[number] | (typeof MALFORMED_VARIANTS)[number]
  /** `redirect` only. Default `http://127.0.0.1:9/`. */
  location?: string
  /**
   * Whether the call is carried out although nothing of its answer is sent; it matters to the screenshot queue, which
   * then loses what was taken. Default false. The kinds that start from the right answer always carry the call out.
   */
  takesEffect?: boolean
}

/** A fault in force. */
export interface ActiveFault extends Fault {
  /** Handle to take the fault back with. */
  readonly id: string
  /** Calls that matched so far. */
  readonly seen: number
  /** Calls that it spoilt so far. */
  readonly hits: number
}

/** What a fault is matched against. */
export interface FaultTarget {
  /** Provider called. */
  provider: ProviderName
  /** Server called. */
  role: EndpointRole
  /** Undefined while a connection opens, before any request is read. */
  interface?: string | undefined
  /** Stream id or channel id in the query, if there is one. */
  stream?: string | undefined
}

/** The faults in force; the oldest one that wants a call gets it. */
export class FaultBook {
  readonly #faults = new Map<string, { fault: Fault; seen: number; hits: number }>()
  readonly #seed: number
  #lastId = 0
  #draws = 0

  /** @param seed - makes `probability` repeatable */
  constructor(seed: number) {
    this.#seed = seed
  }

  /** Puts a fault in force and returns its id. */
  set(fault: Fault): string {
    this.#lastId += 1
    const id = String(this.#lastId)
    this.#faults.set(id, { fault, seen: 0, hits: 0 })
    return id
  }

  /** Takes one fault back, or all; an unknown id is ignored. */
  clear(id?: string): void {
    if (id === undefined) this.#faults.clear()
    else this.#faults.delete(id)
  }

  /** The faults in force, oldest first; those whose `times` are used up are gone. */
  list(): ActiveFault[] {
    return [...this.#faults].map(([id, { fault, seen, hits }]) => ({ id, seen, hits, ...fault }))
  }

  /** The fault that hits this call, counted; undefined when the call may pass. */
  take(target: FaultTarget, point: 'connect' | 'request'): Fault | undefined {
    for (const [id, entry] of this.#faults) {
      const { fault } = entry
      const strikesAtConnect = fault.kind === 'reset' && fault.at === 'connect'
      if (strikesAtConnect !== (point === 'connect') || !isTarget(fault, target)) continue
      entry.seen += 1
      if (fault.nth !== undefined && entry.seen !== fault.nth) continue
      if (entry.seen <= (fault.skip ?? 0)) continue
      if (!this.#draw(fault.probability ?? 1)) continue
      entry.hits += 1
      if (entry.hits >= (fault.times ?? (fault.nth === undefined ? Number.POSITIVE_INFINITY : 1))) {
        this.#faults.delete(id)
      }
      return fault
    }
    return undefined
  }

  #draw(probability: number): boolean {
    if (probability >= 1) return true
    this.#draws += 1
    return fraction(this.#seed, this.#draws) < probability
  }
}

/** A connection has no interface yet, so only faults that ask for none can strike there. */
function isTarget(fault: Fault, target: FaultTarget): boolean {
  return (
    (fault.provider === undefined || fault.provider === target.provider) &&
    (fault.role === undefined || fault.role === target.role) &&
    (fault.interface === undefined || fault.interface === target.interface) &&
    (fault.stream === undefined || fault.stream === target.stream)
  )
}
