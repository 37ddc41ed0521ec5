// What the stores in Redis need of the connection to it, and how they name what they keep there.

/** A Lua script. Every key it touches is handed to it, and all of them share a hash tag. */
export interface StoreScript {
  /** What it is called in metrics. */
  readonly name: string
  readonly lua: string
}

/** The connection: every call ends soon, with an answer or an error. */
export interface StoreLink {
  /** Runs a script; bulk replies are texts. */
  evaluate(script: StoreScript, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown>
}

/** Where a store keeps something of an account. What is laid out in another way one day has another version. */
export function toStoreKey(prefix: string, account: string, name: string): string {
  return `${prefix}:{${account}}:snapshots:v1:${name}`
}
