// Identical questions at once, through a front before a server whose answers a test holds back and chooses.
import { connect, type Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ClientLimitReading } from '#access/client-limit.ts'
import type { Answers } from '#answers/answers.ts'
import { createKeptAnswers } from '#answers/kept-answers.ts'
import { Meter } from '#contract/ask.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { send } from '#test/support/plain-client.ts'
import { createQuietServer } from '#test/support/quiet-server.ts'
import type { ServerOptions } from '../../src/server/create-server.ts'
import { KeptFront } from '../../src/server/kept-front.ts'

/** What becomes of an answer: it is kept, or took a call, or holds for this moment only, or is an error. */
type Outcome = 'kept' | 'paid' | 'momentary' | 'failed'

/** A question that has gone the long way. */
interface Made {
  readonly body: string
  readonly answer: (outcome: Outcome) => void
}

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

interface StartOptions extends Pick<ServerOptions, 'line'> {
  readonly answers?: (own: Answers) => Answers
  readonly takeNow?: () => ClientLimitReading | null | undefined
}

async function start({ line, answers: toAnswers = (own) => own, takeNow = () => null }: StartOptions = {}) {
  const clock = new FakeClock()
  const made: Made[] = []
  const state = { isServing: true, arrived: 0 }
  const answers = toAnswers(createKeptAnswers({ maxBytes: 2 ** 24, clock }))
  const front = new KeptFront({
    answers,
    authenticator: {
      recognize: ({ headers }) => ({ name: String(headers['x-api-key'] ?? 'web'), role: 'reader', accounts: 'all' }),
    },
    clientLimit: { takeNow },
    addressOf: () => '127.0.0.1',
    isUnproven: () => {
      state.arrived += 1
      return false
    },
    words: { toCacheControl: () => 'private', toAgeSeconds: () => 0, matchesEntityTag: () => false },
    clock,
    isOpen: () => true,
    isServing: () => state.isServing,
  })
  const app: FastifyInstance = await createQuietServer({ front, ...(line && { line }) })
  app.post('/graphql', async (request, reply) => {
    const body = JSON.stringify(request.body)
    const outcome = await new Promise<Outcome>((answer) => made.push({ body, answer }))
    if (outcome === 'failed') return reply.code(500).send('failed')
    const meter = new Meter()
    if (outcome === 'kept') meter.hold(clock.now() + 5000)
    else meter.holdNot()
    if (outcome === 'paid') meter.calls += 1
    const text = `${outcome} answer to ${body}`
    front.offer(request.raw, { body: text, meter })
    return text
  })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const answerAll = () => {
    for (const { answer } of made) answer('momentary')
  }
  open.push(async () => {
    answerAll()
    await app.close()
  })
  const ask = (body = '{"a":1}', headers: Record<string, string> = {}) =>
    send(address, {
      method: 'POST',
      path: '/graphql',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
  const hasArrived = (count: number) => vi.waitFor(() => expect(state.arrived).toBe(count), { interval: 2 })
  const hasMade = (count: number) => vi.waitFor(() => expect(made).toHaveLength(count), { interval: 2 })
  return {
    app,
    clock,
    made,
    state,
    front,
    ask,
    hasArrived,
    hasMade,
    answerAll,
    /** So many ask at once; all have come, and one of them is on the long way. */
    gather: async (count: number) => {
      const asked = Array.from({ length: count }, () => ask())
      await hasArrived(count)
      await hasMade(1)
      return asked
    },
    socket: (): Socket => {
      const client = connect(Number(new URL(address).port), '127.0.0.1')
      open.push(() => client.destroy())
      return client
    },
  }
}

const post = (body: string) =>
  `POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

async function countStatuses(asked: readonly ReturnType<typeof send>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { status, body } of await Promise.all(asked)) {
    const key = `${status} ${body.toString().split(' ')[0]}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}

describe('a hundred identical questions at once', () => {
  it('are answered by one that pays, one that finds what was paid for, and the bytes of that', async () => {
    const { gather, made, hasMade, front } = await start()
    const asked = await gather(100)
    made[0]?.answer('paid')
    await hasMade(2)
    made[1]?.answer('kept')
    expect(await countStatuses(asked)).toEqual({ '200 paid': 1, '200 kept': 99 })
    expect(made).toHaveLength(2)
    expect(front.listCounts()).toContainEqual({ face: 'graphql', from: 'made', count: 2 })
    expect(front.listCounts()).toContainEqual({ face: 'graphql', from: 'memory', count: 98 })
  })

  it('are all given the first answer where that is kept, each with a request id and a limit of its own', async () => {
    let remaining = 200
    const { gather, made } = await start({
      takeNow: () => ({ limit: 200, remaining: --remaining, resetSeconds: 9 }),
    })
    const asked = await gather(100)
    made[0]?.answer('kept')
    const sent = await Promise.all(asked)
    expect(made).toHaveLength(1)
    expect(new Set(sent.map(({ headers }) => headers['x-request-id'])).size).toBe(100)
    expect(new Set(sent.flatMap(({ headers }) => headers['ratelimit'] ?? [])).size).toBe(99)
  })

  it('all go the long way when the first one fails', async () => {
    const { gather, made, hasMade, answerAll } = await start()
    const asked = await gather(100)
    made[0]?.answer('failed')
    await hasMade(100)
    answerAll()
    expect(await countStatuses(asked)).toEqual({ '500 failed': 1, '200 momentary': 99 })
  })

  it('all go the long way when what the second one makes is not kept either, and do not wait again', async () => {
    const { gather, made, hasMade, ask, answerAll } = await start()
    const asked = await gather(100)
    made[0]?.answer('paid')
    await hasMade(2)
    made[1]?.answer('paid')
    await hasMade(100)
    const more = Array.from({ length: 10 }, () => ask())
    await hasMade(110)
    answerAll()
    await Promise.all([...asked, ...more])
  })

  it('wait a quarter of a second at most, and are kept from the long way then', async () => {
    const { gather, made, hasMade, clock, ask } = await start()
    const asked = await gather(20)
    await clock.advance(249)
    expect(made).toHaveLength(1)
    await clock.advance(1)
    await hasMade(20)
    for (const { answer } of made) answer('kept')
    await Promise.all(asked)
    await ask()
    expect(made).toHaveLength(20)
  })

  it('are one line for each caller', async () => {
    const { ask, hasArrived, hasMade, made } = await start()
    const asked = Array.from({ length: 30 }, (_, index) => ask('{"a":1}', { 'x-api-key': `${index % 3}` }))
    await hasArrived(30)
    await hasMade(3)
    for (const { answer } of made) answer('kept')
    await Promise.all(asked)
    expect(made).toHaveLength(3)
  })

  it('go the long way where the limit of their client has to be asked', async () => {
    const { gather, made, hasMade } = await start({ takeNow: () => undefined })
    const asked = await gather(5)
    made[0]?.answer('kept')
    await hasMade(5)
    for (const { answer } of made) answer('kept')
    expect(await countStatuses(asked)).toEqual({ '200 kept': 5 })
  })

  it('are given what one of them finds among what is shared', async () => {
    let find: (() => void) | undefined
    let looks = 0
    const { ask, hasArrived, made, front } = await start({
      answers: (own) => ({
        ...own,
        fetch: (place) =>
          new Promise((resolve) => {
            looks += 1
            find = () => {
              const head = ['content-type', 'text/plain']
              own.keep(place, { headers: head, body: Buffer.from('shared'), endsAtMs: 9000, age: undefined }, 0)
              resolve(own.find(place))
            }
          }),
      }),
    })
    const asked = Array.from({ length: 10 }, () => ask())
    await hasArrived(10)
    find?.()
    expect(await countStatuses(asked)).toEqual({ '200 shared': 10 })
    expect([looks, made.length]).toEqual([1, 0])
    expect(front.listCounts()).toContainEqual({ face: 'graphql', from: 'shared', count: 10 })
  })
})

describe('who waits for an identical question', () => {
  it('goes the long way when the one before him left while he looked in vain among what is shared', async () => {
    let miss: (() => void) | undefined
    const { socket, ask, hasArrived, hasMade, made } = await start({
      answers: (own) => ({
        ...own,
        fetch: () =>
          new Promise((resolve) => {
            miss = () => resolve(undefined)
          }),
      }),
    })
    const client = socket()
    client.write(post('{"a":1}').replace('host: a', 'host: localhost'))
    await hasArrived(1)
    client.destroy()
    const asked = [0, 1].map(() => ask('{"a":1}', { host: 'localhost' }))
    await hasArrived(3)
    miss?.()
    await hasMade(2)
    for (const { answer } of made) answer('kept')
    expect(await countStatuses(asked)).toEqual({ '200 kept': 2 })
  })

  it('does not wait where it was found to be in vain, until three seconds later', async () => {
    const { gather, made, hasMade, ask, answerAll, hasArrived, clock } = await start()
    const asked = await gather(3)
    made[0]?.answer('momentary')
    await hasMade(3)
    const more = [ask(), ask(), ask()]
    await hasMade(6)
    answerAll()
    await Promise.all([...asked, ...more])
    await clock.advance(3000)
    const later = [ask(), ask(), ask()]
    await hasArrived(9)
    await hasMade(7)
    made[6]?.answer('kept')
    await Promise.all(later)
    expect(made).toHaveLength(7)
  })

  it('is forgotten when he leaves, and goes the long way when the one before him does', async () => {
    const { made, hasArrived, hasMade, socket } = await start()
    const clients: Socket[] = []
    for (let index = 0; index < 3; index += 1) {
      const client = socket()
      clients.push(client)
      client.write(post('{"a":1}'))
      await hasArrived(index + 1)
    }
    const [first, second, third] = clients
    const answered = new Promise<string>((resolve) => third?.once('data', (piece) => resolve(piece.toString())))
    second?.destroy()
    // The server has heard of that when it hears of the next one.
    await new Promise((resolve) => second?.once('close', resolve))
    first?.destroy()
    await hasMade(2)
    made[1]?.answer('kept')
    expect(await answered).toContain('kept answer')
    expect(made).toHaveLength(2)
  })

  it('goes the long way when the process serves nobody any more, and leaves no timer when it closes', async () => {
    const { gather, made, hasArrived, hasMade, state, ask, app, answerAll, clock } = await start()
    const asked = await gather(5)
    state.isServing = false
    asked.push(ask())
    await hasMade(2)
    made[0]?.answer('paid')
    await hasMade(6)
    answerAll()
    await Promise.all(asked)
    state.isServing = true
    const waiting = [0, 1].map(() => ask('{"a":1}', { connection: 'close' }))
    await hasArrived(7)
    await hasMade(7)
    const closed = app.close()
    await hasMade(8)
    answerAll()
    await Promise.all([...waiting, closed])
    expect(clock.waiting).toBe(0)
  })

  it('stands in the line of requests once more when he is released, and may be refused there', async () => {
    let hasTime = true
    const { gather, made } = await start({
      line: { offer: (work, refuse) => (hasTime ? work() : refuse()), admits: () => true },
    })
    const asked = await gather(5)
    hasTime = false
    made[0]?.answer('failed')
    expect((await Promise.all(asked)).map(({ status }) => status).sort()).toEqual([500, 503, 503, 503, 503])
    expect(made).toHaveLength(1)
  })

  it('may stand behind the one he waits for on the same connection', async () => {
    const { made, hasArrived, hasMade, socket } = await start()
    const client = socket()
    let text = ''
    client.on('data', (piece) => {
      text += piece.toString()
    })
    client.write(['{"a":1}', '{"a":1}', '{"b":1}', '{"a":1}', '{"b":1}'].map(post).join(''))
    await hasArrived(5)
    await hasMade(2)
    made[1]?.answer('kept')
    made[0]?.answer('paid')
    await hasMade(3)
    made[2]?.answer('kept')
    const bodies = () =>
      [...text.matchAll(/(paid|kept) answer to (\{[^}]*\})/g)].map(([, how, body]) => `${how} ${body}`)
    await vi.waitFor(() => expect(bodies()).toHaveLength(5))
    expect(bodies()).toEqual(['paid {"a":1}', 'kept {"a":1}', 'kept {"b":1}', 'kept {"a":1}', 'kept {"b":1}'])
    expect(made).toHaveLength(3)
  })

  it('may stand before one that leads, on two connections that wait for each other, and nobody waits in vain', async () => {
    const { made, hasArrived, hasMade, socket } = await start()
    const [one, other] = [socket(), socket()]
    const texts = ['', '']
    for (const [index, client] of [one, other].entries())
      client.on('data', (piece) => {
        texts[index] += piece.toString()
      })
    other.write(post('{"x":1}'))
    await hasArrived(1)
    one.write(post('{"z":1}') + post('{"a":1}'))
    await hasArrived(3)
    other.write(post('{"a":1}') + post('{"b":1}'))
    await hasArrived(5)
    one.write(post('{"b":1}'))
    await hasArrived(6)
    await hasMade(4)
    for (const { answer } of made) answer('kept')
    await vi.waitFor(() => expect(texts.map((text) => text.split('answer to').length - 1)).toEqual([3, 3]))
    expect(made).toHaveLength(4)
  })
})
