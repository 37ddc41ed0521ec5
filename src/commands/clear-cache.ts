// `cache clear`: has every replica forget the answers it keeps, and those they keep together.
import { FleetCommandError, type FleetLink, LinkDownError } from '#fleet/fleet-link.ts'
import { beginGeneration, FORGOTTEN_WITHIN_MS } from '#fleet/generations.ts'
import { createRedisLink } from '#fleet/redis-link.ts'
import type { Clock } from '#model/clock.ts'
import type { Config } from '../config.ts'
import { type Outcome, toNameList } from './outcome.ts'

/** What it works with. */
export interface ClearCacheOptions {
  readonly config: Pick<Config, 'sandbox' | 'redis' | 'accounts'>
  /** Names of accounts. Empty: all of the settings. */
  readonly accounts: readonly string[]
  readonly clock: Clock
}

/** How long Redis may be out of reach. */
const PATIENCE_MS = 5000
/** How long to wait for a link that is down before it is tried again. */
const PAUSE_MS = 50

/** Begins a new generation of everything that is kept of the accounts. */
export async function clearCache({ config, accounts, clock }: ClearCacheOptions): Promise<Outcome> {
  if (config.sandbox) return { exitCode: 1, text: 'there is no settings file, so there is nothing to clear' }
  if (!config.redis)
    return {
      exitCode: 1,
      text: 'the settings name no redis, so answers are kept by the process alone: restart it to have them forgotten',
    }
  const known = config.accounts.map(({ name }) => name)
  const unknown = accounts.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    return { exitCode: 2, text: `no account is called ${toNameList(unknown)}; there are ${toNameList(known)}` }
  return beginGenerations(config.redis, new Set(accounts.length > 0 ? accounts : known), clock)
}

async function beginGenerations(
  { url, prefix }: NonNullable<Config['redis']>,
  accounts: ReadonlySet<string>,
  clock: Clock,
): Promise<Outcome> {
  let trouble = 'redis is out of reach'
  const warn = (fields: object) => {
    if ('reason' in fields) trouble = `redis is out of reach (${String(fields.reason)})`
  }
  const link = createRedisLink({ url, prefix, clock, log: { info: () => undefined, warn } })
  const giveUpAtMs = clock.monotonicMs() + PATIENCE_MS
  const cleared: string[] = []
  try {
    for (const account of accounts) {
      await begin(link, prefix, account, giveUpAtMs, clock)
      cleared.push(account)
    }
  } catch (error) {
    if (error instanceof FleetCommandError) trouble = `redis refused with ${error.code}`
    else if (!(error instanceof LinkDownError)) throw error
    const done = cleared.length > 0 ? `only ${toNameList(cleared)} cleared` : 'nothing cleared'
    return { exitCode: 1, text: `${trouble}: ${done}` }
  } finally {
    await link.close()
  }
  const seconds = FORGOTTEN_WITHIN_MS / 1000
  return { exitCode: 0, text: `cleared what is kept of ${toNameList(cleared)}: replicas forget it within ${seconds} s` }
}

/** @throws LinkDownError when the link is still down at that time on `Clock.monotonicMs`; FleetCommandError at once */
async function begin(
  link: FleetLink,
  prefix: string,
  account: string,
  giveUpAtMs: number,
  clock: Clock,
): Promise<void> {
  for (;;)
    try {
      return await beginGeneration(link, prefix, account)
    } catch (error) {
      if (!(error instanceof LinkDownError) || clock.monotonicMs() >= giveUpAtMs) throw error
      await clock.delay(PAUSE_MS)
    }
}
