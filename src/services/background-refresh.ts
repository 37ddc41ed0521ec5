// Stale while revalidate: what is past its life by little is given at once, and renewed behind the caller's back.
import type { CacheEntry } from '#cache/cache.ts'
import type { Ask } from '#contract/ask.ts'
import type { Clock } from '#model/clock.ts'

/** When an old answer is given at once, and what its renewal may take. */
export interface RevalidateOptions {
  /** How long past its life an answer is still given at once; 0 for never. */
  readonly withinMs: number
  /** How long its renewal may take. */
  readonly deadlineMs: number
}

/** Renews answers that nobody waits for, each once at a time. */
export class BackgroundRefresh {
  private readonly clock: Clock
  private readonly options: RevalidateOptions
  private readonly running = new Set<string>()

  constructor(clock: Clock, options: RevalidateOptions) {
    this.clock = clock
    this.options = options
  }

  /** Whether a kept entry is past its life by so little that it is given all the same. */
  isOverdue(kept: CacheEntry<unknown>): boolean {
    const overdueMs = this.clock.now() - kept.freshUntil
    return overdueMs >= 0 && overdueMs < this.options.withinMs
  }

  /**
   * Starts `work` unless it is under way under that key. It keeps the asker's lane and name, but has a deadline and a
   * budget of its own.
   */
  start(key: string, ask: Ask, work: (ask: Ask) => Promise<unknown>): void {
    if (this.running.has(key)) return
    this.running.add(key)
    const deadlineAtMs = this.clock.monotonicMs() + this.options.deadlineMs
    const own: Ask = { ...ask, signal: new AbortController().signal, deadlineAtMs, meter: ask.meter.behind }
    void this.run(key, () => work(own))
  }

  private async run(key: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch {
      // Nobody asked for it. Once the answer is too old to be given at once, the one who asks meets the error himself.
    } finally {
      this.running.delete(key)
    }
  }
}
