// News as it happens, for those who watch right now: what was published is told on and not kept for anybody who comes
// later. Whoever must not miss anything reads the store that the news is about.

/** Tells what is published to those who watch. */
export interface Feed<Item> {
  /**
   * Tells all who watch the scope, in this process and in every other that shares the feed. Never rejects: what is
   * published is news of something that is kept elsewhere, and may be lost.
   * @param scope what the items are about: an account
   */
  publish(scope: string, items: readonly Item[]): Promise<void>
  /**
   * Calls back with every item that is published from now on: each at most once, those of one publisher in their order.
   * What a listener throws is its own affair and stops nobody else.
   * @returns stops that
   */
  watch(scope: string, listener: FeedListener<Item>): () => void
  /** Ends every watch and timer. Nothing is told any more. */
  close(): void
}

/** Is told one item after the other. */
export type FeedListener<Item> = (item: Item) => void

/** Those who watch, by scope. */
export class Watchers<Item> {
  private readonly scopes = new Map<string, Set<{ readonly listener: FeedListener<Item> }>>()

  /** Whether anybody watches the scope. */
  has(scope: string): boolean {
    return this.scopes.has(scope)
  }

  /** @returns removes it; true when it was the last of its scope. May be called again, to no effect */
  add(scope: string, listener: FeedListener<Item>): () => boolean {
    const watchers = this.scopes.get(scope) ?? new Set()
    this.scopes.set(scope, watchers)
    // The same function may watch twice.
    const watcher = { listener }
    watchers.add(watcher)
    return () => {
      if (!watchers.delete(watcher) || watchers.size > 0 || this.scopes.get(scope) !== watchers) return false
      return this.scopes.delete(scope)
    }
  }

  /** Tells an item to all who watch the scope. */
  tell(scope: string, item: Item): void {
    const watchers = this.scopes.get(scope)
    for (const watcher of [...(watchers ?? [])]) {
      // One who was told before may have stopped another.
      if (!watchers?.has(watcher)) continue
      try {
        watcher.listener(item)
      } catch {
        // Its own affair.
      }
    }
  }

  /** Nobody watches any more. */
  clear(): void {
    for (const watchers of this.scopes.values()) watchers.clear()
    this.scopes.clear()
  }
}

/** A feed of this process alone: who watches is told before `publish` returns. */
export function createProcessFeed<Item>(): Feed<Item> {
  const watchers = new Watchers<Item>()
  let isClosed = false
  return {
    async publish(scope, items) {
      for (const item of items) watchers.tell(scope, item)
    },
    watch(scope, listener) {
      if (isClosed) return () => undefined
      const remove = watchers.add(scope, listener)
      return () => {
        remove()
      }
    },
    close() {
      isClosed = true
      watchers.clear()
    },
  }
}
