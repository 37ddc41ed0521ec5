import { describe, expect, test } from 'vitest'
import { GatewayError } from '#model/errors.ts'
import { toStreamId } from '#model/stream.ts'
import { recordingListSchema } from '#rest/schemas/recording.ts'
import { quarantinedBatchListSchema, snapshotListSchema } from '#rest/schemas/snapshot.ts'
import { at, buildRestApp } from '../rest-app.ts'

const recording = (id: string) => ({
  id,
  startedAt: at('03:00:00'),
  endedAt: null,
  durationMs: null,
  sizeBytes: 0,
  url: `http://recordings.example.com/${id}.mp4`,
})
const snapshot = (id: string, key: string) => ({
  id,
  account: 'a',
  key,
  takenAt: null,
  width: 1280,
  height: 720,
  url: null,
  receivedAt: at('03:59:59'),
})
const accounts = {
  a: {
    provider: 'chinanetcenter' as const,
    streams: {
      'd/live/k': {
        recordings: [recording('9031868222807497694'), recording('2'), recording('3')],
        snapshots: [snapshot('n2', 'd/live/k'), snapshot('n1', 'd/live/k')],
      },
      'd/live/l': { snapshots: [snapshot('n3', 'd/live/l')] },
    },
  },
}
const stream = '/v1/accounts/a/streams/d%2Flive%2Fk'

describe('recordings', () => {
  test('are shown page by page', async () => {
    const { app } = await buildRestApp(accounts)
    const first = recordingListSchema.strict().parse((await app.inject(`${stream}/recordings?first=2`)).json())
    expect(first).toMatchObject({ totalCount: 3, fetchedAt: '2026-11-21T04:00:00.000Z', stale: false })
    expect(first.items[0]).toEqual({ ...recording('9031868222807497694'), startedAt: '2026-11-21T03:00:00.000Z' })
    const second = (await app.inject(`${stream}/recordings?after=${first.nextCursor}`)).json()
    expect(second).toMatchObject({ items: [{ id: '3' }], nextCursor: null })
  })

  test('take a range with open edges', async () => {
    const { app, services } = await buildRestApp(accounts)
    await app.inject(`${stream}/recordings?from=2026-11-21T03:00:00Z`)
    expect(services.calls.at(-1)?.args[1]).toEqual({ from: at('03:00:00') })
  })

  test('are the same by node id', async () => {
    const { app } = await buildRestApp(accounts)
    const id = toStreamId({ account: 'a', key: 'd/live/k' })
    const byId = await app.inject(`/v1/streams/${id}/recordings`)
    expect(byId.json()).toEqual((await app.inject(`${stream}/recordings`)).json())
  })

  test('refuse a page size out of range', async () => {
    const { app } = await buildRestApp(accounts)
    const response = await app.inject(`${stream}/recordings?first=301`)
    expect(response.json().detail).toBe('first is "301"; allowed is a whole number from 1 to 300')
  })
})

describe('snapshots', () => {
  test('of a stream are shown with the stream', async () => {
    const { app } = await buildRestApp(accounts)
    const response = await app.inject(`${stream}/snapshots`)
    const list = snapshotListSchema.strict().parse(response.json())
    expect(list.items.map(({ id }) => id)).toEqual(['n2', 'n1'])
    expect(list.items[0]).toEqual({
      id: 'n2',
      stream: {
        id: toStreamId({ account: 'a', key: 'd/live/k' }),
        account: 'a',
        key: 'd/live/k',
        domain: 'd',
        app: 'live',
        name: 'k',
      },
      takenAt: null,
      width: 1280,
      height: 720,
      url: null,
      receivedAt: '2026-11-21T03:59:59.000Z',
    })
    expect(response.headers['x-upstream-calls']).toBe('0')
  })

  test('of an account are shown over all its streams', async () => {
    const { app } = await buildRestApp(accounts)
    const { items } = snapshotListSchema.strict().parse((await app.inject('/v1/accounts/a/snapshots?first=3')).json())
    expect(items.map(({ id, stream }) => [id, stream.key])).toEqual([
      ['n2', 'd/live/k'],
      ['n1', 'd/live/k'],
      ['n3', 'd/live/l'],
    ])
  })
})

describe('the quarantine', () => {
  const batch = (id: string, rows: number | null) => ({
    id,
    account: 'a',
    status: 200,
    receivedAt: at('03:59:59'),
    bytes: 12,
    reason: rows ? 'ROWS' : 'UPSTREAM_RESPONSE',
    rows,
  })
  const quarantined = { a: { provider: 'tencent' as const, quarantined: [batch('3', 2), batch('1', null)] } }
  const url = '/v1/accounts/a/snapshots/quarantine'

  test('shows what could not be read, unparsed rows among it', async () => {
    const { app } = await buildRestApp(quarantined)
    const list = quarantinedBatchListSchema.strict().parse((await app.inject(url)).json())
    expect(list).toEqual({
      items: [
        { ...batch('3', 2), receivedAt: '2026-11-21T03:59:59.000Z' },
        { ...batch('1', null), receivedAt: '2026-11-21T03:59:59.000Z' },
      ],
      nextCursor: null,
    })
  })

  test('is as long as asked for, within bounds', async () => {
    const { app } = await buildRestApp(quarantined)
    expect((await app.inject(`${url}?first=1`)).json().items).toHaveLength(1)
    for (const query of ['first=0', 'first=301', 'after=x'])
      expect((await app.inject(`${url}?${query}`)).json()).toMatchObject({ status: 400, code: 'INVALID_INPUT' })
  })

  test('hands on a refusal as a problem', async () => {
    const { app, services } = await buildRestApp(quarantined)
    services.fail('listQuarantinedSnapshots', new GatewayError('FORBIDDEN', 'for ops only'))
    const response = await app.inject(url)
    expect([response.statusCode, response.json().code]).toEqual([403, 'FORBIDDEN'])
  })
})
