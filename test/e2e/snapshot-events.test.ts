// From the provider's queue to whoever watches: every layer, on real sockets.
import { expect, onTestFinished, test } from 'vitest'
import { startGateway } from '#test/support/gateway.ts'

test('a screenshot that is collected reaches whoever watches its stream, as the list shows it', async () => {
  const gateway = await startGateway({
    tencent: { snapshots: { collect: true, pollSeconds: 1, bucket: 'shots', cosAppId: '1250000000' } },
  })
  onTestFinished(() => gateway.close())
  const path = '/v1/accounts/tencent-main/streams/8888_events'
  const response = await gateway.get(`${path}/events`)
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
