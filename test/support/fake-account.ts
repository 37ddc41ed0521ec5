// A connected account whose provider is a handful of functions in the test, and the services over it.

import { createMemoryCache } from '#cache/memory-cache.ts'
import { type Ask, Meter } from '#contract/ask.ts'
import { type CapabilityTable, unsupported } from '#contract/capability.ts'
import type { ProviderFacts } from '#contract/provider.ts'
import { createProcessDemandBoard } from '#fleet/demand-board.ts'
import { createProcessFeed } from '#fleet/feed.ts'
import { createProcessSingleFlight } from '#fleet/single-flight.ts'
import type { Caller } from '#model/caller.ts'
import type { Clock } from '#model/clock.ts'
import { createServices, type ServiceOptions } from '#services/create-services.ts'
import { LiveHub } from '#services/live-hub.ts'
import type { ConnectedAccount } from '#services/provider-registry.ts'
import type { Services } from '#services/services.ts'
import type { SnapshotStore } from '#snapshot-store/snapshot-store.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** A caller that may see everything. */
const anybody: Caller = { name: 'anybody', role: 'ops', accounts: 'all' }

/** The circumstances of a question that nobody gives up on. */
export function createAsk(clock: Clock, overrides: Partial<Ask> = {}): Ask {
  return {
    caller: anybody,
    lane: 'interactive',
    signal: new AbortController().signal,
    deadlineAtMs: clock.monotonicMs() + 10_000,
    meter: new Meter(),
    ...overrides,
  }
}

const nothing = unsupported('the test does not need it')

/** An account that refuses everything but `capabilities`. Counts nothing itself. */
export function createFakeAccount(
  capabilities: Partial<CapabilityTable>,
  overrides: { name?: string; facts?: Partial<ProviderFacts>; readKey?: ConnectedAccount['provider']['readKey'] } = {},
): ConnectedAccount {
  return {
    name: overrides.name ?? 'main',
    provider: {
      id: 'tencent',
      title: 'A provider',
      readKey: overrides.readKey ?? ((key) => ({ domain: null, app: null, name: key })),
    },
    connection: {
      capabilities: {
        listLiveStreams: nothing,
        getLiveReading: nothing,
        getStreamStatus: nothing,
        listPushSamples: nothing,
        listPlaySamples: nothing,
        listPushSessions: nothing,
        listRecordings: nothing,
        popSnapshots: nothing,
        ...capabilities,
      },
      facts: {
        livePageSize: 300,
        recordingPageSize: 100,
        pushSamples: { windowMs: 2 * HOUR_MS, retentionMs: 3 * DAY_MS, gridMs: 5000 },
        playSamples: { windowMs: 2 * HOUR_MS, retentionMs: 15 * DAY_MS, gridMs: 60_000 },
        pushSessions: { utcOffsetMs: 8 * HOUR_MS, retentionDays: 180, maxDaysPerCall: 31, maxDomainsPerCall: 1 },
        ...overrides.facts,
      },
      readSnapshotBatch: null,
    },
    readings: {
      quota: async () => ({ limit: 300, windowSeconds: 300, used: 0, remaining: 300, nextFreeAt: null }),
      health: () => ({ state: 'UP', since: 0, lastErrorCode: null }),
    },
    collectsSnapshots: false,
  }
}

/** Real services, cache and single flight over the accounts. */
export function createTestServices(
  clock: Clock,
  accounts: readonly ConnectedAccount[],
  snapshotStore?: SnapshotStore,
): Services {
  return createServices(toServiceOptions(clock, accounts, snapshotStore))
}

/** What they are made with, for tests that change a part of it. */
export function toServiceOptions(
  clock: Clock,
  accounts: readonly ConnectedAccount[],
  snapshotStore: SnapshotStore = emptyStore,
): ServiceOptions {
  return {
    accounts,
    cache: createMemoryCache({ maxBytes: 64 * 1024 * 1024, clock }),
    flights: createProcessSingleFlight(),
    snapshotStore,
    batchStore: { listQuarantined: async () => [] },
    snapshotFeed: createProcessFeed(),
    hub: new LiveHub({ feed: createProcessFeed(), board: createProcessDemandBoard(), clock }),
    clock,
    maxStaleMs: HOUR_MS,
    closedAfterMs: 300_000,
    closedDayAfterMs: 6 * HOUR_MS,
  }
}

const emptyStore: SnapshotStore = {
  add: async () => [],
  list: async () => [],
  prune: async () => 0,
  close: async () => {},
}
