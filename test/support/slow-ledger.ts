// A ledger that is far away.
import type { Clock } from '#model/clock.ts'
import type { StartLedger } from '#upstream/start-ledger.ts'

/** The same ledger, with so many milliseconds to it and back. */
export function createSlowLedger(ledger: StartLedger, clock: Clock, oneWayMs: number): StartLedger {
  return {
    async take(wishes) {
      await clock.delay(oneWayMs)
      const starts = await ledger.take(wishes)
      await clock.delay(oneWayMs)
      return starts
    },
    giveBack: (start) => ledger.giveBack(start),
    plan: () => ledger.plan(),
    setWaiting: (count) => ledger.setWaiting?.(count),
    onChange: (listener) => ledger.onChange(listener),
    read: () => ledger.read(),
    pause: (forMs) => ledger.pause(forMs),
    get pausedUntilMs() {
      return ledger.pausedUntilMs
    },
    close: () => ledger.close(),
  }
}
