// Who wants what, over all replicas: one of them does the work for all, and has to know what is worth doing.
import { collectNames, Listeners } from './bell.ts'

/** Where everybody says what they want. */
export interface DemandBoard {
  /**
   * Says that somebody here wants a topic of a scope, until it is taken back. May be said often; it is counted.
   * @param scope what it is wanted of: an account
   * @param topic what it is: one line of text
   * @returns takes it back; may be called again, to no effect
   */
  want(scope: string, topic: string): () => void
  /**
   * What anybody wants now, without repeats; of this process alone where the others cannot be asked. What a replica
   * wanted that is gone is in it for up to 15 s. Never rejects.
   */
  list(scope: string): Promise<readonly string[]>
  /** What is wanted here, without repeats. */
  listOwn(scope: string): readonly string[]
  /**
   * Calls back soon after somebody begins or ends to want something of the scope, here or elsewhere; once for several
   * of them. It may be missed of others: who must not miss it lists from time to time. What a listener throws is its
   * own affair.
   * @returns stops that
   */
  onChange(scope: string, listener: () => void): () => void
  /** Takes back all that is wanted here. Nobody is called back any more. */
  close(): Promise<void>
}

/** What one process wants: topics by scope, counted. */
export class Wishes {
  private readonly scopes = new Map<string, Map<string, number>>()
  private readonly onChange: (scope: string, topic: string) => void

  /** @param onChange is told of a topic that is wanted for the first time, or not any more */
  constructor(onChange: (scope: string, topic: string) => void) {
    this.onChange = onChange
  }

  /** @returns takes it back; may be called again, to no effect */
  add(scope: string, topic: string): () => void {
    const topics = this.scopes.get(scope) ?? new Map<string, number>()
    this.scopes.set(scope, topics)
    const before = topics.get(topic) ?? 0
    topics.set(topic, before + 1)
    if (before === 0) this.onChange(scope, topic)
    let isTakenBack = false
    return () => {
      if (isTakenBack) return
      isTakenBack = true
      this.remove(scope, topic)
    }
  }

  /** Whether somebody here wants it. */
  has(scope: string, topic: string): boolean {
    return this.scopes.get(scope)?.has(topic) ?? false
  }

  /** The topics of a scope. */
  list(scope: string): readonly string[] {
    return [...(this.scopes.get(scope)?.keys() ?? [])]
  }

  /** Scopes of which something is wanted. */
  listScopes(): readonly string[] {
    return [...this.scopes.keys()]
  }

  /** Takes back everything. */
  clear(): void {
    for (const [scope, topics] of [...this.scopes]) {
      this.scopes.delete(scope)
      for (const topic of topics.keys()) this.onChange(scope, topic)
    }
  }

  private remove(scope: string, topic: string): void {
    const topics = this.scopes.get(scope)
    const count = topics?.get(topic)
    // Everything has been taken back before.
    if (!topics || count === undefined) return
    if (count > 1) {
      topics.set(topic, count - 1)
      return
    }
    topics.delete(topic)
    if (topics.size === 0) this.scopes.delete(scope)
    this.onChange(scope, topic)
  }
}

/** A board of this process alone. */
export function createProcessDemandBoard(): DemandBoard {
  const listeners = new Listeners()
  const changed = collectNames((scopes) => {
    for (const scope of scopes) listeners.call(scope)
  })
  const wishes = new Wishes((scope) => changed.add(scope))
  let isClosed = false
  return {
    want: (scope, topic) => (isClosed ? () => undefined : wishes.add(scope, topic)),
    list: async (scope) => wishes.list(scope),
    listOwn: (scope) => wishes.list(scope),
    onChange: (scope, listener) => (isClosed ? () => undefined : listeners.add(scope, listener)),
    async close() {
      isClosed = true
      listeners.clear()
      wishes.clear()
    },
  }
}
