// The time as ages are told by: it moves once a second, while somebody looks.
import { type ReadonlySignal, signal } from '@preact/signals'

const TICK_MS = 1_000

const present = signal(Date.now())

/** The time in milliseconds since the epoch. Whoever reads it is drawn anew each second. */
export const now: ReadonlySignal<number> = present

/** Has the time move from now on. */
export function followTime(): void {
  const move = () => {
    if (!document.hidden) present.value = Date.now()
  }
  setInterval(move, TICK_MS)
  document.addEventListener('visibilitychange', move)
}
