// Values that the examples of many operations have.
import { toStreamId } from '#model/stream.ts'

/** Age of an example. */
export const exampleTimes = { fetchedAt: '2026-11-21T04:00:00.000Z', stale: false }

/** Range of an example. */
export const exampleRange = {
  from: '2026-11-21T03:00:00.000Z',
  to: '2026-11-21T04:00:00.000Z',
  missing: [],
  ...exampleTimes,
}

/** Address of an example. */
export const exampleStream = {
  id: toStreamId({ account: 'tencent-main', key: '8888_test123' }),
  account: 'tencent-main',
  key: '8888_test123',
  domain: null,
  app: null,
  name: '8888_test123',
}

/** What is measured of it. */
export const exampleLiveStat = {
  onlineViewers: 290,
  bandwidthBitsPerSecond: 426_000_000,
  push: {
    observedAt: exampleTimes.fetchedAt,
    frameRate: 25,
    bitrateBitsPerSecond: 1_500_000,
    clientIp: '203.0.113.7',
    serverIp: '198.51.100.20',
  },
  ...exampleTimes,
}

/** A screenshot of it. */
export const exampleSnapshot = {
  id: 'n1.MTIz',
  stream: exampleStream,
  takenAt: '2026-11-21T03:59:50.000Z',
  width: 1280,
  height: 720,
  url: 'http://shots-1250000000.cos.example.com/8888_test123-1.jpg',
  receivedAt: exampleTimes.fetchedAt,
}

/** An account of an example. */
export const exampleAccount = {
  name: 'tencent-main',
  provider: 'TENCENT' as const,
  capabilities: [
    { capability: 'LIVE_STREAMS' as const, supported: true, reason: null },
    { capability: 'PUSH_SESSIONS' as const, supported: true, reason: 'derived from push samples' },
  ],
  quota: {
    limit: 300,
    windowSeconds: 300,
    used: 12,
    remaining: 288,
    nextFreeAt: null,
    exhaustedAt: null,
    spenders: [
      { client: 'dashboard', operation: 'PUSH_SAMPLES' as const, calls: 12, savedByCache: 3480, savedBySharing: 96 },
    ],
  },
  health: { state: 'UP' as const, since: '2026-11-21T00:00:00.000Z', lastErrorCode: null },
  sampling: { watchedStreams: 12, pushEverySeconds: 5, playEverySeconds: 60, slowedBecause: null },
}
