// Time that passes only when a model says so, over real commands to a real server: before it moves on, every command
// under way is answered.
import type { Clock } from '#model/clock.ts'

interface Sleeper {
  readonly atMs: number
  readonly wake: () => void
}

/** The time of a model. */
export class VirtualTime {
  nowMs = 0
  private readonly sleepers = new Set<Sleeper>()
  private readonly pending = new Set<Promise<unknown>>()

  /** Watches a command: time stands still until it has ended. */
  watch<Result>(command: Promise<Result>): Promise<Result> {
    const watched = command.finally(() => this.pending.delete(watched))
    this.pending.add(watched)
    watched.catch(() => undefined)
    return watched
  }

  /** A process's clocks: a steady one that began somewhere else, and a wall clock that is wrong by so much. */
  toClock(steadyOffsetMs: number, wallOffsetMs: number): Clock {
    return {
      now: () => 1_780_000_000_000 + this.nowMs + wallOffsetMs,
      monotonicMs: () => this.nowMs + steadyOffsetMs,
      delay: (ms, signal) => this.delay(ms, signal),
    }
  }

  /** Waits. */
  delay(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const onAbort = () => {
        this.sleepers.delete(sleeper)
        reject(signal?.reason)
      }
      const sleeper: Sleeper = {
        atMs: this.nowMs + Math.max(0, ms),
        wake: () => {
          this.sleepers.delete(sleeper)
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      this.sleepers.add(sleeper)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Lets everything happen that happens up to that time. */
  async runUntil(atMs: number): Promise<void> {
    for (;;) {
      await this.settle()
      let next: Sleeper | undefined
      for (const sleeper of this.sleepers) if (!next || sleeper.atMs < next.atMs) next = sleeper
      if (!next || next.atMs > atMs) break
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.wake()
    }
    this.nowMs = Math.max(this.nowMs, atMs)
  }

  /** Lets every promise settle that can. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 2; quiet += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      if (this.pending.size === 0) continue
      await Promise.allSettled([...this.pending])
      quiet = -1
    }
  }
}
