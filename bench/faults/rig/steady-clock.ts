// The one clock that the rig's processes compare times by.

/**
 * Epoch milliseconds that only ever grow. The providers' process stamps arrivals by the same rule, so that on one
 * machine the two agree to about a millisecond.
 */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now()
}
