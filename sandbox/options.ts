import { steadyNow } from './clock.ts'
import type { QuotaLimit } from './rolling-quota.ts'

/** What a Tencent account signs its calls with. */
export interface TencentCredentials {
  /** The account's live APPID. */
  appId: number
  /** The account's 32-character API key. */
  apiKey: string
}

/** What a ChinaNetCenter account signs its calls with. */
export interface ChinanetcenterCredentials {
  /** Account name. */
  username: string
  /** API key, any length. */
  apiKey: string
}

/** One credential set per emulated account. */
export interface SandboxCredentials {
  /** The Tencent account. */
  tencent: TencentCredentials
  /** The ChinaNetCenter account. */
  chinanetcenter: ChinanetcenterCredentials
}

/** TCP ports of the four servers; 0 means any free one. */
interface SandboxPorts {
  /** The sandbox's own control port. */
  control: number
  /** Tencent statistics calls. */
  tencentStatistics: number
  /** Tencent control calls. */
  tencentControl: number
  /** ChinaNetCenter reports. */
  chinanetcenter: number
}

/** How the sandbox is set up; everything has a default. */
export interface SandboxOptions {
  /** Address to listen on. Default 127.0.0.1; the sandbox has no access control worth the name, keep it there. */
  host?: string
  /** Ports, each 0 (any free one) by default. */
  ports?: Partial<SandboxPorts>
  /** Changes every random figure of the data. A whole number, default 1. */
  seed?: number
  /** Live Tencent streams, `8888_room1` up. 0 or more, default 40. */
  streams?: number
  /** ChinaNetCenter rooms per domain. 0 or more, default 6. */
  chinanetcenterStreams?: number
  /** The first so many rooms have screenshots taken of them. 0 or more, default 10. */
  snapshotStreams?: number
  /** Screenshots of so many seconds wait in the queue at the start. Default 30. */
  snapshotBacklogSeconds?: number
  /** Most screenshot messages that wait at a time. Default 10 000. */
  snapshotCapacity?: number
  /** The sandbox's idea of true time, epoch milliseconds, never running backwards. Default: the system clock. */
  now?: () => number
  /** Calls per rolling window that each account may make. Default 300 in 300 s. */
  quota?: QuotaLimit
  /** Credentials to demand. Default `DEFAULT_CREDENTIALS`. */
  credentials?: Partial<SandboxCredentials>
  /** Domains that one ChinaNetCenter call may name. Default 1. */
  maxDomainsPerCall?: number
  /** How far a ChinaNetCenter request's date may be off, seconds. Default 300. */
  maxClockSkewSeconds?: number
  /** Whether the Tencent histories include a row at `end_time` itself; the vendor does not say. Default true. */
  endTimeInclusive?: boolean
  /** Reconnect pauses of Tencent streams up to this long go unnoticed in lists and states, seconds. Default 60. */
  reconnectGraceSeconds?: number
  /** Every answer is held back this long, milliseconds. Default 0. */
  latencyMs?: number
}

/** Options with every default filled in. */
export interface ResolvedOptions extends Required<Omit<SandboxOptions, 'ports' | 'credentials' | 'now'>> {
  /** Ports, 0 for any free one. */
  ports: SandboxPorts
  /** Credentials to demand. */
  credentials: SandboxCredentials
  /** True time, epoch milliseconds. */
  wallNow: () => number
  /** Epoch milliseconds for arrivals and quotas. */
  elapsedNow: () => number
}

/** Credentials of the sandbox's accounts unless others are given. They protect nothing. */
const DEFAULT_CREDENTIALS: SandboxCredentials = {
  tencent: { appId: 1_250_000_000, apiKey: '5d41402abc4b2a76b9719d911017c592' },
  chinanetcenter: { username: 'example_username', apiKey: 'example_apiKey' },
}

/** Fills in the defaults. Throws RangeError for a count or limit that makes no sense. */
export function resolveOptions(options: SandboxOptions): ResolvedOptions {
  const quota = options.quota ?? { limit: 300, windowSeconds: 300 }
  checkQuota(quota)
  const counts = {
    seed: options.seed ?? 1,
    streams: options.streams ?? 40,
    chinanetcenterStreams: options.chinanetcenterStreams ?? 6,
    snapshotStreams: options.snapshotStreams ?? 10,
    snapshotBacklogSeconds: options.snapshotBacklogSeconds ?? 30,
    snapshotCapacity: options.snapshotCapacity ?? 10_000,
    maxDomainsPerCall: options.maxDomainsPerCall ?? 1,
    maxClockSkewSeconds: options.maxClockSkewSeconds ?? 300,
    reconnectGraceSeconds: options.reconnectGraceSeconds ?? 60,
    latencyMs: options.latencyMs ?? 0,
  }
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`${name} must be a whole number from 0, not ${value}`)
    }
  }
  return {
    ...counts,
    quota,
    host: options.host ?? '127.0.0.1',
    ports: { control: 0, tencentStatistics: 0, tencentControl: 0, chinanetcenter: 0, ...options.ports },
    credentials: { ...DEFAULT_CREDENTIALS, ...options.credentials },
    endTimeInclusive: options.endTimeInclusive ?? true,
    wallNow: options.now ?? Date.now,
    elapsedNow: options.now ?? steadyNow,
  }
}

/** Throws RangeError unless the limit is a whole number from 0 and the window is longer than nothing. */
export function checkQuota(quota: QuotaLimit): void {
  if (!Number.isSafeInteger(quota.limit) || quota.limit < 0 || !(quota.windowSeconds > 0)) {
    throw new RangeError('quota needs a whole limit from 0 and windowSeconds above 0')
  }
}
