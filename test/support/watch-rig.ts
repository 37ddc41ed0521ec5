// A sampler, its hub and those who watch, over an account whose streams come and go, with every provider call counted.

import type { QuotaReading } from '#contract/readings.ts'
import { createProcessDemandBoard } from '#fleet/demand-board.ts'
import { createProcessFeed } from '#fleet/feed.ts'
import { createProcessLease, type Lease } from '#fleet/lease.ts'
import type { LiveBatch } from '#model/live-event.ts'
import type { PushSample } from '#model/sample.ts'
import type { StreamState } from '#model/stream.ts'
import { createUseCases, type ServiceOptions } from '#services/create-services.ts'
import { LiveHub } from '#services/live-hub.ts'
import type { StreamEvent, WatchedKind, WatchRequest } from '#services/views.ts'
import { createLiveSampler } from '#workers/live-sampler.ts'
import { createAsk, createFakeAccount, toServiceOptions } from './fake-account.ts'
import { FakeClock } from './fake-clock.ts'

const TICK_MS = 5000
const MINUTE_MS = 60_000

/** Sets one up. The sampler has begun; nobody watches. */
export function createWatchRig(
  live: readonly string[] = ['room'],
  quota: Partial<QuotaReading> = {},
  overrides: Partial<ServiceOptions> = {},
) {
  const clock = new FakeClock()
  const rig = {
    live: new Set(live),
    offline: 'OFFLINE' as StreamState,
    calls: { list: 0, live: 0, status: 0, push: 0, play: 0 },
    /** Whether the other replicas are out of reach. */
    isApart: false,
    /** Throws for a call that is to fail. */
    check: (_call: string): void => {},
  }
  const push = { frameRate: 25, bitrateBitsPerSecond: 2e6, clientIp: '192.0.2.1', serverIp: '192.0.2.2' }
  const readingOf = (key: string) => ({ onlineViewers: key.length, bandwidthBitsPerSecond: 1e6, push })
  function* listTicks(from: number, to: number, stepMs: number): Iterable<number> {
    for (let at = Math.ceil(from / stepMs) * stepMs; at < to; at += stepMs) yield at
  }
  const account = createFakeAccount({
    listLiveStreams: async () => {
      rig.calls.list += 1
      rig.check('list')
      const streams = [...rig.live].map((key) => ({ key, reading: readingOf(key) }))
      const totals = { streamCount: streams.length, onlineViewers: null, bandwidthBitsPerSecond: null }
      return { streams, rowCount: streams.length, totals }
    },
    getLiveReading: async ({ key }) => {
      rig.calls.live += 1
      rig.check('live')
      return rig.live.has(key) ? readingOf(key) : null
    },
    getStreamStatus: async ({ key }) => {
      rig.calls.status += 1
      rig.check('status')
      return { state: rig.live.has(key) ? 'LIVE' : rig.offline, ingest: null }
    },
    listPushSamples: async ({ key, from, to }) => {
      rig.calls.push += 1
      rig.check('push')
      if (!rig.live.has(key)) return []
      return [...listTicks(from, to, TICK_MS)].map((observedAt): PushSample => ({ observedAt, ...push }))
    },
    listPlaySamples: async ({ from, to }) => {
      rig.calls.play += 1
      rig.check('play')
      return [...listTicks(from, to, MINUTE_MS)].map((observedAt) => ({
        ...{ observedAt, bandwidthBitsPerSecond: 1, onlineViewers: 2, trafficBytes: 3 },
      }))
    },
  })
  const feed = createProcessFeed<LiveBatch>({ clock, keep: { events: 300, ms: 120_000 } })
  const board = createProcessDemandBoard()
  const hub = new LiveHub({ feed, board, clock })
  const { services, createLiveReads } = createUseCases({ ...toServiceOptions(clock, [account]), hub, ...overrides })
  const logged: { readonly level: string; readonly message: string }[] = []
  const toLog = (level: string) => (_details: object, message: string) => void logged.push({ level, message })

  /** Another sampler over the same parts. @param lease that of a process alone when left out */
  function createSampler(lease: Lease = createProcessLease()) {
    return createLiveSampler({
      account: account.name,
      reads: createLiveReads(account),
      findLatest: (topic) => hub.findLatest(account.name, topic),
      lease,
      beatMs: 600,
      board,
      publish: (batch) => feed.publish(account.name, [batch]),
      readQuota: async () => ({ limit: 300, windowSeconds: 300, used: 0, remaining: 300, nextFreeAt: null, ...quota }),
      isApart: () => rig.isApart,
      apartShare: 0.25,
      createAsk: (signal) => createAsk(clock, { lane: 'background', signal }),
      clock,
      log: { info: toLog('info'), warn: toLog('warn') },
    })
  }

  /** Watches a stream. What it is told gathers in `events`. */
  function watch<Kind extends WatchedKind>(key: string, kinds: WatchRequest<Kind>['kinds'], after?: string) {
    const stopping = new AbortController()
    const request: WatchRequest<Kind> = { kinds, ...(after !== undefined && { after }) }
    const told = services.watchStream(
      { account: account.name, key },
      request,
      createAsk(clock, { signal: stopping.signal }),
    )
    const events: StreamEvent[] = []
    const done = (async () => {
      for await (const event of told) events.push(event)
    })()
    return { events, done, stop: () => stopping.abort() }
  }

  const sampler = createSampler()
  sampler.start()
  return Object.assign(rig, { clock, account, services, feed, board, hub, sampler, createSampler, watch, logged })
}
