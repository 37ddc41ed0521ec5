// The composition root: the only file that knows every layer. It builds, it decides nothing.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { FleetTime } from '#cache/redis-cache.ts'
import { createPersistedOperations } from '#graphql/persisted-operations.ts'
import { graphqlPlugin } from '#graphql/plugin.ts'
import { type Clock, systemClock } from '#model/clock.ts'
import { NotFoundError } from '#model/errors.ts'
import { buildErrorHandler, buildFrameworkErrorHandler } from '#rest/error-handler.ts'
import { guardMethods } from '#rest/method-guard.ts'
import { restPlugin } from '#rest/plugin.ts'
import { createRowWriter } from '#rows/row-writer.ts'
import { createUseCases } from '#services/create-services.ts'
import { followServices } from '#services/followed-services.ts'
import { createLogger, type LogDestination } from '#telemetry/logger.ts'
import type { Tracing } from '#telemetry/tracing.ts'
import { createAccessParts } from './access-parts.ts'
import { connectAccounts } from './account-parts.ts'
import { toMemoryShares } from './config/memory-shares.ts'
import type { Config } from './config.ts'
import { openDataDirectory } from './data-directory.ts'
import { createFront, toAnswerShape } from './front-parts.ts'
import { listParts } from './health-parts.ts'
import { openLiveParts } from './live-parts.ts'
import { readNamedFiles } from './named-files.ts'
import { createReplicas } from './replicas.ts'
import { createServer } from './server/create-server.ts'
import { addHealthRoutes } from './server/health-routes.ts'
import { refuseOtherHosts } from './server/local-host.ts'
import { addMetricsRoute } from './server/metrics-route.ts'
import { pages } from './server/pages.ts'
import { eventLoop, RequestLine } from './server/request-line.ts'
import { FollowedRequests } from './server/request-observer.ts'
import { addRequestScope } from './server/request-scope.ts'
import { addSnapshotMetrics, openSnapshotParts } from './snapshot-parts.ts'
import { createTelemetryParts } from './telemetry-parts.ts'

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
  /** Follows work; nobody does when left out. Opened before, and closed after everything that is followed. */
  readonly tracing?: Pick<Tracing, 'tracer' | 'reportTo'>
}

/** A gateway that is ready to listen. */
export interface App {
  readonly server: FastifyInstance
  /** Binds the address of the settings and starts the collectors and samplers. @returns where it can be reached */
  listen(): Promise<string>
  /**
   * Says that it is not ready any more, asks every client it answers to connect anew, but for those it has no time for,
   * and hands over what one replica does for all. Still answers; sockets and event streams stay: who left now would
   * often be sent here again.
   */
  drain(): void
  /**
   * Stops taking connections, answers what is under way, waits for the pop in flight, and gives everything back.
   * A second call waits for the first.
   */
  close(): Promise<void>
}

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
  const tracer = overrides.tracing?.tracer
  const log = createLogger(config.log, overrides.logDestination, tracer && (() => tracer.findIds()))
  overrides.tracing?.reportTo(log)
  const telemetry = createTelemetryParts({ config, version, clock, log, tracer })
  const dataDirectory = openDataDirectory(config.dataDirectory)
  const replicas = createReplicas({
    config,
    clock,
    log,
    dataDirectory: dataDirectory.path,
    fleetTime: overrides.fleetTime,
    commandTimeoutMs: overrides.commandTimeoutMs,
    tracer,
    cacheObserver: telemetry.cache,
    answerShape: toAnswerShape(config, { schema, registered, version }),
  })
  const snapshotParts = openSnapshotParts({ dataDirectory: dataDirectory.path, shared: replicas.shared, clock, log })
  const connected = connectAccounts(config.accounts, {
    config,
    dataDirectory: dataDirectory.path,
    replicas,
    telemetry,
    clock,
    random,
    log,
  })
  const accounts = connected.map(({ account }) => account)
  const liveParts = openLiveParts({
    ...{ replicas, clock, log },
    deadlineMs: config.upstream.deadlineMs,
    maxReplicas: config.redis?.maxReplicas ?? 1,
  })
  const useCases = createUseCases({
    accounts,
    cache: replicas.cache,
    flights: replicas.flights,
    snapshotStore: snapshotParts.stores.snapshots,
    batchStore: snapshotParts.stores.batches,
    snapshotFeed: snapshotParts.feed,
    collectors: snapshotParts.readings,
    hub: liveParts.hub,
    clock,
    maxStaleMs: config.cache.maxStaleSeconds * 1000,
    maxKeepMs: config.cache.maxKeepSeconds * 1000,
    revalidate: {
      withinMs: config.cache.staleWhileRevalidateSeconds * 1000,
      deadlineMs: config.upstream.deadlineMs,
    },
    closedAfterMs: config.cache.closedAfterSeconds * 1000,
    closedDayAfterMs: config.cache.closedDayAfterSeconds * 1000,
    answers: telemetry.spending,
    spending: telemetry.spending,
  })
  const services = tracer
    ? followServices(useCases.services, { tracer, accounts: accounts.map(({ name }) => name) })
    : useCases.services
  const samplers = liveParts.createSamplers(accounts, useCases.createLiveReads, telemetry.samplers)
  const collectors = accounts.flatMap((account, index) => {
    const collector = snapshotParts.createCollector(account, config.accounts[index])
    if (collector && account.collectsSnapshots)
      addSnapshotMetrics(telemetry.snapshots, snapshotParts, account.name, collector, clock)
    return collector ?? []
  })

  const access = createAccessParts({ config, clock, log, shared: replicas.shared })
  // First it wants no new clients, then it serves none.
  let [isOpen, isServing] = [true, true]
  const requests = new FollowedRequests({ observer: telemetry.requests, clock, tracer })
  const { note } = requests
  const front =
    overrides.keepsAnswers === false
      ? undefined
      : createFront({
          ...access,
          config,
          replicas,
          clock,
          requests,
          isOpen: () => isOpen,
          isServing: () => isServing,
          savings: telemetry.spending,
        })
  const line = new RequestLine(eventLoop, log)
  const server = await createServer({
    log,
    corsOrigins: config.server.cors.origins,
    trustProxy: config.server.trustProxy,
    frameworkErrors: buildFrameworkErrorHandler(log, note),
    tls,
    maxLastingConnections: config.limits.connections.perProcess,
    clock,
    line,
    front,
    requests,
  })
  if (config.access.mode === 'open' && config.access.role === 'ops')
    refuseOtherHosts(server, config.server.cors.origins)
  const scope = telemetry.watchScope(
    addRequestScope(server, {
      ...access,
      clock,
      deadlineMs: config.upstream.deadlineMs,
      maxProviderCalls: config.queries.maxProviderCalls,
      note,
    }),
  )
  const { createAsk } = scope
  const draining = new AbortController()
  const refuseOtherMethods = guardMethods(server, note)
  addHealthRoutes(server, { isOpen: () => isOpen, listParts: () => listParts(accounts, replicas, collectors) })
  telemetry.watch({ ...access, accounts: connected, replicas, line, front })
  addMetricsRoute(server, { metrics: telemetry.metrics, createAsk })
  refuseOtherMethods()
  // While the process drains, every answer tells its client to connect anew: elsewhere, by then.
  server.addHook('onSend', async (_request, reply) => {
    if (!isOpen) reply.header('connection', 'close')
  })
  server.setErrorHandler(buildErrorHandler(log, note))
  server.setNotFoundHandler(() => {
    throw new NotFoundError('there is nothing at this address; try /console, /graphiql or /docs')
  })
  const rows = createRowWriter({ maxBytes: toMemoryShares(config.cache.maxBytes).rows })
  await server.register(graphqlPlugin, {
    services,
    rows,
    schema,
    createAsk,
    offer: front?.offer,
    note,
    limits: config.queries,
    persisted: createPersistedOperations({ ...config.queries.persisted, registered }),
    sockets: {
      ...scope,
      connections: access.connections,
      limits: config.limits.connections,
      origins: config.server.cors.origins,
      clock,
      observer: telemetry.requests,
      tracer,
      draining: draining.signal,
    },
  })
  await server.register(restPlugin, {
    services,
    rows,
    createAsk,
    offer: front?.offer,
    note,
    clock,
    log,
    connections: access.connections,
    origins: config.server.cors.origins,
    version,
    draining: draining.signal,
  })
  await server.register(pages, {
    folder: join(projectFolder, 'web/dist'),
    services,
    createAsk,
    now: () => clock.now(),
  })

  let stopping: Promise<unknown> | undefined
  function stopWorkers(): Promise<unknown> {
    stopping ??= Promise.all([...collectors, ...samplers].map((worker) => worker.stop()))
    return stopping
  }

  async function shutDown(): Promise<void> {
    isOpen = false
    isServing = false
    draining.abort()
    await Promise.all([server.close(), stopWorkers()])
    access.close()
    await Promise.all(connected.map(({ quota }) => quota.close()))
    await Promise.all(connected.map(({ client }) => client.close()))
    for (const { journal } of connected) journal.close()
    liveParts.close()
    await snapshotParts.close()
    await replicas.close()
    telemetry.close()
    dataDirectory.release()
  }

  let closing: Promise<void> | undefined
  return {
    server,
    listen: async () => {
      const address = await server.listen({ host: config.server.host, port: config.server.port, backlog: BACKLOG })
      for (const worker of [...collectors, ...samplers]) worker.start()
      return address
    },
    drain: () => {
      isOpen = false
      // What it fails with, the close tells.
      stopWorkers().catch(() => undefined)
    },
    close: () => {
      closing ??= shutDown()
      return closing
    },
  }
}

/** Of the program. */
export async function readVersion(): Promise<string> {
  const text: unknown = JSON.parse(await readFile(join(projectFolder, 'package.json'), 'utf8'))
  return typeof text === 'object' && text !== null && 'version' in text ? String(text.version) : 'unknown'
}
