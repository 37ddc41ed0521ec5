// The time of the shared store as the one clock of all replicas, whose own wall clocks may disagree.
import type { Clock } from '#model/clock.ts'
import { FOREVER, type Instant } from '#model/time-range.ts'
import type { FleetLink } from './fleet-link.ts'

/** Converts between the wall clock of this process and the fleet's. */
export interface FleetClock {
  /** An instant of this process on the fleet's clock, in whole milliseconds; undefined while that is not known. */
  toFleet(instant: Instant): number | undefined
  /** The other way round. */
  fromFleet(ms: number): Instant | undefined
  /** Ends the timer. What was known stays known. */
  close(): void
}

/** What it works with. */
export interface FleetClockOptions {
  readonly link: FleetLink
  readonly clock: Clock
  /** How long the difference of the clocks is believed before it is measured again, in milliseconds. Default 5000. */
  readonly everyMs?: number
}

const EVERY_MS = 5000
/**
 * Follows the shared store's clock: measured against this process' steady one, so that a step of its wall clock changes
 * nothing. Measured at once whenever there is a new connection, for behind it may be another server.
 */
export function createFleetClock({ link, clock, everyMs = EVERY_MS }: FleetClockOptions): FleetClock {
  const closing = new AbortController()
  /** How far the fleet's clock is ahead of the steady one. */
  let aheadMs: number | undefined
  let measuredConnection = 0

  async function measure(): Promise<void> {
    const { health, connection } = link.state()
    if (health !== 'up') return
    measuredConnection = connection
    const askedAtMs = clock.monotonicMs()
    try {
      const fleetMs = await link.readTimeMs()
      const answeredAtMs = clock.monotonicMs()
      // Read on the way, half of which has passed since, give or take that half.
      aheadMs = fleetMs - (askedAtMs + answeredAtMs) / 2
    } catch {
      // The last measurement serves on: steady clocks drift apart by little.
      measuredConnection = 0
    }
  }

  async function keepMeasuring(): Promise<void> {
    while (!closing.signal.aborted) {
      await measure()
      await clock.delay(everyMs, closing.signal).catch(() => undefined)
    }
  }

  /** From the wall clock to the fleet's. */
  function findLeadMs(): number | undefined {
    return aheadMs === undefined ? undefined : aheadMs + clock.monotonicMs() - clock.now()
  }

  function shift(instant: number, byMs: number | undefined): number | undefined {
    if (!(Math.abs(instant) < FOREVER)) return instant
    return byMs === undefined ? undefined : Math.round(instant + byMs)
  }

  const stopListening = link.onChange(() => {
    if (link.state().connection !== measuredConnection) void measure()
  })
  void keepMeasuring()

  return {
    toFleet: (instant) => shift(instant, findLeadMs()),
    fromFleet: (ms) => {
      const leadMs = findLeadMs()
      return shift(ms, leadMs === undefined ? undefined : -leadMs)
    },
    close: () => {
      stopListening()
      closing.abort()
    },
  }
}
