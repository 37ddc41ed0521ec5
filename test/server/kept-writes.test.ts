import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { AnsweredRequest } from '#contract/answered-request.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { KeptWrites } from '../../src/server/kept-writes.ts'

const kept = {
  ...{ headers: ['content-type', 'text/plain'], body: Buffer.from('kept'), endsAtMs: 1, age: undefined },
  ...{ isHeld: true, pack: () => undefined },
}

test.each([
  ['who is there', false, { code: 'OK', status: 200 }],
  ['who has left since', true, { code: 'CLIENT_LEFT', status: null }],
])('tells of %s when its turn to be written has come', async (_who, hasLeft, expected) => {
  const told: AnsweredRequest[] = []
  const writes = new KeptWrites({
    words: { toCacheControl: () => '', toAgeSeconds: () => 0, matchesEntityTag: () => false },
    clock: new FakeClock(),
    isOpen: () => true,
    observer: { answered: (request) => void told.push(request) },
    savings: undefined,
  })
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request)
  const handle = () => undefined
  const caller = { name: 'web', role: 'reader', accounts: 'all' } as const
  const head = writes.findHead(kept)
  if (!head) throw new Error('it cannot be sent')
  writes.add({
    visit: {
      ...{ request, response, handle, handleLater: handle, arrivedAtMs: 0 },
      ...{ face: 'graphql', bodyBytes: 0, caller, address: '127.0.0.1' },
    },
    ...{ kept, head, from: 'memory', reading: null, nowMs: 0 },
  })
  if (hasLeft) response.destroy()
  await waitUntil('it is told of', async () => told.length === 1)
  expect(told).toMatchObject([{ ...expected, client: 'web', from: 'memory' }])
})
