/**
 * The sandbox: both providers emulated on real sockets, from the vendors' documents alone. It must not import anything
 * of the gateway, so that a misreading of a protocol cannot hide in both.
 */
import type { Endpoint } from './answer.ts'
import { CallLog } from './call-log.ts'
import { ChinanetcenterEndpoint } from './chinanetcenter/endpoint.ts'
import { SandboxClock } from './clock.ts'
import { ControlPort } from './control-port.ts'
import { chinanetcenterStream, chinanetcenterStreams } from './data/chinanetcenter-streams.ts'
import { PlayTotals } from './data/play-totals.ts'
import { idleSchedule } from './data/schedule.ts'
import { SnapshotQueue } from './data/snapshot-queue.ts'
import { StreamSet } from './data/stream-set.ts'
import { tencentRoom, tencentStream, tencentStreams } from './data/tencent-streams.ts'
import { checkFault } from './fault-check.ts'
import { FaultBook } from './faults.ts'
import type { Sandbox } from './handle.ts'
import { checkQuota, type ResolvedOptions, resolveOptions, type SandboxOptions } from './options.ts'
import { ProviderServer } from './provider-server.ts'
import { RollingQuota } from './rolling-quota.ts'
import { TENCENT_PATH } from './tencent/access.ts'
import { TencentEndpoint } from './tencent/endpoint.ts'

export type { Sandbox } from './handle.ts'
export type { SandboxOptions } from './options.ts'

/**
 * Starts both providers and the control port. Throws RangeError for options that make no sense and rejects when a port
 * is taken; then nothing is left listening.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const settings = resolveOptions(options)
  const clock = new SandboxClock(settings.wallNow, settings.elapsedNow)
  const parts = { clock, log: new CallLog(), faults: new FaultBook(settings.seed), latencyMs: () => latencyMs }
  const quotas = { tencent: new RollingQuota(settings.quota), chinanetcenter: new RollingQuota(settings.quota) }
  const tencent = buildTencent(settings, clock)
  const chinanetcenter = buildChinanetcenter(settings, clock)
  const servers: { close(): Promise<void> }[] = []
  let latencyMs = settings.latencyMs

  async function serve(endpoint: Endpoint, port: number): Promise<string> {
    const server = new ProviderServer(endpoint, quotas[endpoint.provider], parts)
    return toUrl(settings.host, await listen(server, port))
  }
  async function listen(server: ProviderServer | ControlPort, port: number): Promise<number> {
    const taken = await server.listen(settings.host, port)
    servers.push(server)
    return taken
  }
  async function close(): Promise<void> {
    await Promise.all(servers.map((server) => server.close()))
  }

  const urls = { tencentStatistics: '', tencentControl: '', chinanetcenter: '', control: '' }
  const sandbox: Sandbox = {
    urls,
    credentials: settings.credentials,
    get calls() {
      return parts.log.list()
    },
    tencentStreams: tencent.streams,
    chinanetcenterStreams: chinanetcenter.streams,
    snapshots: tencent.snapshots,
    countCalls: (filter) => parts.log.count(filter),
    listCalls: (filter) => parts.log.list(filter),
    resetCalls: () => parts.log.reset(),
    mostCallsInWindow: (windowMs, filter) => parts.log.mostInWindow(windowMs, filter),
    mostCallsAtOnce: (filter) => parts.log.mostAtOnce(filter),
    setFault: (fault) => parts.faults.set(checkFault(fault)),
    clearFaults: (id) => parts.faults.clear(id),
    listFaults: () => parts.faults.list(),
    setLatency: (ms) => {
      latencyMs = ms
    },
    nowMs: () => clock.nowMs(),
    setClockOffset: (offsetMs) => clock.setOffset(offsetMs),
    advanceClock: (ms) => clock.setOffset(clock.offsetMs + ms),
    setQuota: (limit) => {
      checkQuota(limit)
      for (const quota of Object.values(quotas)) quota.setLimit(limit)
    },
    resetQuotas: () => {
      for (const quota of Object.values(quotas)) quota.reset()
    },
    quotaUsed: () => ({
      tencent: quotas.tencent.used(clock.elapsedMs()),
      chinanetcenter: quotas.chinanetcenter.used(clock.elapsedMs()),
    }),
    pushSnapshot: (...messages) => tencent.snapshots.push(...messages),
    close,
  }

  try {
    const { ports } = settings
    urls.tencentStatistics = `${await serve(tencent.statistics, ports.tencentStatistics)}${TENCENT_PATH}`
    urls.tencentControl = `${await serve(tencent.control, ports.tencentControl)}${TENCENT_PATH}`
    urls.chinanetcenter = await serve(chinanetcenter.reports, ports.chinanetcenter)
    urls.control = toUrl(settings.host, await listen(new ControlPort(sandbox), ports.control))
  } catch (error) {
    await close()
    throw error
  }
  return sandbox
}

function buildTencent(settings: ResolvedOptions, clock: SandboxClock) {
  const { seed, credentials } = settings
  const now = () => clock.nowSeconds()
  const streams = new StreamSet(
    tencentStreams(seed, settings.streams, now()),
    (key, second) => tencentStream(seed, key, idleSchedule(second)),
    now,
    settings.reconnectGraceSeconds,
  )
  const rooms = Array.from({ length: settings.snapshotStreams }, (_, index) => tencentRoom(index + 1))
  const { appId } = credentials.tencent
  const snapshots = new SnapshotQueue(
    () => rooms.map((key) => streams.find(key)).filter((stream) => stream !== undefined),
    now,
    settings.snapshotCapacity,
    settings.snapshotBacklogSeconds,
    `shots-${appId}.cos.example.invalid`,
  )
  const { endTimeInclusive } = settings
  const account = { appId, streams, playTotals: new PlayTotals(streams), snapshots, now, endTimeInclusive }
  const nowMs = () => clock.nowMs()
  const statistics = new TencentEndpoint('statistics', account, credentials.tencent, nowMs)
  const control = new TencentEndpoint('control', account, credentials.tencent, nowMs)
  return { streams, snapshots, statistics, control }
}

function buildChinanetcenter(settings: ResolvedOptions, clock: SandboxClock) {
  const { seed, maxDomainsPerCall, maxClockSkewSeconds } = settings
  const streams = new StreamSet(
    chinanetcenterStreams(seed, settings.chinanetcenterStreams, clock.nowSeconds()),
    (key, second) => chinanetcenterStream(seed, key, idleSchedule(second)),
    () => clock.nowSeconds(),
    settings.reconnectGraceSeconds,
  )
  const credentials = settings.credentials.chinanetcenter
  const nowMs = () => clock.nowMs()
  const reports = new ChinanetcenterEndpoint({ streams, credentials, maxDomainsPerCall, maxClockSkewSeconds, nowMs })
  return { streams, reports }
}

function toUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
