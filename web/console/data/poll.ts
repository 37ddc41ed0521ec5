// Asking again and again, and only while somebody looks.
import { AskError } from './trouble.ts'

const SHORTEST_RETRY_MS = 2_000
const LONGEST_RETRY_MS = 30_000
/** What is seldom asked for is missed as much as anything while it is not there. */
const FIRST_RETRY_MS = 5_000

/** A task that is repeated. */
export interface Polling {
  /** Ends it, and what of it is under way. */
  stop(): void
  /** Does it now, unless it is under way. */
  now(): void
}

/**
 * How long until the next time.
 *
 * @param everyMs Infinity for what is not repeated once it was good
 * @param failures how often it failed in a row, 0 for good
 * @param retryAfterMs what the gateway asked for, at least
 */
export function toDelayMs(everyMs: number, failures: number, retryAfterMs = 0): number {
  if (failures === 0) return everyMs
  const first = Math.max(SHORTEST_RETRY_MS, Math.min(FIRST_RETRY_MS, Number.isFinite(everyMs) ? everyMs : 0))
  const growing = Math.min(first * 2 ** Math.min(failures - 1, 10), LONGEST_RETRY_MS)
  return Math.max(growing, retryAfterMs)
}

/**
 * Does a task at once and then from time to time, once at a time. A tab that nobody sees does nothing, and catches up
 * when it is seen. A task that throws is repeated more and more slowly.
 *
 * @param everyMs between the end of one time and the next; Infinity: once, repeated only while it fails with what may pass
 */
export function poll(task: (signal: AbortSignal) => Promise<void>, everyMs: number): Polling {
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: AbortController | undefined
  let failures = 0
  // Due while nobody looked.
  let isDue = false

  async function run(): Promise<void> {
    clearTimeout(timer)
    if (running) return
    if (document.hidden) {
      isDue = true
      return
    }
    isDue = false
    const controller = new AbortController()
    running = controller
    let retryAfterMs: number | undefined
    let isOver = false
    try {
      await task(controller.signal)
      failures = 0
    } catch (error) {
      failures += 1
      if (error instanceof AskError) {
        retryAfterMs = error.trouble.retryAfterMs
        isOver = !error.trouble.isRetryable && !Number.isFinite(everyMs)
      }
    }
    if (controller.signal.aborted) return
    running = undefined
    const delayMs = toDelayMs(everyMs, failures, retryAfterMs)
    if (!isOver && Number.isFinite(delayMs)) timer = setTimeout(start, delayMs)
  }

  function start(): void {
    void run()
  }

  function look(): void {
    if (!document.hidden && isDue) start()
  }

  document.addEventListener('visibilitychange', look)
  start()
  return {
    stop() {
      clearTimeout(timer)
      running?.abort()
      // A task that ends only now begins nothing anew.
      running ??= new AbortController()
      document.removeEventListener('visibilitychange', look)
    },
    now: start,
  }
}
