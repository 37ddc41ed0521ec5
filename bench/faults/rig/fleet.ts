// Some replicas over one Redis, the providers they call, and a client that shares its requests out between them.
import { createClient, type FleetClient } from './client.ts'
import { type Replica, startReplica } from './replica.ts'
import { startUpstream, type Upstream } from './upstream-process.ts'
import type { UpstreamAccount, UpstreamWay } from './upstream-protocol.ts'

/** An account of the fleet, at one of the emulated providers. */
export interface FleetAccount extends UpstreamAccount {
  /** As in the settings; what is left out has its default. */
  readonly quota: { readonly limit: number; readonly windowSeconds: number; readonly guardMs?: number }
  /** Further settings of the account; endpoints among them stand instead of the emulated provider's. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Whether its provider has to be looked up, by the name `localhost`. Who sent such a call is not known. Default no. */
  readonly isLookedUp?: boolean
}

/** How a fleet is to be. */
export interface FleetSetup {
  readonly replicas: number
  readonly accounts: readonly FleetAccount[]
  /** Where each replica finds Redis; undefined for a process with embedded stores. */
  readonly redisUrl?: ((replica: number) => string) | undefined
  /** Most milliseconds a provider call is held back on its way, at random. Default 0. */
  readonly jitterMs?: number
  /** Further settings of every replica. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** How far a replica's wall clock starts ahead, milliseconds; undefined for one that goes by the machine's. */
  readonly clockShiftMs?: (replica: number) => number | undefined
  /** How far a provider lets a signature's date be off, seconds. Default 300. */
  readonly maxClockSkewSeconds?: number
  /** Where a replica's data are; left out: in a folder of its own. */
  readonly dataDirectory?: (replica: number) => string
  /** Where a replica listens, each time it is started; left out: at a free port. */
  readonly port?: (replica: number) => number
  /** How long a replica goes on answering when it is told to stop. Default 0.5. */
  readonly drainSeconds?: number
  /** Further environment of every replica. */
  readonly environment?: Readonly<Record<string, string>>
  /** Whether the client asks again when it is refused for overload. Default no. */
  readonly isPatient?: boolean
  /** Whether what each account is sent is kept, byte for byte. Default no. */
  readonly keepsBodies?: boolean
}

/** A running fleet. */
export interface Fleet {
  readonly replicas: readonly Replica[]
  readonly upstream: Upstream
  readonly client: FleetClient
  /** Stops everything. May be called again. */
  close(): Promise<void>
}

/** Starts the providers, then the replicas side by side. @throws Error when one does not start */
export async function startFleet(setup: FleetSetup): Promise<Fleet> {
  const { accounts } = setup
  const upstream = await startUpstream({
    replicas: setup.replicas,
    accounts: accounts.map(({ name, provider }) => ({ name, provider })),
    jitterMs: setup.jitterMs ?? 0,
    maxClockSkewSeconds: setup.maxClockSkewSeconds ?? 300,
    keepsBodies: setup.keepsBodies ?? false,
  })
  const starting = Array.from({ length: setup.replicas }, (_, index) =>
    startReplica({
      index,
      clockShiftMs: setup.clockShiftMs?.(index),
      dataDirectory: setup.dataDirectory?.(index),
      port: setup.port?.(index),
      drainSeconds: setup.drainSeconds,
      environment: setup.environment,
      settings: {
        ...setup.settings,
        ...(setup.redisUrl && { redis: { url: setup.redisUrl(index) } }),
        accounts: accounts.map((account) => toSettings(account, index, upstream)),
      },
    }),
  )
  const outcomes = await Promise.allSettled(starting)
  const replicas = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const failure = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failure !== undefined) {
    await Promise.all(replicas.map((replica) => replica.kill()))
    await upstream.close()
    throw failure.reason
  }
  const client = createClient(
    replicas.map(({ url }) => url),
    setup.isPatient,
  )
  let closing: Promise<void> | undefined
  const close = async () => {
    await client.close()
    await Promise.all(replicas.map((replica) => replica.stop()))
    await upstream.close()
  }
  return {
    replicas,
    upstream,
    client,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

function toSettings(
  { name, provider, quota, settings, isLookedUp }: FleetAccount,
  replica: number,
  { ways, credentials }: Upstream,
) {
  const way = ways.find((candidate) => candidate.replica === replica && candidate.account === name)
  if (way === undefined) throw new Error(`the providers gave account ${name} no address`)
  const addresses = Object.entries(toEndpoints(provider, way))
  const endpoints = Object.fromEntries(
    addresses.map(([role, address]) => [role, isLookedUp ? address.replace('127.0.0.1', 'localhost') : address]),
  )
  return { endpoints, ...settings, name, provider, quota, credentials: credentials[provider] }
}

function toEndpoints(provider: UpstreamAccount['provider'], { statistics, control, reports }: UpstreamWay) {
  return provider === 'tencent' ? { statistics, control } : { reports }
}
