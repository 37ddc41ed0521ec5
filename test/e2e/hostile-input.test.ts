// Input that means harm, or looks like it: refused in clear words before any provider is asked, or carried whole.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Gateway, startGateway } from '#test/support/gateway.ts'

const HOUR_MS = 3_600_000

let gateway: Gateway

beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())
beforeEach(() => gateway.sandbox.resetCalls())

const nasty = [
  'a&interface=Live_Tape_Start',
  'x#y',
  'two words',
  '100%',
  'a+b=c',
  '漢字',
  '🎥 live',
  "it's(*)!",
  'a%26b',
  '8888@x',
  '"quoted"',
  'a\\b',
  'a/b',
  '__proto__',
  '{{x}}',
  '=1+1',
]

describe('a legal but nasty key', () => {
  it.each(nasty)('reaches the provider byte for byte: %s', async (key) => {
    const { data, errors } = await gateway.query(
      'query ($key: String!) { stream(account: "tencent-main", key: $key) { key state ingest { rendition } } }',
      { key },
    )
    expect(errors).toBeUndefined()
    expect(data.stream).toEqual({ key, state: 'NEVER_SEEN', ingest: null })
    const rest = await gateway.get(`/v1/accounts/tencent-main/streams/${encodeURIComponent(key)}/recordings`)
    expect(rest.status).toBe(200)
    const calls = gateway.sandbox.listCalls()
    expect(calls).toHaveLength(2)
    for (const call of calls) {
      expect(['Live_Channel_GetStatus', 'Live_Tape_GetFilelist']).toContain(call.interface)
      expect(JSON.stringify(call)).toContain(JSON.stringify(key).slice(1, -1))
    }
  })

  it('is one segment of a REST path, also by its node id', async () => {
    const key = 'a/b?c#d e'
    const { data } = await gateway.query(
      'query ($key: String!) { stream(account: "tencent-main", key: $key) { id } }',
      { key },
    )
    const body = await gateway.getJson(`/v1/streams/${data.stream.id}`)
    expect(body).toMatchObject({ key, state: 'NEVER_SEEN' })
  })
})

describe('bad input', () => {
  it.each([
    ['an empty key', { key: '' }, 'key'],
    ['a key of 10 KB', { key: 'k'.repeat(10_240) }, 'key'],
    ['a key with a line break', { key: 'a\r\nHost: evil' }, 'key'],
    ['a lone surrogate', { key: 'a\ud800' }, 'key'],
    ['a key that is a dot', { key: '..' }, 'key'],
  ])('is refused without a call: %s', async (_name, variables, argument) => {
    const { data, errors } = await gateway.query(
      'query ($key: String!) { stream(account: "tencent-main", key: $key) { state } }',
      variables,
    )
    expect(data?.stream ?? null).toBeNull()
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', retryable: false })
    expect(errors?.[0]?.message).toContain(argument)
    expect(gateway.sandbox.countCalls()).toBe(0)
  })

  it.each([
    ['from after to', Date.now() - HOUR_MS, Date.now() - 2 * HOUR_MS, 'INVALID_INPUT'],
    ['from in the future', Date.now() + HOUR_MS, Date.now() + 2 * HOUR_MS, 'INVALID_INPUT'],
    ['ten years that ended long ago', Date.now() - 87_600 * HOUR_MS, Date.now() - 800 * HOUR_MS, 'RANGE_UNAVAILABLE'],
    ['ten years of play up to now', Date.now() - 87_600 * HOUR_MS, Date.now(), 'QUERY_TOO_COMPLEX'],
  ])('is refused without a call: a range with %s', async (_name, from, to, code) => {
    const { errors } = await gateway.query(
      'query ($from: DateTime!, $to: DateTime!) { stream(account: "tencent-main", key: "8888_room1") { playSamples(from: $from, to: $to) { stale } } }',
      { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
    )
    expect(errors?.[0]?.extensions['code']).toBe(code)
    expect(errors?.[0]?.message.length).toBeGreaterThan(20)
    expect(gateway.sandbox.countCalls()).toBe(0)
  })

  it.each(['x', '', 's1.', 's1.bm90aGluZw', 'U3RyZWFtOjE='])(
    'is refused without a call: the node id "%s"',
    async (id) => {
      const { data, errors } = await gateway.query('query ($id: ID!) { node(id: $id) { id } }', { id })
      expect(data.node).toBeNull()
      expect(['INVALID_INPUT', 'NOT_FOUND']).toContain(errors?.[0]?.extensions['code'])
      expect(gateway.sandbox.countCalls()).toBe(0)
    },
  )
})
