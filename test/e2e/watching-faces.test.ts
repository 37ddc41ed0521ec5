// What happens to a stream, from the provider to whoever watches it: by subscription, and by events of REST.
import { createClient } from 'graphql-sse'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Gateway, startGateway } from '#test/support/gateway.ts'

const path = '/v1/accounts/tencent-main/streams/8888_room1/events'
const fields = 'observedAt frameRate bitrateBitsPerSecond clientIp serverIp'
const query = `subscription { pushSample(account: "tencent-main", key: "8888_room1") { ${fields} } }`

describe('a stream that is watched', () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway({})
  })
  afterAll(() => gateway?.close())

  /** The first events of REST, of those that have a place. */
  async function readEvents(count: number, path: string, headers: Record<string, string> = {}) {
    const leaving = new AbortController()
    const response = await fetch(gateway.address + path, { headers, signal: leaving.signal })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const find = () => [...text.matchAll(/id: (\S+)\nevent: (\S+)\ndata: (.*)\n\n/g)]
    while (find().length < count) text += (await reader?.read())?.value ?? expect.fail(`the stream ended after ${text}`)
    leaving.abort()
    return find().map(([, place = '', kind = '', data = '']) => ({ place, kind, data: JSON.parse(data) }))
  }

  test('is told of alike by both faces, in the same words', async () => {
    const client = createClient({ url: `${gateway.address}/graphql`, retryAttempts: 0 })
    const { value } = await client.iterate({ query }).next()
    expect(value).toMatchObject({ extensions: { upstream: { calls: 0, cached: 0, coalesced: 0 } } })
    const [event] = await readEvents(1, `${path}?events=pushSample`)
    const sample = Object(value?.data?.['pushSample'])
    expect(Object.keys(event?.data)).toEqual(Object.keys(sample))
    expect(Date.parse(event?.data.observedAt)).toBeGreaterThanOrEqual(Date.parse(sample.observedAt))
    client.dispose()
  })

  test('goes on, for who comes back, behind what he has had', async () => {
    const other = path.replace('room1', 'room2')
    const [first, second] = await readEvents(2, other)
    const [next] = await readEvents(1, other, { 'last-event-id': first?.place ?? '' })
    expect(next).toEqual(second)
  })

  test('is asked about by events without its answers being kept, or being taken from those that are', async () => {
    const ask = async (accept: string) => {
      const response = await fetch(`${gateway.address}/graphql`, {
        ...{ method: 'POST', headers: { accept, 'content-type': 'application/json' } },
        body: JSON.stringify({ query: '{ accounts { name provider } }' }),
      })
      return [response.headers.get('content-type'), (await response.text()).slice(0, 8)]
    }
    for (const _ of [1, 2]) {
      expect(await ask('application/json')).toEqual(['application/json; charset=utf-8', '{"data":'])
      expect(await ask('text/event-stream')).toEqual(['text/event-stream', ':\n\nevent'])
    }
  })
})
