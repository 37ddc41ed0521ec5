// A clock that stands still until a test moves it.
import type { Clock } from '#model/clock.ts'
import type { Instant } from '#model/time-range.ts'

interface Sleeper {
  readonly wakeAtMs: number
  readonly wake: () => void
}

/** A `Clock` driven by hand. */
export class FakeClock implements Clock {
  private wallMs: Instant
  private steadyMs = 0
  private readonly sleepers = new Set<Sleeper>()

  constructor(now: Instant = Date.UTC(2026, 10, 21, 4, 0, 0)) {
    this.wallMs = now
  }

  now(): Instant {
    return this.wallMs
  }

  monotonicMs(): number {
    return this.steadyMs
  }

  /** How many delays are waiting. */
  get waiting(): number {
    return this.sleepers.size
  }

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
        wakeAtMs: this.steadyMs + Math.max(0, ms),
        wake: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      this.sleepers.add(sleeper)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Moves time forward, waking sleepers in order, and lets what they started settle. */
  async advance(ms: number): Promise<void> {
    const target = this.steadyMs + ms
    for (;;) {
      await settle()
      const next = [...this.sleepers].sort((one, other) => one.wakeAtMs - other.wakeAtMs)[0]
      if (!next || next.wakeAtMs > target) break
      this.moveTo(next.wakeAtMs)
      this.sleepers.delete(next)
      next.wake()
    }
    this.moveTo(target)
    await settle()
  }

  /** Steps the wall clock alone, as a time server may. */
  stepWall(ms: number): void {
    this.wallMs += ms
  }

  private moveTo(steadyMs: number): void {
    this.wallMs += steadyMs - this.steadyMs
    this.steadyMs = steadyMs
  }
}

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
