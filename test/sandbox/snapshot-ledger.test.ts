import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { send, tencentUrl } from './provider-clients.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ snapshotStreams: 0 })
})
afterAll(() => sandbox.close())
afterEach(() => {
  sandbox.clearFaults()
  sandbox.snapshots.clear()
  sandbox.resetCalls()
})

const pop = (count = 1) => send(tencentUrl(sandbox, 'Live_Queue_Get', { 'Param.n.bid': 100, 'Param.n.count': count }))

test('a call is logged with the messages that it took', async () => {
  sandbox.snapshots.fill(3)
  await pop(2)
  await pop(2)
  await pop(2)
  expect(sandbox.calls.map(({ taken }) => taken.length)).toEqual([2, 1, 0])
  expect(sandbox.calls.flatMap(({ taken }) => taken)).toEqual(sandbox.snapshots.poppedMessages)
})

test('what a call took is logged although its answer breaks off, and not when the call was never carried out', async () => {
  sandbox.snapshots.fill(2)
  sandbox.setFault({ kind: 'reset', at: 'body', times: 1 })
  await expect(pop()).rejects.toThrow()
  sandbox.setFault({ kind: 'html', times: 1 })
  await pop()
  sandbox.setFault({ kind: 'html', takesEffect: true, times: 1 })
  await pop()
  expect(sandbox.calls.map(({ taken }) => taken.length)).toEqual([1, 0, 1])
})

test('an answer can lie about its number of messages', async () => {
  sandbox.snapshots.fill(2)
  sandbox.setFault({ kind: 'wrong-types', variant: 'wrong-count', times: 1 })
  const { text } = await pop(2)
  expect(JSON.parse(text)).toMatchObject({ output: { count: 3, data: [{}, {}] } })
})

test('as many messages as one likes can be filled in at once', () => {
  sandbox.snapshots.fill(200_000)
  expect(sandbox.snapshots).toMatchObject({ size: 10_000, dropped: 190_000 })
})
