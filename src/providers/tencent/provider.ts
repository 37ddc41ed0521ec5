// Tencent Cloud Live over its legacy `common_access` interface. Knows the vendor's words and numbers, and nothing of
// secrets, pacing, caches or clients.
import { unsupported } from '#contract/capability.ts'
import { defineProvider } from '#contract/provider.ts'
import { createOperations, LIVE_PAGE_SIZE, RECORDING_PAGE_SIZE } from './api.ts'
import { operations } from './request.ts'
import { tencentSettings } from './settings.ts'
import { readSnapshotBatch } from './snapshot-queue.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The provider `tencent`. */
export const tencent = defineProvider({
  id: 'tencent',
  title: 'Tencent Cloud Live',
  signer: 'md5-expiring-key',
  operations,
  settings: tencentSettings,
  toCredential: ({ credentials }) => ({ id: String(credentials.appId), secret: credentials.apiKey }),
  // A stream id has parts (`<bizid>_<name>`), but the provider itself takes it as a whole.
  readKey: (key) => ({ domain: null, app: null, name: key }),
  connect: (call, settings) => ({
    capabilities: {
      ...createOperations(call, settings),
      listPushSessions: unsupported(
        'Tencent reports no push sessions; they are derived from push samples, where gaps show their ends',
      ),
    },
    facts: {
      livePageSize: LIVE_PAGE_SIZE,
      recordingPageSize: RECORDING_PAGE_SIZE,
      // Two hours are advised for both; how long each is kept differs, and how often there is a row.
      pushSamples: { windowMs: 2 * HOUR_MS, retentionMs: 3 * DAY_MS, gridMs: 5000 },
      playSamples: { windowMs: 2 * HOUR_MS, retentionMs: 15 * DAY_MS, gridMs: 60_000 },
      pushSessions: null,
    },
    readSnapshotBatch: (raw) => readSnapshotBatch(raw, settings),
  }),
})
