import { connect, type Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import type { ClientLimitReading } from '#access/client-limit.ts'
import { createKeptAnswers } from '#answers/kept-answers.ts'
import { Meter } from '#contract/ask.ts'
import type { Caller } from '#model/caller.ts'
import { matchesEntityTag } from '#rest/freshness-headers.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { send } from '#test/support/plain-client.ts'
import { createQuietServer } from '#test/support/quiet-server.ts'
import { createAddressReader } from '../../src/server/client-address.ts'
import type { ServerOptions } from '../../src/server/create-server.ts'
import { KeptFront, type KeptFrontOptions } from '../../src/server/kept-front.ts'

const reader: Caller = { name: 'web', role: 'reader', accounts: 'all' }
const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** A server that counts what it makes, with a front before it. */
async function start({ line, ...options }: Partial<KeptFrontOptions> & Pick<ServerOptions, 'line'> = {}) {
  const clock = new FakeClock()
  const made: string[] = []
  const state = {
    isOpen: true,
    isServing: true,
    caller: reader as Caller | undefined,
    reading: null as ClientLimitReading | null | undefined,
  }
  const answers = createKeptAnswers({ maxBytes: 2 ** 24, clock })
  const front = new KeptFront({
    answers,
    authenticator: { recognize: () => state.caller },
    clientLimit: { takeNow: () => state.reading },
    addressOf: createAddressReader([]),
    isUnproven: () => false,
    words: {
      toCacheControl: ({ freshUntilMs }, nowMs) => `private, max-age=${Math.floor((freshUntilMs - nowMs) / 1000)}`,
      toAgeSeconds: ({ fetchedAtMs }, nowMs) => Math.floor((nowMs - fetchedAtMs) / 1000),
      matchesEntityTag,
    },
    clock,
    isOpen: () => state.isOpen,
    isServing: () => state.isServing,
    ...options,
  })
  const app: FastifyInstance = await createQuietServer({ front, ...(line && { line }) })
  const answer = (request: { raw: object }, text: string, age?: { fetchedAt: number; freshUntil: number }) => {
    made.push(text)
    const meter = new Meter()
    meter.hold(clock.now() + 5000)
    meter.save('main', 'listPushSamples', 1)
    meter.save('main', 'listPushSamples', 2)
    front.offer(request.raw, { body: text, meter, ...(age && { age }) })
    return text
  }
  app.post('/graphql', async (request) => answer(request, `answer to ${JSON.stringify(request.body)}`))
  app.get('/v1/tagged', async (request, reply) => {
    const now = clock.now()
    reply.header('etag', 'W/"1"').header('age', 3).header('cache-control', 'private, max-age=4')
    return answer(request, 'tagged', { fetchedAt: now - 3000, freshUntil: now + 4000 })
  })
  app.get('/v1/failing', async (_request, reply) => reply.code(500).send('no'))
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  open.push(() => app.close())
  const ask = (body: string, headers: Record<string, string> = {}) =>
    send(address, {
      method: 'POST',
      path: '/graphql',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
  const socket = (): Socket => {
    const client = connect(Number(new URL(address).port), '127.0.0.1')
    open.push(() => client.destroy())
    return client
  }
  return { clock, made, state, answers, front, address, ask, socket }
}

const post = (body: string) =>
  `POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`

/** Reads until so many answers have come. */
function readAnswers(client: Socket, count: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    client.on('error', reject)
    client.on('data', (piece) => {
      text += piece.toString()
      if (text.split('HTTP/1.1 ').length > count && /answer to [^\r]*$/.test(text)) resolve(text)
    })
  })
}

describe('a kept answer', () => {
  it('is sent again for the same question, with a request id of its own, until it ends', async () => {
    const { ask, made, clock, front } = await start()
    const first = await ask('{"a":1}')
    const second = await ask('{"a":1}', { 'x-request-id': 'second' })
    expect(made).toHaveLength(1)
    expect(second.body.toString()).toBe(first.body.toString())
    expect(second.headers['x-request-id']).toBe('second')
    const { 'x-request-id': _first, date: _date, ...kept } = first.headers
    const { 'x-request-id': _second, date: _later, ...sent } = second.headers
    expect(sent).toEqual(kept)
    await clock.advance(5000)
    await ask('{"a":1}')
    expect(made).toHaveLength(2)
    expect(front.listCounts()).toContainEqual({ face: 'graphql', from: 'memory', count: 1 })
    expect(front.listCounts()).toContainEqual({ face: 'graphql', from: 'made', count: 2 })
  })

  it.each([
    ['another body', '{"a":2}', {}],
    ['another host', '{"a":1}', { host: 'elsewhere' }],
    ['another origin', '{"a":1}', { origin: 'https://page.example' }],
    ['another type', '{"a":1}', { accept: 'text/html' }],
    ['a browser', '{"a":1}', { 'user-agent': 'Mozilla/5.0' }],
    ['another caller', '{"a":1}', { 'x-api-key': 'other' }],
  ])('is none for %s', async (_name, body, headers) => {
    const { ask, made } = await start({
      authenticator: { recognize: ({ headers: sent }) => ({ ...reader, name: String(sent['x-api-key']) }) },
    })
    await ask('{"a":1}')
    await ask(body, headers)
    expect(made).toHaveLength(2)
  })

  it('tells the age of this moment, and 304 to who has it', async () => {
    const { address, clock, made } = await start()
    await send(address, { path: '/v1/tagged' })
    await clock.advance(2000)
    const again = await send(address, { path: '/v1/tagged' })
    expect(again.headers).toMatchObject({ age: '5', 'cache-control': 'private, max-age=2', etag: 'W/"1"' })
    const known = await send(address, { path: '/v1/tagged', headers: { 'if-none-match': '"1"' } })
    expect(known.status).toBe(304)
    expect(known.body).toHaveLength(0)
    expect(known.headers).toMatchObject({ age: '5', etag: 'W/"1"' })
    expect(known.headers).not.toHaveProperty('content-type')
    expect(known.headers).not.toHaveProperty('content-length')
    expect(made).toHaveLength(1)
  })

  it.each([
    ['nobody knows the caller yet', { caller: undefined }],
    ['the client may be over his limit', { reading: undefined }],
    ['the process serves nobody any more', { isServing: false }],
  ])('is left aside where %s', async (_name, change) => {
    const { ask, made, state } = await start()
    await ask('{"a":1}')
    Object.assign(state, change)
    await ask('{"a":1}')
    expect(made).toHaveLength(2)
  })

  it('tells a client to connect anew when the process wants none any more', async () => {
    const { ask, made, state } = await start()
    await ask('{"a":1}')
    expect((await ask('{"a":1}')).headers['connection']).not.toBe('close')
    state.isOpen = false
    expect((await ask('{"a":1}')).headers['connection']).toBe('close')
    expect(made).toHaveLength(1)
  })

  it('saves each time what it saved when it was put together', async () => {
    const told: unknown[] = []
    const { ask } = await start({
      requests: {
        observer: { answered: () => undefined },
        findAsked: () => ({ operation: 'streams', operationName: null }),
        tellLeft: () => undefined,
      },
      savings: { saved: (...words) => told.push(words) },
    })
    await ask('{"a":1}')
    expect(told).toEqual([])
    await ask('{"a":1}')
    await ask('{"a":1}')
    expect(told).toEqual(Array.from({ length: 2 }, () => ['main', 'web', 'listPushSamples', 3]))
  })

  it('comes with the limit of its client', async () => {
    const { ask, state } = await start()
    await ask('{"a":1}')
    state.reading = { limit: 600, remaining: 7, resetSeconds: 30 }
    expect((await ask('{"a":1}')).headers).toMatchObject({
      ratelimit: '"default";r=7;t=30',
      'ratelimit-policy': '"default";q=600;w=60',
    })
  })

  it.each([
    ['what is no header', ['a', 'b\r\nc: d']],
    ['a length of its own', ['Content-Length', '3']],
    ['what is of a connection', ['transfer-encoding', 'chunked']],
  ])('is not sent when it holds %s', async (_what, headers) => {
    const { ask, made, answers } = await start({
      answers: {
        find: () => ({
          headers,
          body: Buffer.from('x'),
          endsAtMs: 9e9,
          age: undefined,
          isHeld: true,
          pack: () => undefined,
        }),
        fetch: () => undefined,
        keep: () => undefined,
      },
    })
    answers.clear()
    expect((await ask('{"a":1}')).status).toBe(200)
    expect(made).toHaveLength(1)
  })

  it('is looked for among what is shared, and the request goes on untouched without it', async () => {
    const { ask, made } = await start({
      answers: { find: () => undefined, fetch: async () => undefined, keep: () => undefined },
    })
    expect((await ask('{"a":1}')).body.toString()).toBe('answer to {"a":1}')
    expect(made).toHaveLength(1)
  })
})

describe('a request that waited for what is shared in vain', () => {
  const answers = { find: () => undefined, fetch: async () => undefined, keep: () => undefined }

  it.each([
    ['worked on when it is its turn again', true, 200],
    ['refused when there is no time for it', false, 503],
  ])('stands in line once more, and is %s', async (_name, hasTime, status) => {
    let offered = 0
    const { ask, made } = await start({
      answers,
      line: {
        offer: (work, refuse) => {
          offered += 1
          if (offered === 1 || hasTime) work()
          else refuse()
        },
        admits: () => true,
      },
    })
    expect((await ask('{"a":1}')).status).toBe(status)
    expect([offered, made.length]).toEqual([2, hasTime ? 1 : 0])
  })
})

describe('requests on one connection', () => {
  it('are answered in order, kept ones and others', async () => {
    const { ask, socket, made } = await start()
    await ask('{"a":1}', { host: 'a' })
    const bodies = ['{"a":1}', '{"b":1}', '{"a":1}', '{"c":1}', '{"a":1}']
    const client = socket()
    client.write(bodies.map((body) => post(body) + body).join(''))
    const text = await readAnswers(client, bodies.length)
    expect([...text.matchAll(/answer to (\{[^}]*\})/g)].map(([, body]) => body)).toEqual(bodies)
    expect(made).toHaveLength(3)
  })

  it('are read whole when the body comes later, in pieces, or in chunks', async () => {
    const { socket, made } = await start()
    const body = '{"a":"long enough to be cut"}'
    const client = socket()
    for (const pieces of [
      [post(body), body],
      [post(body) + body.slice(0, 5), body.slice(5)],
      [post(body), body.slice(0, 9), body.slice(9)],
    ]) {
      const answered = readAnswers(client, 1)
      for (const piece of pieces) {
        client.write(piece)
        await new Promise((resolve) => setImmediate(resolve))
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(await answered).toContain(`answer to ${body}`)
      client.removeAllListeners('data')
    }
    const answered = readAnswers(client, 1)
    client.write(
      `POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    )
    expect(await answered).toContain(`answer to ${body}`)
    expect(made).toContain(`answer to ${body}`)
  })

  it('end as ever when the client leaves in the middle of a body, or tells two lengths', async () => {
    const { socket, ask } = await start()
    const leaving = socket()
    leaving.write(`${post('{"a":1}')}{"a"`)
    await new Promise((resolve) => leaving.once('ready', resolve))
    leaving.destroy()
    const twice = socket()
    const refused = new Promise<string>((resolve) => twice.once('data', (piece) => resolve(piece.toString())))
    twice.write(`${post('{"a":1}').slice(0, -2)}content-length: 3\r\n\r\n{"a":1}`)
    expect(await refused).toMatch(/^HTTP\/1.1 400 /)
    expect((await ask('{"a":1}')).status).toBe(200)
  })

  it('of which only the head is asked for, or which fail, are kept by nobody', async () => {
    const { address, answers } = await start()
    await send(address, { method: 'HEAD', path: '/v1/tagged' })
    await send(address, { path: '/v1/failing' })
    await send(address, { path: '/v1/failing' })
    expect(answers.find('anything')).toBeUndefined()
    expect((await send(address, { path: '/v1/tagged' })).body.toString()).toBe('tagged')
  })
})
