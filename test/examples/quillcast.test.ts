import { describe, expect, test } from 'vitest'
import { type Ask, Meter } from '#contract/ask.ts'
import { isSupported } from '#contract/capability.ts'
import type { RawAnswer, UpstreamCall, UpstreamRequest } from '#contract/upstream-call.ts'
import { errorTable } from '#model/errors.ts'
import { describeProvider } from '#test/contract/provider-kit.ts'
import { quillcast } from '../../examples/providers/quillcast/provider.ts'

const ask: Ask = {
  caller: { name: 'test', role: 'reader', accounts: 'all' },
  lane: 'interactive',
  signal: new AbortController().signal,
  deadlineAtMs: Number.POSITIVE_INFINITY,
  meter: new Meter(),
}
const secret = 'a-secret-that-nobody-shows'
const settings = quillcast.settings.parse({ credentials: { user: 'u', secret } })

describeProvider({
  provider: quillcast,
  settings: { credentials: { user: 'u', secret } },
  secret,
  operations: { streams: ['ListStreams'] },
  toKey: (name) => name,
  answer: () => ({ total: 1, streams: [{ id: 'a', viewers: 3, kbps: 800 }] }),
  findKeys: ({ query = [] }) => query.map(([, value]) => value),
})

/** Connects to a provider that answers everything with this. Keeps what it was asked. */
function connect(body: string, status = 200) {
  const requests: Omit<UpstreamRequest<unknown>, 'read'>[] = []
  const raw: RawAnswer = { status, headers: {}, body: Buffer.from(body), receivedAt: 0 }
  const call: UpstreamCall = async ({ read, ...request }) => {
    requests.push(request)
    return read(raw)
  }
  const { capabilities } = quillcast.connect(call, { endpoints: settings.endpoints })
  const list = capabilities.listLiveStreams
  if (!isSupported(list)) throw new Error('it can list')
  return { requests, list: () => list({ page: 2, size: 100, domain: 'a&b' }, ask) }
}

test('asks for a page with every value unencoded and nothing signed', async () => {
  const { list, requests } = connect('{"total":0,"streams":[]}')
  await list()
  expect(requests).toEqual([
    {
      endpoint: 'streams',
      operation: 'ListStreams',
      method: 'GET',
      query: [
        ['page', '2'],
        ['size', '100'],
        ['domain', 'a&b'],
      ],
    },
  ])
})

test('turns an answer into the words of the model', async () => {
  const rows = [{ id: 'a', viewers: 0, kbps: 1.5 }, { id: 'b' }, { id: 'a', viewers: 2, kbps: null }]
  const page = await connect(JSON.stringify({ total: 7, streams: rows })).list()
  expect(page).toEqual({
    streams: [
      { key: 'a', reading: { onlineViewers: 2, bandwidthBitsPerSecond: null, push: null } },
      { key: 'b', reading: { onlineViewers: null, bandwidthBitsPerSecond: null, push: null } },
    ],
    rowCount: 3,
    totals: { streamCount: 7, onlineViewers: null, bandwidthBitsPerSecond: null },
  })
})

describe('an answer that is no result', () => {
  test.each<[status: number, body: string, code: keyof typeof errorTable]>([
    [200, 'an upstream body', 'UPSTREAM_RESPONSE'],
    [200, '{"total":"an upstream body"}', 'UPSTREAM_RESPONSE'],
    [401, 'an upstream body', 'UPSTREAM_CREDENTIAL'],
    [404, 'an upstream body', 'UPSTREAM_REJECTED'],
    [429, 'an upstream body', 'UPSTREAM_THROTTLED'],
    [503, 'an upstream body', 'UPSTREAM_UNAVAILABLE'],
  ])('%i %s is %s, and is not repeated to the client', async (status, body, code) => {
    const failure: unknown = await connect(body, status)
      .list()
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ code, provider: 'quillcast', retryable: errorTable[code].retryable })
    expect(String(failure)).not.toContain('an upstream body')
  })
})

test('hands the secret to the signer and to nothing else', () => {
  expect(quillcast.toCredential(settings)).toEqual({ id: 'u', secret })
  const { connect: _connect, toCredential: _toCredential, readKey: _readKey, settings: _settings, ...rest } = quillcast
  expect(rest).toEqual({ id: 'quillcast', title: 'Quillcast', signer: 'hmac-sha1-basic', operations: ['ListStreams'] })
})

test('says of every other question why it cannot answer it', () => {
  const { capabilities } = quillcast.connect(() => Promise.reject(new Error('not asked')), settings)
  const refusals = Object.entries(capabilities).filter(([name]) => name !== 'listLiveStreams')
  expect(refusals).toHaveLength(7)
  for (const [, answer] of refusals)
    expect(answer).toHaveProperty('unsupported', expect.stringMatching(/^Quillcast .+\.$/))
})
