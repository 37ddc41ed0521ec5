// What an operation may cost, over the real use cases: the fields of a list are refused before the first call for any.
import { afterEach, expect, test } from 'vitest'
import { Meter } from '#contract/ask.ts'
import { createAsk, createFakeAccount, createTestServices } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { createFace, type Face } from './harness.ts'

const NOW = Date.UTC(2026, 10, 21, 11, 0, 0)
const range = '(from: "2026-11-21T10:50:00Z", to: "2026-11-21T11:00:00Z")'

let face: Face
afterEach(() => face.app.close())

/** A face over an account with so many live streams. */
async function start(streams: number, maxProviderCalls: number) {
  const clock = new FakeClock(NOW)
  const asked: string[] = []
  const account = createFakeAccount({
    listLiveStreams: async () => {
      asked.push('list')
      return {
        streams: Array.from({ length: streams }, (_, index) => ({
          key: `k${index}`,
          reading: { onlineViewers: 1, bandwidthBitsPerSecond: null, push: null },
        })),
        rowCount: streams,
        totals: { streamCount: streams, onlineViewers: null, bandwidthBitsPerSecond: null },
      }
    },
    listPushSamples: async () => {
      asked.push('push samples')
      return []
    },
    getStreamStatus: async () => {
      asked.push('status')
      return { state: 'LIVE', ingest: null }
    },
  })
  const services = createTestServices(clock, [account])
  face = await createFace(undefined, {
    services,
    createAsk: () => createAsk(clock, { meter: new Meter(maxProviderCalls) }),
  })
  return { asked, clock }
}

test('a list whose items need more calls than are allowed costs nothing but itself', async () => {
  const { asked } = await start(61, 60)
  const { errors, upstream } = await face.ask(
    `{ liveStreams(first: 300) { nodes { pushSamples${range} { stale } ingest { rendition } } } }`,
  )
  expect(asked).toEqual(['list'])
  expect(errors).toHaveLength(6)
  expect(errors[0]).toMatchObject({
    message: expect.stringContaining('needs 123 or more provider calls; allowed are 60'),
    extensions: { code: 'QUERY_TOO_COMPLEX' },
  })
  expect(upstream.cached).toBe(0)
})

test('one that needs as many as are allowed gets them all', async () => {
  const { asked } = await start(59, 60)
  const { errors } = await face.ask(`{ liveStreams(first: 300) { nodes { pushSamples${range} { stale } } } }`)
  expect(errors).toEqual([])
  expect(asked).toHaveLength(60)
})

test('what is kept is answered, whatever becomes of the fields beside it', async () => {
  const { asked } = await start(61, 62)
  const kept = `pushSamples${range} { stale }`
  expect((await face.ask(`{ liveStreams(first: 300) { nodes { ${kept} } } }`)).errors).toEqual([])
  expect(asked).toHaveLength(62)
  const earlier = 'earlier: pushSamples(from: "2026-11-20T10:50:00Z", to: "2026-11-20T11:00:00Z") { stale }'
  const { data, errors } = await face.ask(
    `{ liveStreams(first: 300) { nodes { ${kept} ${earlier} ingest { rendition } } } }`,
  )
  expect(asked).toHaveLength(62)
  expect(errors).toHaveLength(6)
  for (const node of data.liveStreams.nodes)
    expect(node).toEqual({ pushSamples: { stale: false }, earlier: null, ingest: null })
})
