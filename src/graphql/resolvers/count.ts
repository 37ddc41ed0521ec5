// Counts leave as GraphQL Ints, which end at 2^31 - 1.
import { GatewayError } from '#model/errors.ts'

const MAX_INT = 2 ** 31 - 1

/**
 * A count as GraphQL can carry it. One that is too large is an error of its field, not null: null says "not measured".
 * @throws GatewayError UPSTREAM_RESPONSE beyond 2^31 - 1
 */
export function toInt(name: string, count: number | null): number | null {
  if (count !== null && Math.abs(count) > MAX_INT)
    throw new GatewayError('UPSTREAM_RESPONSE', `${name} is ${count}, more than an Int can carry (${MAX_INT})`)
  return count
}
