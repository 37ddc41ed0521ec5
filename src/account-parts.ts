// An account of the settings, connected: its provider, its quota and its way out. It builds, like the composition root
// it belongs to.
import { join } from 'node:path'
import { z } from 'zod'
import { nameOperations } from '#contract/capability.ts'
import type { Clock } from '#model/clock.ts'
import { providers } from '#providers/index.ts'
import type { ConnectedAccount } from '#services/provider-registry.ts'
import { signers } from '#signing/index.ts'
import type { Quota } from '#upstream/quota.ts'
import { createQuota } from '#upstream/quota-queue.ts'
import { createSharedLookup } from '#upstream/shared-lookup.ts'
import { openStartJournal, type StartJournal } from '#upstream/start-journal.ts'
import { createUpstreamClient, type UpstreamClient, type UpstreamLog } from '#upstream/upstream-client.ts'
import type { AccountConfig, Config } from './config.ts'
import type { Replicas } from './replicas.ts'
import type { TelemetryParts } from './telemetry-parts.ts'

/** What accounts are connected with. */
export interface AccountPartsOptions {
  readonly config: Pick<Config, 'upstream'>
  /** Folder of the files that belong to this process. */
  readonly dataDirectory: string
  readonly replicas: Pick<Replicas, 'openLedger' | 'turn'>
  readonly telemetry: Pick<TelemetryParts, 'toUpstreamObserver' | 'tracer'>
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly log: UpstreamLog & { error(details: object, message: string): void }
}

/** An account, and what has to be closed at the end: the quota, then the client, then the journal. */
export interface AccountParts {
  readonly account: ConnectedAccount
  readonly client: UpstreamClient
  readonly quota: Quota
  readonly journal: StartJournal
}

/** What every provider's settings hold; a signature without an expiry has no use for its lifetime. */
const commonSettings = z.object({
  endpoints: z.record(z.string(), z.string()),
  signatureTtlSeconds: z.number().default(60),
})

/** How long the answer of a pop is read, unless its collector has to end before. */
const POP_LIMIT_MS = 45_000

/** Connects accounts. Sends nothing by itself. */
export function connectAccounts(
  accounts: readonly AccountConfig[],
  { config, dataDirectory, replicas, telemetry, clock, random, log }: AccountPartsOptions,
): readonly AccountParts[] {
  const lookup = createSharedLookup()

  function connect(account: AccountConfig): AccountParts {
    const provider = providers.find(({ id }) => id === account.provider)
    if (!provider) throw new Error(`the settings let an unknown provider through: ${account.provider}`)
    const settings = provider.settings.parse(account.settings)
    const { credentials: _credentials, ...rest } = settings
    const { endpoints, signatureTtlSeconds } = commonSettings.parse(settings)
    // Without it, a process that is restarted would spend a full quota again inside the same window.
    const journal = openStartJournal({
      path: join(dataDirectory, 'quota', `${account.name}.log`),
      limits: account.quota,
      clock,
      onError: (error) =>
        log.error({ account: account.name, err: error }, 'the starts of provider calls cannot be written down'),
    })
    const quota = createQuota({ ledger: replicas.openLedger(account, journal), clock })
    const client = createUpstreamClient({
      account: account.name,
      provider: provider.id,
      endpoints,
      credential: provider.toCredential(settings),
      signer: signers[provider.signer],
      ttlSeconds: signatureTtlSeconds,
      quota,
      turn: replicas.turn,
      clock,
      random,
      deadlineMs: config.upstream.deadlineMs,
      maxResponseBytes: config.upstream.maxResponseBytes,
      consumingMs: POP_LIMIT_MS,
      lookup,
      observer: telemetry.toUpstreamObserver(account.name),
      tracer: telemetry.tracer,
      log,
    })
    const connection = provider.connect(client.call, rest)
    const connectedAccount: ConnectedAccount = {
      name: account.name,
      provider,
      connection: { ...connection, capabilities: nameOperations(connection.capabilities) },
      readings: client.readings,
      collectsSnapshots: account.snapshots?.collect ?? false,
    }
    return { account: connectedAccount, client, quota, journal }
  }

  return accounts.map(connect)
}
