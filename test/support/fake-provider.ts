// Provider values with real settings schemas and no calls, for tests of what surrounds providers.
import { z } from 'zod'
import { unsupported } from '#contract/capability.ts'
import { defineProvider, type Provider, type ProviderId } from '#contract/provider.ts'

const refused = unsupported('a provider of the tests, which calls nobody')

function createFakeProvider<Settings extends z.ZodObject>(
  id: ProviderId,
  settings: Settings,
  toCredential: Provider<Settings>['toCredential'],
): Provider<Settings> {
  return defineProvider({
    id,
    title: id,
    signer: 'md5-expiring-key',
    operations: ['Get_LiveStat', 'Live_Channel_GetStatus'],
    settings,
    toCredential,
    readKey: (key) => ({ domain: null, app: null, name: key }),
    connect: () => ({
      capabilities: {
        listLiveStreams: refused,
        getLiveReading: refused,
        getStreamStatus: refused,
        listPushSamples: refused,
        listPlaySamples: refused,
        listPushSessions: refused,
        listRecordings: refused,
        popSnapshots: refused,
      },
      facts: { livePageSize: 300, recordingPageSize: 100, pushSamples: null, playSamples: null, pushSessions: null },
      readSnapshotBatch: null,
    }),
  })
}

const address = z.httpUrl()

/** Has the settings of an account with a snapshot queue. */
export const fakeTencent = createFakeProvider(
  'tencent',
  z.object({
    credentials: z.strictObject({
      appId: z.int().positive().describe('Application id.'),
      apiKey: z.string().min(8).describe('API key.'),
    }),
    endpoints: z
      .strictObject({
        statistics: address.default('http://statistics.example.com/common_access'),
        control: address.default('http://control.example.com/common_access'),
      })
      .prefault({}),
    recordings: z.strictObject({ vodBizId: z.string().optional() }).prefault({}),
    snapshots: z
      .strictObject({
        collect: z.boolean().default(false),
        pollSeconds: z.int().min(1).max(3600).default(10),
        keepDays: z.int().min(1).default(30),
        keepCount: z.int().min(1).default(1_000_000),
        bucket: z.string().optional(),
        cosAppId: z.string().optional(),
      })
      .prefault({}),
  }),
  ({ credentials }) => ({ id: String(credentials.appId), secret: credentials.apiKey }),
)

/** Has the settings of an account without a snapshot queue. */
export const fakeChinanetcenter = createFakeProvider(
  'chinanetcenter',
  z.object({
    credentials: z.strictObject({ username: z.string().min(1), apiKey: z.string().min(1) }),
    endpoints: z.strictObject({ reports: address.default('https://reports.example.com') }).prefault({}),
    maxDomainsPerCall: z.int().min(1).max(20).default(1),
  }),
  ({ credentials }) => ({ id: credentials.username, secret: credentials.apiKey }),
)
