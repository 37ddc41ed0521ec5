// The clock that replicas share, for replicas whose own clocks are driven by hand.
import type { FleetTime } from '#cache/redis-cache.ts'
import type { Clock } from '#model/clock.ts'

/** What a replica with that clock knows of the fleet's: exactly how far the two are apart now. */
export function knowFleetTime(clock: Pick<Clock, 'now'>, fleet: Pick<Clock, 'now'>): FleetTime {
  return { toFleet: (instant) => instant - clock.now() + fleet.now() }
}
