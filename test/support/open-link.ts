// A link to a real Redis, for tests of what goes over it.
import type { FleetLink } from '#fleet/fleet-link.ts'
import { createRedisLink, type RedisLinkOptions } from '#fleet/redis-link.ts'
import { systemClock } from '#model/clock.ts'

/** How long a link waits that must not be lost because the machine is busy. */
export const patient: Pick<RedisLinkOptions, 'commandTimeoutMs'> = { commandTimeoutMs: 15_000 }

/** Connects and waits until commands are answered. Whoever opens one closes it. */
export async function openLink(
  url: string,
  prefix: string,
  patience: Pick<RedisLinkOptions, 'commandTimeoutMs'> = {},
): Promise<FleetLink> {
  const log = { info: () => undefined, warn: () => undefined }
  const link = createRedisLink({ url, prefix, clock: systemClock, log, ...patience })
  const up = Promise.withResolvers<void>()
  const stop = link.onChange(() => {
    if (link.state().health === 'up') up.resolve()
  })
  if (link.state().health === 'up') up.resolve()
  await up.promise
  stop()
  return link
}
