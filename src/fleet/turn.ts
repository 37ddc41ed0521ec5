// Lets the replicas do something in turn that all of them together may do only so often.
import type { FleetLink, FleetScript } from './fleet-link.ts'

/** What turns are taken at. */
export interface TurnName {
  /** What it is done on: an account. */
  readonly scope: string
  /** Tells it from everything else that is done in turn there. */
  readonly key: string
}

/** Gives out turns. */
export interface Turn {
  /**
   * Takes the turn if nobody else has taken one in the last `everyMs`, ≥ 1. Turns lost with the shared store, or taken
   * while it cannot be reached, are not known of: then each process decides alone. Never rejects.
   */
  mayTry(name: TurnName, everyMs: number): Promise<boolean>
}

/** Nobody takes it away before it is over. */
const take: FleetScript = {
  name: 'turn_take',
  lua: `return redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[1]) and 1 or 0`,
}

/** For one process alone: always its turn. Who takes turns there keeps to his own pace. */
export function createProcessTurn(): Turn {
  return { mayTry: () => Promise.resolve(true) }
}

/** Turns of all replicas. @param options.prefix begins every key */
export function createRedisTurn(options: { readonly link: FleetLink; readonly prefix: string }): Turn {
  const { link, prefix } = options
  return {
    async mayTry({ scope, key }, everyMs) {
      try {
        return (await link.evaluate(take, [`${prefix}:{${scope}}:turn:${key}`], [Math.ceil(everyMs)])) === 1
      } catch {
        return true
      }
    },
  }
}
