// Time as a thing that is handed in, so that tests own it.
import type { Instant } from './time-range.ts'

/** The only source of time. Real in production, driven by hand in tests. */
export interface Clock {
  /** Wall-clock time, for signatures, provider times and answers. May step. */
  now(): Instant
  /** Milliseconds on a clock that never steps, for deadlines, quotas and lifetimes. Only differences mean something. */
  monotonicMs(): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. No timer is left behind either way. */
  delay(ms: number, signal?: AbortSignal): Promise<void>
}

/** The machine's own clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  delay: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const onAbort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
        Math.max(0, ms),
      )
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}
