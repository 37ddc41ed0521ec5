// Over real sockets: what matters here is when bytes leave, and when connections end.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { HEARTBEAT_MS, STALLED_MS } from '#events/event-stream.ts'
import { CapabilityUnsupportedError } from '#model/errors.ts'
import type { Snapshot } from '#model/snapshot.ts'
import { toStreamId } from '#model/stream.ts'
import { playSampleSeriesSchema } from '#rest/schemas/play-sample.ts'
import { problemSchema } from '#rest/schemas/problem.ts'
import { pushSampleSeriesSchema } from '#rest/schemas/push-sample.ts'
import { stateChangeSchema, streamSchema } from '#rest/schemas/stream.ts'
import { MAX_WAITING_EVENTS } from '#services/event-queue.ts'
import type { StreamEvent, WatchedKind } from '#services/views.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { at, buildRestApp, RANGE, type RestAppOptions } from '../rest-app.ts'

const snapshot = (id: string, key = 'k', url: string | null = null): Snapshot => ({
  ...{ id, account: 'a', key, takenAt: null, width: 1280, height: 720, url },
  receivedAt: at('03:59:59'),
})
const observedAt = at('03:00:05')
const pushSample = { observedAt, frameRate: 25, bitrateBitsPerSecond: 1e6, clientIp: '192.0.2.1', serverIp: null }
const playSample = { observedAt, bandwidthBitsPerSecond: 5e6, onlineViewers: 3, trafficBytes: null }
const live = {
  onlineViewers: 0,
  bandwidthBitsPerSecond: null,
  push: { frameRate: 25, bitrateBitsPerSecond: 2e6, clientIp: null, serverIp: '198.51.100.1' },
}
const path = '/v1/accounts/a/streams/k/events'

const readers: AbortController[] = []
afterEach(() => {
  for (const reader of readers.splice(0)) reader.abort()
})

async function start(options: RestAppOptions = {}) {
  const known = { snapshots: [snapshot('n1')], pushSamples: [pushSample], playSamples: [playSample], live }
  const rig = await buildRestApp({ a: { streams: { k: known } } }, options)
  const address = await rig.app.listen({ host: '127.0.0.1', port: 0 })
  const publish = (...snapshots: readonly Snapshot[]) => rig.services.snapshotFeed.publish('a', snapshots)

  /** Opens a stream; `read` waits until the text ends so and takes it, `readAll` until it is over. */
  async function open(url = path) {
    const leaving = new AbortController()
    readers.push(leaving)
    const response = await fetch(address + url, { signal: leaving.signal })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const readMore = async () => {
      const { value, done = true } = (await reader?.read()) ?? {}
      text += value ?? ''
      return !done
    }
    const take = () => {
      const taken = text
      text = ''
      return taken
    }
    return {
      response,
      leave: () => leaving.abort(),
      read: async (end: string) => {
        while (!text.endsWith(end) && (await readMore())) {
          // More is to come.
        }
        return take()
      },
      readAll: async () => {
        while (await readMore()) {
          // More is to come.
        }
        return take()
      },
    }
  }

  /** A client that sends its request and reads nothing unless told. */
  async function openSilent(): Promise<Socket> {
    const socket = connect(Number(new URL(address).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    socket.pause()
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
    return socket
  }
  return { ...rig, address, publish, open, openSilent }
}

describe('events of a stream', () => {
  test('begin at once, and say how they are to be treated on the way', async () => {
    const { open, services } = await start()
    const { response, read } = await open()
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-upstream-calls': '0',
      vary: 'Authorization, X-API-Key',
    })
    expect(response.headers.has('content-length')).toBe(false)
    expect(response.headers.has('etag')).toBe(false)
    expect(await read('\n\n')).toBe('retry: 3000\n\n')
    expect(services.calls.at(-1)).toEqual({
      useCase: 'watchStream',
      args: [{ account: 'a', key: 'k' }, { kinds: null }],
    })
  })

  test('show each snapshot as the list of them does', async () => {
    const { open, publish, address } = await start()
    const { read } = await open()
    await publish(snapshot('n0', 'other'), snapshot('n1'))
    const [, place, type, data = ''] = (await read('}\n\n')).replace('retry: 3000\n\n', '\n').split('\n')
    expect([place, type]).toEqual(['id: n1', 'event: snapshot'])
    const list = await fetch(`${address}/v1/accounts/a/streams/k/snapshots`)
    expect(await list.json()).toMatchObject({ items: [JSON.parse(data.replace('data: ', ''))] })
    await publish(snapshot('n2'))
    expect(await read('}\n\n')).toMatch(/^id: n2\nevent: snapshot\ndata: \{.*\}\n\n$/)
  })

  test('are the same by node id', async () => {
    const { open, publish } = await start()
    const { read } = await open(`/v1/streams/${toStreamId({ account: 'a', key: 'k' })}/events`)
    await publish(snapshot('n2'))
    expect(await read('}\n\n')).toContain('id: n2\n')
  })

  test('show what is told as the other routes do, each with its place', async () => {
    const { open, services, address } = await start()
    const ref = { account: 'a', key: 'k' }
    const { read } = await open()
    await read('\n\n')
    const show = async (event: StreamEvent) => {
      services.tell({ account: 'a', key: 'other' }, event)
      services.tell(ref, event)
      const [, id, kind, data = ''] = /^(?:id: (.*)\n)?event: (.*)\ndata: (.*)\n\n$/.exec(await read('\n\n')) ?? []
      return [id, kind, JSON.parse(data)]
    }
    const ask = async (suffix: string): Promise<unknown> =>
      (await fetch(`${address}/v1/accounts/a/streams/k${suffix}`)).json()
    const { items: pushed } = pushSampleSeriesSchema.parse(await ask(`/push-samples?${RANGE}`))
    expect(await show({ kind: 'pushSample', sample: pushSample, place: '1-0' })).toEqual([
      '1-0',
      'pushSample',
      pushed[0],
    ])
    const { items: played } = playSampleSeriesSchema.parse(await ask(`/play-samples?${RANGE}`))
    expect(await show({ kind: 'playSample', sample: playSample, place: '1-1' })).toEqual([
      '1-1',
      'playSample',
      played[0],
    ])
    const { live: shown } = streamSchema.parse(await ask(''))
    const reading = { ...live, fetchedAt: at('04:00:00'), stale: false }
    expect(await show({ kind: 'liveStat', live: reading, place: null })).toEqual([undefined, 'liveStat', shown])
    expect(await show({ kind: 'liveStat', live: null, place: '1-2' })).toEqual(['1-2', 'liveStat', null])
    const [, kind, change] = await show({
      ...{ kind: 'streamState', state: 'OFFLINE', stateSince: at('03:59:00'), stateSource: 'STATUS', place: '1-3' },
    })
    expect([kind, stateChangeSchema.strict().parse(change)]).toEqual([
      'streamState',
      { state: 'OFFLINE', stateSince: '2026-11-21T03:59:00.000Z', stateSource: 'STATUS' },
    ])
    expect(await show({ kind: 'gap', place: null })).toEqual([undefined, 'gap', {}])
  })

  test.each<[string, readonly WatchedKind[]]>([
    ['events=liveStat', ['liveStat']],
    ['events=pushSample,playSample&events=pushSample', ['pushSample', 'playSample']],
    ['events=snapshot%2C%20streamState', ['snapshot', 'streamState']],
  ])('are of the kinds that are asked for: %s', async (query, kinds) => {
    const { address, services } = await start()
    await fetch(`${address}${path}?${query}`, { method: 'HEAD' })
    expect(services.calls.at(-1)).toMatchObject({ useCase: 'watchStream', args: [{ key: 'k' }, { kinds }] })
  })

  test('go on where a client was who comes back', async () => {
    const { address, services } = await start()
    const ask = async (query: string, headers: Record<string, string> = {}) => {
      await fetch(address + path + query, { method: 'HEAD', headers })
      return services.calls.at(-1)?.args[1]
    }
    expect(await ask('', { 'last-event-id': '1-0-0_' })).toEqual({ kinds: null, after: '1-0-0_' })
    expect(await ask('?lastEventId=1-0-0_')).toEqual({ kinds: null, after: '1-0-0_' })
    // A browser repeats its address, and its header tells how far it has come since.
    expect(await ask('?lastEventId=1-0-0_', { 'last-event-id': '2-0-0_' })).toEqual({ kinds: null, after: '2-0-0_' })
    expect(await ask('?lastEventId=1-0-0_', { 'last-event-id': '' })).toEqual({ kinds: null, after: '1-0-0_' })
  })

  test('are a comment after 15 s of silence', async () => {
    const { open, publish, clock } = await start()
    const { read } = await open()
    await read('retry: 3000\n\n')
    await clock.advance(HEARTBEAT_MS - 1000)
    await publish(snapshot('n2'))
    await read('}\n\n')
    await clock.advance(HEARTBEAT_MS - 1000)
    await clock.advance(1000)
    expect(await read('\n\n')).toBe(': still here\n\n')
    await clock.advance(HEARTBEAT_MS)
    expect(await read('\n\n')).toBe(': still here\n\n')
    await publish(snapshot('n3'))
    expect(await read('}\n\n')).toContain('id: n3\n')
  })

  test('are watched as long as the client is there, and leave no timer', async () => {
    const { open, publish, clock } = await start()
    const { read, leave } = await open()
    await read('retry: 3000\n\n')
    expect(clock.waiting).toBeGreaterThan(0)
    leave()
    await waitUntil('nothing waits', async () => clock.waiting === 0)
    await publish(snapshot('n2'))
  })

  test('are watched for nobody who left before they could begin', async () => {
    const asked = Promise.withResolvers<void>()
    const gone = Promise.withResolvers<void>()
    const { openSilent, services, clock, logged } = await start({
      authenticate: async (request) => {
        request.raw.socket.once('close', () => gone.resolve())
        asked.resolve()
        await gone.promise
      },
    })
    const socket = await openSilent()
    await asked.promise
    socket.destroy()
    await waitUntil('it was asked for', async () => services.count('watchStream') === 1)
    await clock.advance(0)
    expect(clock.waiting).toBe(0)
    expect(logged).toEqual([])
  })

  test('that were asked for in advance are no fault of ours when their client is gone', async () => {
    const gone = Promise.withResolvers<void>()
    const { app, address, services, clock, logged } = await start({ authenticate: () => gone.promise })
    app.server.once('connection', (taken: Socket) => taken.once('close', () => gone.resolve()))
    const socket = connect(Number(new URL(address).port), '127.0.0.1')
    await once(socket, 'connect')
    await new Promise((resolve) => socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(50), resolve))
    socket.destroy()
    await waitUntil('all were asked for', async () => services.count('watchStream') === 50)
    await waitUntil('nothing waits', async () => clock.waiting === 0)
    expect(logged).toEqual([])
  })

  test('are none for HEAD, which tells the same and opens nothing', async () => {
    const { address, clock } = await start()
    const response = await fetch(address + path, { method: 'HEAD' })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    expect(response.headers.get('content-length')).toBeNull()
    expect(clock.waiting).toBe(0)
  })
})

describe('a refusal', () => {
  test('comes as a problem before anything else', async () => {
    const { address, services, clock } = await start()
    services.fail('watchStream', new CapabilityUnsupportedError('no such call', { account: 'a' }))
    const refused = await fetch(address + path)
    expect([refused.status, refused.headers.get('content-type')]).toEqual([
      422,
      'application/problem+json; charset=utf-8',
    ])
    expect(problemSchema.parse(await refused.json())).toMatchObject({ code: 'CAPABILITY_UNSUPPORTED', account: 'a' })
    const codes = await Promise.all(
      ['/v1/accounts/b/streams/k/events', `${path}?after=1`, '/v1/streams/x/events', `${path}?x=%`].map(async (url) => {
        const response = await fetch(address + url)
        return [response.status, problemSchema.parse(await response.json()).code]
      }),
    )
    expect(codes).toEqual([
      [404, 'NOT_FOUND'],
      [400, 'INVALID_INPUT'],
      [400, 'INVALID_INPUT'],
      [400, 'INVALID_INPUT'],
    ])
    const wrong = await fetch(`${address}${path}?events=pushSample,nonsense`)
    expect(problemSchema.parse(await wrong.json())).toMatchObject({
      ...{ status: 400, code: 'INVALID_INPUT' },
      detail:
        'events holds "nonsense"; allowed are streamState, liveStat, pushSample, playSample, snapshot, with commas between them',
    })
    expect((await fetch(`${address}${path}?events=`)).status).toBe(400)
    expect((await fetch(address + path, { method: 'POST' })).status).toBe(405)
    expect(clock.waiting).toBe(0)
  })

  test('meets whoever comes when all streams are open, until one is closed', async () => {
    const { address, services, openSilent } = await start({ maxConnections: 3 })
    const sockets = await Promise.all(Array.from({ length: 3 }, openSilent))
    await waitUntil('all are open', async () => services.count('watchStream') === 3)
    const refused = await fetch(address + path)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3'])
    expect(problemSchema.parse(await refused.json())).toMatchObject({ code: 'RATE_LIMITED', retryable: true })
    expect((await fetch(address + path, { method: 'HEAD' })).status).toBe(429)
    sockets[0]?.destroy()
    await waitUntil('there is room', async () => {
      const response = await fetch(address + path)
      await response.body?.cancel()
      return response.status === 200
    })
    await waitUntil('there is room again', async () => (await fetch(address + path, { method: 'HEAD' })).status === 200)
    // Which takes none of it.
    for (const _ of [1, 2, 3]) expect((await fetch(address + path, { method: 'HEAD' })).status).toBe(200)
  })

  test.each(['garbage', '1-0', '_', '1-0-0', '-0-0_', ` 1-0-0_`, `${'1'.repeat(16)}-0-0_`])(
    'meets whoever says by the address that he has got to %j',
    async (place) => {
      const { address, services } = await start()
      const response = await fetch(`${address}${path}?lastEventId=${encodeURIComponent(place)}`)
      expect(problemSchema.parse(await response.json())).toMatchObject({
        ...{ status: 400, code: 'INVALID_INPUT' },
        detail: 'lastEventId is no id of an event; pass one that came with an event',
      })
      expect(services.count('watchStream')).toBe(0)
    },
  )

  test('meets pages of other sites, which could have visitors watch where no key is asked for', async () => {
    const { app, services } = await start({ origins: ['https://studio.example.com'] })
    const ask = async (headers: Record<string, string>) => {
      const { statusCode, body } = await app.inject({ method: 'HEAD', url: path, headers })
      expect(body).toBe('')
      return statusCode
    }
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: 'http://localhost:9' },
      { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example.com' },
      { 'sec-fetch-site': 'cross-site', origin: 'null' },
      { origin: 'https://evil.example.com' },
    ])
      expect(await ask(headers)).toBe(400)
    expect(services.count('watchStream')).toBe(0)
    for (const headers of [
      {},
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'cross-site', origin: 'https://studio.example.com' },
      // Only with the leave of CORS.
      { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example.com', 'x-api-key': 'k' },
    ])
      expect(await ask(headers)).toBe(200)
    const refused = await app.inject({ url: path, headers: { 'sec-fetch-site': 'cross-site' } })
    expect(problemSchema.parse(refused.json())).toMatchObject({ status: 400, code: 'INVALID_INPUT' })
  })
})

describe('a token', () => {
  test('that expires ends the stream, which says so', async () => {
    const expiresAtMs = at('04:00:20')
    const { open, publish, clock } = await start({
      caller: { name: 'web', role: 'reader', accounts: 'all', expiresAtMs },
      maxConnections: 1,
    })
    const { read, readAll } = await open()
    await read('retry: 3000\n\n')
    await clock.advance(15_000)
    expect(await read('\n\n')).toBe(': still here\n\n')
    await clock.advance(5000)
    const [, problem = ''] = /^event: problem\ndata: (.*)\n\n$/.exec(await readAll()) ?? []
    expect(problemSchema.parse(JSON.parse(problem))).toMatchObject({ code: 'UNAUTHENTICATED' })
    await publish(snapshot('n2'))
    await waitUntil('nothing waits', async () => clock.waiting === 0)
  })
})

describe('a client that does not read', () => {
  const url = `http://shots.example.com/${'x'.repeat(10_000)}.jpg`
  const batch = Array.from({ length: 100 }, (_, index) => snapshot(`n${index}`, 'k', url))

  /** Publishes until the server cannot get rid of it any more. */
  async function flood({ publish, clock }: Pick<Awaited<ReturnType<typeof start>>, 'publish' | 'clock'>) {
    for (let round = 0; round < 40; round += 1) {
      await publish(...batch)
      await clock.advance(0)
    }
    await publish(...Array.from({ length: MAX_WAITING_EVENTS + 1 }, () => snapshot('n')))
  }

  test('is cut off, and what had waited for it is dropped', async () => {
    const rig = await start()
    const socket = await rig.openSilent()
    await waitUntil('it is open', async () => rig.services.count('watchStream') === 1)
    await flood(rig)
    for (let waitedMs = 0; waitedMs <= STALLED_MS + 5000; waitedMs += 5000) await rig.clock.advance(5000)
    await waitUntil('nothing waits for it', async () => rig.clock.waiting === 0)
    const closed = once(socket, 'close')
    socket.on('error', () => undefined)
    socket.resume()
    await closed
  })

  test('is told why it misses something when it reads on', async () => {
    const rig = await start()
    const { read, readAll } = await rig.open()
    await read('retry: 3000\n\n')
    const before = rig.services.count('watchStream')
    expect(before).toBe(1)
    // All in one turn: no reader could have taken any of it.
    void rig.publish(...Array.from({ length: MAX_WAITING_EVENTS + 2 }, () => snapshot('n')))
    const text = await readAll()
    const [, problem = ''] = /event: problem\ndata: (.*)\n\n$/.exec(text) ?? []
    expect(problemSchema.parse(JSON.parse(problem))).toMatchObject({ code: 'RATE_LIMITED', retryable: true })
    expect(text).not.toContain('id: \n')
  })

  test('does not hold up the end of the process for more than a second', async () => {
    const rig = await start()
    const socket = await rig.openSilent()
    await waitUntil('it is open', async () => rig.services.count('watchStream') === 1)
    await flood(rig)
    const closed = rig.app.close()
    await rig.clock.advance(1000)
    await closed
    socket.destroy()
    expect(rig.clock.waiting).toBe(0)
  })
})

describe('the end of the process', () => {
  test('ends every stream in order, and the server with them', async () => {
    const { app, open, clock } = await start()
    const opened = await Promise.all([open(), open()])
    for (const { read } of opened) await read('retry: 3000\n\n')
    await app.close()
    expect(await Promise.all(opened.map(({ readAll }) => readAll()))).toEqual(['', ''])
    expect(clock.waiting).toBe(0)
  })

  test('ends streams as soon as clients are to go elsewhere, and those opened later at once', async () => {
    const draining = new AbortController()
    const { open, publish } = await start({ draining: draining.signal })
    const before = await open()
    await before.read('retry: 3000\n\n')
    draining.abort()
    expect(await before.readAll()).toBe('')
    const after = await open()
    expect([after.response.status, await after.readAll()]).toEqual([200, 'retry: 3000\n\n'])
    await publish(snapshot('n2'))
  })
})
