// "Look now": tells every replica at once that something has changed, and nothing of what. A bell may go unheard, so
// whoever must not miss anything looks by itself from time to time.

/** Rings for those who listen, best effort. */
export interface Bell {
  /**
   * Rings for all who listen to the name, here and elsewhere: once for all rings of one turn of the event loop, at its
   * end. Never throws, never waits.
   */
  ring(name: string): void
  /**
   * Calls back when the name is rung, and when it may have been while nobody could hear it. What a listener throws is
   * its own affair.
   * @returns stops that
   */
  listen(name: string, listener: () => void): () => void
  /** Nobody hears anything any more. What was rung here before is still sent. */
  close(): Promise<void>
}

/** Those who listen, by name. */
export class Listeners {
  private readonly names = new Map<string, Set<() => void>>()

  /** How many names somebody listens to. */
  get size(): number {
    return this.names.size
  }

  /** Whether anybody listens to the name. */
  has(name: string): boolean {
    return this.names.has(name)
  }

  /** @returns removes it; may be called again, to no effect */
  add(name: string, listener: () => void): () => void {
    const listeners = this.names.get(name) ?? new Set()
    this.names.set(name, listeners)
    // The same function may listen twice.
    const own = () => listener()
    listeners.add(own)
    return () => {
      if (listeners.delete(own) && listeners.size === 0 && this.names.get(name) === listeners) this.names.delete(name)
    }
  }

  /** Calls all who listen to a name. */
  call(name: string): void {
    const listeners = this.names.get(name)
    for (const listener of [...(listeners ?? [])]) {
      // One who was called before may have stopped another.
      if (!listeners?.has(listener)) continue
      try {
        listener()
      } catch {
        // Its own affair.
      }
    }
  }

  /** Calls everybody. */
  callAll(): void {
    for (const name of [...this.names.keys()]) this.call(name)
  }

  /** Nobody listens any more. */
  clear(): void {
    for (const listeners of this.names.values()) listeners.clear()
    this.names.clear()
  }
}

/**
 * Collects names, and hands over those of one turn of the event loop at its end, each once.
 * @param hand never throws
 * @returns `add` names one; `take` hands over at once what was named
 */
export function collectNames(hand: (names: readonly string[]) => void): { add(name: string): void; take(): void } {
  const names = new Set<string>()
  let timer: NodeJS.Immediate | undefined
  const take = () => {
    clearImmediate(timer)
    timer = undefined
    const taken = [...names]
    names.clear()
    if (taken.length > 0) hand(taken)
  }
  return {
    add(name) {
      names.add(name)
      timer ??= setImmediate(take)
    },
    take,
  }
}

/** A bell of this process alone. */
export function createProcessBell(): Bell {
  const listeners = new Listeners()
  const rung = collectNames((names) => {
    for (const name of names) listeners.call(name)
  })
  let isClosed = false
  return {
    ring(name) {
      if (!isClosed) rung.add(name)
    },
    listen(name, listener) {
      return isClosed ? () => undefined : listeners.add(name, listener)
    },
    async close() {
      isClosed = true
      listeners.clear()
    },
  }
}
