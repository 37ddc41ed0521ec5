// Who may ask and how much, as the settings say. It builds, like the composition root it belongs to.
import { type Authenticator, createAuthenticator } from '#access/authenticator.ts'
import { type ClientLimit, createClientLimit } from '#access/client-limit.ts'
import { type Connections, createConnections } from '#access/connections.ts'
import { createRedisCounter } from '#fleet/redis-counter.ts'
import type { Clock } from '#model/clock.ts'
import type { Config } from './config.ts'
import type { SharedPlace } from './snapshot-parts.ts'

/** What it is built from. */
export interface AccessOptions {
  readonly config: Pick<Config, 'access' | 'limits' | 'redis'>
  readonly clock: Clock
  readonly log: Record<'info' | 'error', (details: object, message: string) => void>
  /** Where all replicas count; undefined where there is one process. */
  readonly shared: SharedPlace | undefined
}

/** What decides on every request and every connection. */
export interface AccessParts {
  readonly authenticator: Authenticator
  readonly clientLimit: ClientLimit
  /** WebSockets and event streams together. */
  readonly connections: Connections
  /** Ends every timer. */
  close(): void
}

/** Builds them. */
export function createAccessParts({ config, clock, log, shared }: AccessOptions): AccessParts {
  const { access, limits, redis } = config
  const authenticator = createAuthenticator(access, {
    clock,
    failedKeysPerMinute: limits.failedKeysPerMinute,
    onTrouble: (trouble) => {
      if (trouble === undefined) log.info({}, 'the keys that tokens are signed with can be read again')
      else log.error({ code: trouble }, 'the keys that tokens are signed with cannot be read')
    },
  })
  const clientLimit = createClientLimit({
    ...limits,
    clock,
    shared: shared && createRedisCounter(shared),
    ...(redis && { maxReplicas: redis.maxReplicas }),
  })
  return {
    authenticator,
    clientLimit,
    connections: createConnections(limits.connections),
    close: () => {
      authenticator.close()
      clientLimit.close()
    },
  }
}
