// From the provider's queue to whoever watches: every layer, on real sockets.
import { createHash } from 'node:crypto'
import { createClient } from 'graphql-ws'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { startGateway } from '#test/support/gateway.ts'

const digest = (key: string) => createHash('sha256').update(key).digest('hex')

test('a screenshot that is collected reaches whoever watches its stream, as the list shows it', async () => {
  const gateway = await startGateway({
    tencent: { snapshots: { collect: true, pollSeconds: 1, bucket: 'shots', cosAppId: '1250000000' } },
  })
  onTestFinished(() => gateway.close())
  const path = '/v1/accounts/tencent-main/streams/8888_events'
  const response = await gateway.get(`${path}/events?events=snapshot`)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const items = ['8888_other', '8888_events'].map((stream_id) => ({ stream_id, pic_url: `/${stream_id}-1.jpg` }))
  await fetch(`${gateway.sandbox.urls.control}/snapshots`, { method: 'POST', body: JSON.stringify({ items }) })
  let text = ''
  while (!text.endsWith('}\n\n')) text += (await reader?.read())?.value ?? expect.fail(`the stream ended after ${text}`)
  const [, data = ''] = /^retry: 3000\n\nid: [\w-]+\nevent: snapshot\ndata: (.*)\n\n$/.exec(text) ?? []
  expect((await gateway.getJson(`${path}/snapshots`)).items).toEqual([JSON.parse(data)])
  await gateway.close()
  expect(await reader?.read()).toMatchObject({ done: true })
  expect(gateway.log()).not.toContain('"level":50')
})

test('it reaches a subscriber too, with the fields that were asked for', async () => {
  const gateway = await startGateway({
    settings: {
      access: { mode: 'keys', keys: [{ name: 'web', sha256: digest('web-key'), accounts: ['tencent-main'] }] },
    },
    tencent: { snapshots: { collect: true, pollSeconds: 1, bucket: 'shots', cosAppId: '1250000000' } },
  })
  onTestFinished(() => gateway.close())
  const open = (apiKey: string) =>
    createClient({
      url: `${gateway.address.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { apiKey },
      retryAttempts: 0,
    })
  const fields = '{ id takenAt stream { key account { name } } }'
  const client = open('web-key')
  const watch = (account: string) =>
    client.iterate({ query: `subscription { snapshot(account: "${account}", key: "8888_events") ${fields} }` })
  expect((await watch('cnc-main').next()).value).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
  const events = watch('tencent-main')
  const first = events.next()
  // Asked behind it on the same connection: it is watched by now.
  await client.iterate({ query: '{ __typename }' }).next()
  const items = [{ stream_id: '8888_events', pic_url: '/8888_events-1.jpg' }]
  await fetch(`${gateway.sandbox.urls.control}/snapshots`, { method: 'POST', body: JSON.stringify({ items }) })
  expect((await first).value).toMatchObject({
    data: { snapshot: { stream: { key: '8888_events', account: { name: 'tencent-main' } } } },
    extensions: { upstream: { calls: 0 } },
  })
  await expect(open('wrong-key').iterate({ query: '{ __typename }' }).next()).rejects.toMatchObject({ code: 4401 })
  const over = expect(events.next()).rejects.toMatchObject({ code: 1012 })
  await gateway.close()
  await over
  expect(gateway.log()).not.toMatch(/"level":50|web-key|wrong-key/)
})
