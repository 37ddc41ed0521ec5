// ChinaNetCenter (Wangsu) over its report on push durations. Knows the vendor's words and numbers, and nothing of
// secrets, pacing, caches or clients.
import { unsupported } from '#contract/capability.ts'
import { defineProvider } from '#contract/provider.ts'
import { createListPushSessions, OPERATION } from './api.ts'
import { readKey, UTC_OFFSET_MS } from './convert.ts'
import { chinanetcenterSettings } from './settings.ts'

/** The provider `chinanetcenter`. */
export const chinanetcenter = defineProvider({
  id: 'chinanetcenter',
  title: 'ChinaNetCenter',
  signer: 'hmac-sha1-basic',
  operations: [OPERATION],
  settings: chinanetcenterSettings,
  toCredential: ({ credentials }) => ({ id: credentials.username, secret: credentials.apiKey }),
  readKey,
  connect: (call, settings) => ({
    capabilities: {
      listPushSessions: createListPushSessions(call, settings),
      listLiveStreams: unsupported('ChinaNetCenter has no list of what is live, only a report on past pushes'),
      getLiveReading: unsupported('ChinaNetCenter reports when a stream was pushed, not what it measures now'),
      getStreamStatus: unsupported(
        "ChinaNetCenter tells no stream's state; its push sessions show when the stream was last pushed",
      ),
      listPushSamples: unsupported('ChinaNetCenter reports whole pushes, not measurements taken during them'),
      listPlaySamples: unsupported('ChinaNetCenter reports pushes only, nothing of playback'),
      listRecordings: unsupported('ChinaNetCenter reports pushes only, no recorded files'),
      popSnapshots: unsupported('ChinaNetCenter reports pushes only, no screenshots'),
    },
    facts: {
      livePageSize: 0,
      recordingPageSize: 0,
      pushSamples: null,
      playSamples: null,
      pushSessions: {
        utcOffsetMs: UTC_OFFSET_MS,
        // "Half a year", whose exact length the page leaves open.
        retentionDays: 180,
        maxDaysPerCall: 31,
        maxDomainsPerCall: settings.maxDomainsPerCall,
      },
    },
    readSnapshotBatch: null,
  }),
})
