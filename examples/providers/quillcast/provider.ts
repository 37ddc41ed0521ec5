// An example, walked through in docs/adding-a-provider.md: Quillcast, a provider that does not exist. It can list live
// streams and nothing else. A real one splits this file into api.ts, convert.ts and errors.ts.
import { z } from 'zod'
import type { Ask } from '#contract/ask.ts'
import { type LiveStreamPage, unsupported } from '#contract/capability.ts'
import { defineProvider } from '#contract/provider.ts'
import type { RawAnswer, UpstreamCall } from '#contract/upstream-call.ts'
import { UpstreamError } from '#model/errors.ts'

/** The provider's name of its one call: what `quota.interfaces` may name. */
const LIST_STREAMS = 'ListStreams'

const settings = z.strictObject({
  credentials: z
    .strictObject({ user: z.string().min(1), secret: z.string().min(1) })
    .meta({ description: 'User and secret of the Quillcast console.' }),
  endpoints: z
    .strictObject({ streams: z.url().default('https://api.quillcast.example') })
    .prefault({})
    .meta({ description: 'Where Quillcast is asked.' }),
})

// Only the fields that are read. Whatever else is sent may change without notice.
const rate = z.number().min(0).max(1e12)
const pageShape = z.object({
  total: z.int().min(0),
  streams: z.array(z.object({ id: z.string().min(1), viewers: z.int().min(0).nullish(), kbps: rate.nullish() })),
})

function fail(code: ConstructorParameters<typeof UpstreamError>[0], message: string, status: number): never {
  throw new UpstreamError(code, `Quillcast ${message}`, { provider: 'quillcast', providerCode: String(status) })
}

/** Classifies an answer and turns it into the model's words. @throws UpstreamError */
function readPage({ status, body }: RawAnswer): LiveStreamPage {
  if (status === 401 || status === 403) fail('UPSTREAM_CREDENTIAL', 'refused the credentials', status)
  if (status === 429) fail('UPSTREAM_THROTTLED', 'refused for frequency', status)
  if (status >= 500) fail('UPSTREAM_UNAVAILABLE', `answered ${status}`, status)
  if (status !== 200) fail('UPSTREAM_REJECTED', `answered ${status}`, status)
  const page = pageShape.safeParse(parseJson(body))
  if (!page.success) fail('UPSTREAM_RESPONSE', 'sent an answer of another shape', status)
  const { total, streams } = page.data
  const readings = streams.map(({ id, viewers, kbps }) => ({
    key: id,
    reading: {
      onlineViewers: viewers ?? null,
      bandwidthBitsPerSecond: typeof kbps === 'number' ? kbps * 1000 : null,
      push: null,
    },
  }))
  return {
    // The last mention of a key wins.
    streams: [...new Map(readings.map((stream) => [stream.key, stream])).values()],
    rowCount: streams.length,
    totals: { streamCount: total, onlineViewers: null, bandwidthBitsPerSecond: null },
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

function listLiveStreams(call: UpstreamCall, page: number, size: number, domain: string | null, ask: Ask) {
  const filter = domain === null ? [] : [['domain', domain] as const]
  const query = [['page', String(page)] as const, ['size', String(size)] as const, ...filter]
  return call({ endpoint: 'streams', operation: LIST_STREAMS, method: 'GET', query, read: readPage }, ask)
}

/** The whole of Quillcast. */
export const quillcast = defineProvider({
  id: 'quillcast',
  title: 'Quillcast',
  signer: 'hmac-sha1-basic',
  operations: [LIST_STREAMS],
  settings,
  toCredential: ({ credentials }) => ({ id: credentials.user, secret: credentials.secret }),
  readKey: (key) => ({ domain: null, app: null, name: key }),
  connect: (call) => ({
    facts: { livePageSize: 100, recordingPageSize: 0, pushSamples: null, playSamples: null, pushSessions: null },
    readSnapshotBatch: null,
    capabilities: {
      listLiveStreams: ({ page, size, domain }, ask) => listLiveStreams(call, page, size, domain, ask),
      getLiveReading: unsupported('Quillcast has no reading of a single stream.'),
      getStreamStatus: unsupported('Quillcast does not tell the state of a stream.'),
      listPushSamples: unsupported('Quillcast keeps no push history.'),
      listPlaySamples: unsupported('Quillcast keeps no play history.'),
      listPushSessions: unsupported('Quillcast has no session report.'),
      listRecordings: unsupported('Quillcast does not record.'),
      popSnapshots: unsupported('Quillcast takes no screenshots.'),
    },
  }),
})
