import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createConnections } from '#access/connections.ts'
import { createPersistedOperations } from '#graphql/persisted-operations.ts'
import type { Caller } from '#model/caller.ts'
import { systemClock } from '#model/clock.ts'
import type { Snapshot } from '#model/snapshot.ts'
import { FakeServices } from '#test/support/fake-services.ts'
import { createAsk, createFace, type Face } from './harness.ts'
import { type HostileRequest, hostileRequest } from './hostile-requests.ts'
import { byDigest, byEvents, byHttp, byId, bySocket, SocketClient, type Transport } from './transports.ts'

const live = { onlineViewers: 1, bandwidthBitsPerSecond: null, push: null }
const services = new FakeServices({
  main: { streams: { a: { live }, b: { live } } },
  other: { streams: { a: { live } } },
})
const callers: Record<HostileRequest['role'], Caller> = {
  reader: { name: 'web', role: 'reader', accounts: new Set(['main']) },
  ops: { name: 'ops', role: 'ops', accounts: 'all' },
}
const callerOf = (role: unknown) => callers[role === 'ops' ? 'ops' : 'reader']
const shot: Snapshot = {
  id: 'shot',
  account: 'main',
  key: 'a',
  takenAt: 0,
  width: null,
  height: null,
  url: null,
  receivedAt: 0,
}

/** The registered document; real ones that can never be carried out stop the start. */
let document = ''
const register = (query: string) => {
  document = query
  return 'document'
}

let face: Face
let sockets: Record<HostileRequest['role'], SocketClient>
let transports: Record<string, Transport>

beforeAll(async () => {
  face = await createFace(services, {
    createAsk: ({ headers }) => createAsk(callerOf(headers['x-role'])),
    persisted: createPersistedOperations({
      registered: { findById: () => document, findByDigest: () => undefined },
      automatic: true,
    }),
    sockets: {
      authenticate: async (_request, payload) => callerOf(Object(payload).role),
      createOperationAsk: async (caller, _address, signal) => ({ ...createAsk(caller), signal }),
      renewAsk: (ask) => ask,
      connections: createConnections({ perProcess: 100, perClient: 100 }),
      limits: { operationsPerSocket: 10, messagesPerSecond: 100_000 },
      clock: systemClock,
      origins: [],
    },
  })
  const address = await face.app.listen({ host: '127.0.0.1', port: 0 })
  const open = (role: string) =>
    SocketClient.open(`${address.replace('http', 'ws')}/graphql`, role, () =>
      services.snapshotFeed.publish('main', [shot]),
    )
  sockets = { reader: await open('reader'), ops: await open('ops') }
  const post = (body: object, role: string) => face.post(body, { 'x-role': role })
  const get = (body: object, role: string) => {
    const parts = Object.entries(body).filter(([, value]) => value !== undefined)
    const texts = parts.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])
    return face.get(Object.fromEntries(texts), { 'x-role': role })
  }
  transports = {
    'GET with the document': byHttp(get),
    'POST with an id': byId(post, register),
    'GET with an id': byId(get, register),
    'POST with a digest': byDigest(post),
    'GET with a digest': byDigest(get),
    'events with the document': byEvents(`${address}/graphql`, () => services.snapshotFeed.publish('main', [shot])),
    'WebSocket with the document': bySocket(sockets, (query) => ({ query })),
    'WebSocket with an id': bySocket(sockets, (query) => ({ documentId: register(query) })),
  }
})
afterAll(async () => {
  for (const socket of Object.values(sockets)) socket.close()
  await face.app.close()
})

test('500 requests are judged alike by every transport', { timeout: 60_000 }, async () => {
  const seen = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(hostileRequest, async (request) => {
      const expected = await byHttp((body, role) => face.post(body, { 'x-role': role }))(request)
      for (const [name, transport] of Object.entries(transports))
        expect({ name, ...(await transport(request)) }).toEqual({ name, ...expected })
      const kind = expected.isElsewhere ? 'elsewhere' : JSON.stringify(expected.errors).slice(3).split('"')[0] || 'data'
      seen.set(kind, (seen.get(kind) ?? 0) + 1)
    }),
    { numRuns: 500 },
  )
  // That they are as mixed as they claim to be.
  for (const kind of ['data', 'elsewhere', 'QUERY_TOO_COMPLEX', 'INVALID_INPUT', 'FORBIDDEN', 'NOT_FOUND'])
    expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(5)
  expect(face.log).toEqual([])
})
