// The connection to what the replicas share, as those who use it see it: it answers quickly or says at once that it
// cannot. What a script or a key means is theirs.

/**
 * `up`: commands are answered. `refused`: nobody listens at the address, so it is gone for every replica.
 * `silent`: no answer, or one that is no answer; others may still be getting theirs.
 */
export type LinkHealth = 'up' | 'refused' | 'silent'

/** How the link is doing. */
export interface LinkState {
  readonly health: LinkHealth
  /** Counts connections: another number means that in between there was none. 0 before the first. */
  readonly connection: number
  /** When `health` became what it is, on `Clock.monotonicMs`. */
  readonly sinceMs: number
  /** When the last attempt or answer confirmed it, on `Clock.monotonicMs`. */
  readonly confirmedAtMs: number
}

/** A Lua script. Every key it touches is handed to it, and all of them share a hash tag. */
export interface FleetScript {
  /** What it is called in metrics. */
  readonly name: string
  readonly lua: string
}

/** Thrown by every method of a link that is not up, or whose command was not answered in time. */
export class LinkDownError extends Error {
  override readonly name = 'LinkDownError'
}

/** Thrown when the store has answered, but with an error of that one command. The link stays up. */
export class FleetCommandError extends Error {
  override readonly name = 'FleetCommandError'
  /** The first word of the answer, such as `ERR` or `OOM`. The rest may repeat what was sent. */
  readonly code: string

  constructor(code: string) {
    super(`the shared store answered with the error ${code}`)
    this.code = code
  }
}

/**
 * Commands to the shared store. Each ends within the command timeout: with an answer, with LinkDownError, or with
 * FleetCommandError.
 */
export interface FleetLink {
  /** How it is doing now. */
  state(): LinkState
  /** Calls back on every change of `health` or `connection`. @returns stops that */
  onChange(listener: () => void): () => void
  /** Runs a script; bulk replies are texts. */
  evaluate(script: FleetScript, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown>
  /** One value; null when it is not there. Those that are asked for at the same time may be asked for together. */
  get(key: string): Promise<Buffer | null>
  /** Values of keys that share a hash tag, in their order; null for one that is not there. */
  getMany(keys: readonly string[]): Promise<readonly (Buffer | null)[]>
  /** Stores a value for so many milliseconds, ≥ 1. */
  set(key: string, value: Buffer, ttlMs: number): Promise<void>
  /** Time of the shared store, in milliseconds since the epoch. */
  readTimeMs(): Promise<number>
  /** Ends the connection and every timer. */
  close(): Promise<void>
}
