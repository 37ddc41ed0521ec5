// The composition root: the only file that knows every layer. It builds, it decides nothing.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { FleetTime } from '#cache/redis-cache.ts'
import { createPersistedOperations } from '#graphql/persisted-operations.ts'
import { graphqlPlugin } from '#graphql/plugin.ts'
import { type Clock, systemClock } from '#model/clock.ts'
import { NotFoundError } from '#model/errors.ts'
import { providers } from '#providers/index.ts'
import { buildErrorHandler, buildFrameworkErrorHandler, sendProblem } from '#rest/error-handler.ts'
import { guardMethods } from '#rest/method-guard.ts'
import { restPlugin } from '#rest/plugin.ts'
import { createRowWriter } from '#rows/row-writer.ts'
import { createServices } from '#services/create-services.ts'
import type { ConnectedAccount } from '#services/provider-registry.ts'
import { signers } from '#signing/index.ts'
import { createLogger, type LogDestination } from '#telemetry/logger.ts'
import { createMetrics } from '#telemetry/metrics.ts'
import { createQuota } from '#upstream/quota-queue.ts'
import { createSharedLookup } from '#upstream/shared-lookup.ts'
import { openStartJournal } from '#upstream/start-journal.ts'
import { createUpstreamClient } from '#upstream/upstream-client.ts'
import { createAccessParts } from './access-parts.ts'
import { toMemoryShares } from './config/memory-shares.ts'
import type { AccountConfig, Config } from './config.ts'
import { openDataDirectory } from './data-directory.ts'
import { createFront, toAnswerShape } from './front-parts.ts'
import { listParts } from './health-parts.ts'
import { readNamedFiles } from './named-files.ts'
import { createReplicas } from './replicas.ts'
import { createServer } from './server/create-server.ts'
import { graphiqlPage } from './server/graphiql-page.ts'
import { addHealthRoutes } from './server/health-routes.ts'
import { refuseOtherHosts } from './server/local-host.ts'
import { addMetricsRoute } from './server/metrics-route.ts'
import { addRequestScope } from './server/request-scope.ts'
import { addSnapshotMetrics, openSnapshotParts } from './snapshot-parts.ts'

/** What a test may hand in instead of the machine's own. */
export interface AppOverrides {
  readonly clock?: Clock
  /** In [0, 1). */
  readonly random?: () => number
  readonly logDestination?: LogDestination
  /** The clock that replicas share, for replicas that live in another time than Redis. */
  readonly fleetTime?: FleetTime
  /** How long Redis may take to answer, in milliseconds, on a machine that is busy with other things. */
  readonly commandTimeoutMs?: number
  /** False: nothing is answered from kept bytes, as if every question were asked for the first time. */
  readonly keepsAnswers?: boolean
}

/** A gateway that is ready to listen. */
export interface App {
  readonly server: FastifyInstance
  /** Binds the address of the settings and starts the collectors. @returns where it can be reached */
  listen(): Promise<string>
  /** Says that it is not ready any more, and asks every client it answers to connect anew. Still answers. */
  drain(): void
  /**
   * Stops taking connections, answers what is under way, waits for the pop in flight, and gives everything back.
   * A second call waits for the first.
   */
  close(): Promise<void>
}

/** What every provider's settings hold; a signature without an expiry has no use for its lifetime. */
const commonSettings = z.object({
  endpoints: z.record(z.string(), z.string()),
  signatureTtlSeconds: z.number().default(60),
})

/** How long the answer of a pop is read, unless its collector has to end before. */
const POP_LIMIT_MS = 45_000

/** Connections that wait to be accepted: many clients that come at once are not turned away by the system. */
const BACKLOG = 4096

const projectFolder = join(import.meta.dirname, '..')

/**
 * Builds the gateway of a configuration.
 * @throws DataDirectoryError when another process holds its data directory; TlsFilesError and RegisteredOperationsError
 * for files that cannot be used
 */
export async function buildApp(config: Config, overrides: AppOverrides = {}): Promise<App> {
  const clock = overrides.clock ?? systemClock
  const { schema, registered, tls } = await readNamedFiles(config)
  const version = await readVersion()
  const random = overrides.random ?? Math.random
  const log = createLogger(config.log, overrides.logDestination)
  const dataDirectory = openDataDirectory(config.dataDirectory)
  const replicas = createReplicas({
    config,
    clock,
    log,
    dataDirectory: dataDirectory.path,
    fleetTime: overrides.fleetTime,
    commandTimeoutMs: overrides.commandTimeoutMs,
    answerShape: toAnswerShape(config, { schema, registered, version }),
  })
  const snapshotParts = openSnapshotParts({ dataDirectory: dataDirectory.path, shared: replicas.shared, clock, log })
  const lookup = createSharedLookup()
  const connected = config.accounts.map((account) => connect(account))
  const accounts = connected.map(({ account }) => account)
  const services = createServices({
    accounts,
    cache: replicas.cache,
    flights: replicas.flights,
    snapshotStore: snapshotParts.stores.snapshots,
    batchStore: snapshotParts.stores.batches,
    snapshotFeed: snapshotParts.feed,
    clock,
    maxStaleMs: config.cache.maxStaleSeconds * 1000,
    maxKeepMs: config.cache.maxKeepSeconds * 1000,
    revalidate: {
      withinMs: config.cache.staleWhileRevalidateSeconds * 1000,
      deadlineMs: config.upstream.deadlineMs,
    },
    closedAfterMs: config.cache.closedAfterSeconds * 1000,
    closedDayAfterMs: config.cache.closedDayAfterSeconds * 1000,
  })
  const metrics = createMetrics({ clock, log })
  const collectors = accounts.flatMap((account, index) => {
    const collector = snapshotParts.createCollector(account, config.accounts[index])
    if (collector && account.collectsSnapshots)
      addSnapshotMetrics(metrics, snapshotParts, account.name, collector, clock)
    return collector ?? []
  })

  const access = createAccessParts({ config, clock, log, shared: replicas.shared })
  let isOpen = true
  const front =
    overrides.keepsAnswers === false
      ? undefined
      : createFront({ ...access, config, replicas, clock, isOpen: () => isOpen })
  if (front) metrics.addAnswers(() => front.listCounts())
  const server = await createServer({
    log,
    corsOrigins: config.server.cors.origins,
    trustProxy: config.server.trustProxy,
    frameworkErrors: buildFrameworkErrorHandler(log),
    tls,
    maxLastingConnections: config.limits.connections.perProcess,
    clock,
    front,
  })
  if (config.access.mode === 'open' && config.access.role === 'ops')
    refuseOtherHosts(server, config.server.cors.origins)
  const scope = addRequestScope(server, {
    ...access,
    clock,
    deadlineMs: config.upstream.deadlineMs,
    maxProviderCalls: config.queries.maxProviderCalls,
  })
  const { createAsk } = scope
  const draining = new AbortController()
  const refuseOtherMethods = guardMethods(server)
  addHealthRoutes(server, { isOpen: () => isOpen, listParts: () => listParts(accounts, replicas, collectors) })
  addMetricsRoute(server, { metrics, createAsk })
  refuseOtherMethods()
  // While the process drains, every answer tells its client to connect anew: elsewhere, by then.
  server.addHook('onSend', async (_request, reply) => {
    if (!isOpen) reply.header('connection', 'close')
  })
  server.setErrorHandler(buildErrorHandler(log))
  server.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, new NotFoundError('there is nothing at this address; try /graphiql or /docs')),
  )
  const rows = createRowWriter({ maxBytes: toMemoryShares(config.cache.maxBytes).rows })
  await server.register(graphqlPlugin, {
    services,
    rows,
    schema,
    createAsk,
    offer: front?.offer,
    limits: config.queries,
    persisted: createPersistedOperations({ ...config.queries.persisted, registered }),
    sockets: {
      ...scope,
      connections: access.connections,
      limits: config.limits.connections,
      origins: config.server.cors.origins,
      clock,
      draining: draining.signal,
    },
  })
  await server.register(restPlugin, {
    services,
    rows,
    createAsk,
    offer: front?.offer,
    clock,
    log,
    connections: access.connections,
    version,
    draining: draining.signal,
  })
  await server.register(graphiqlPage, {
    bundle: join(projectFolder, 'web/dist/graphiql'),
    services,
    createAsk,
    now: () => clock.now(),
  })

  function connect(account: AccountConfig) {
    const provider = providers.find(({ id }) => id === account.provider)
    if (!provider) throw new Error(`the settings let an unknown provider through: ${account.provider}`)
    const settings = provider.settings.parse(account.settings)
    const { credentials: _credentials, ...rest } = settings
    const { endpoints, signatureTtlSeconds } = commonSettings.parse(settings)
    // Without it, a process that is restarted would spend a full quota again inside the same window.
    const journal = openStartJournal({
      path: join(dataDirectory.path, 'quota', `${account.name}.log`),
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
      log,
    })
    const connectedAccount: ConnectedAccount = {
      name: account.name,
      provider,
      connection: provider.connect(client.call, rest),
      readings: client.readings,
      collectsSnapshots: account.snapshots?.collect ?? false,
    }
    return { account: connectedAccount, client, quota, journal }
  }

  async function shutDown(): Promise<void> {
    isOpen = false
    await Promise.all([server.close(), ...collectors.map((collector) => collector.stop())])
    access.close()
    await Promise.all(connected.map(({ quota }) => quota.close()))
    await Promise.all(connected.map(({ client }) => client.close()))
    for (const { journal } of connected) journal.close()
    await snapshotParts.close()
    await replicas.close()
    dataDirectory.release()
  }

  let closing: Promise<void> | undefined
  return {
    server,
    listen: async () => {
      const address = await server.listen({ host: config.server.host, port: config.server.port, backlog: BACKLOG })
      for (const collector of collectors) collector.start()
      return address
    },
    drain: () => {
      isOpen = false
      draining.abort()
    },
    close: () => {
      closing ??= shutDown()
      return closing
    },
  }
}

async function readVersion(): Promise<string> {
  const text: unknown = JSON.parse(await readFile(join(projectFolder, 'package.json'), 'utf8'))
  return typeof text === 'object' && text !== null && 'version' in text ? String(text.version) : 'unknown'
}
