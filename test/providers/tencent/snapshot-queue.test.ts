import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SnapshotBatch } from '#contract/capability.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import { UpstreamError } from '#model/errors.ts'
import { toRaw } from '#test/support/fake-upstream.ts'
import { connectTencent } from './connect.ts'

const row = { stream_id: '8888_room1', pic_url: '8888_room1_1453279831_20_300_168.jpg' }
const full = { ret: 0, message: 'return successfully!', output: { count: 1, data: [row] } }
const refusal = { ret: 9001, message: 'sign invalid' }

/** What a kept answer is read as. */
function readKept(raw: RawAnswer): SnapshotBatch | UpstreamError {
  const { connection } = connectTencent(raw)
  if (!connection.readSnapshotBatch) throw new Error('the provider reads no kept answers')
  try {
    return connection.readSnapshotBatch({ ...raw, headers: {} })
  } catch (error) {
    if (error instanceof UpstreamError) return error
    throw error
  }
}

/** What a pop ends with when that answer arrives. */
async function popFresh(raw: RawAnswer): Promise<SnapshotBatch | UpstreamError> {
  const { get, ask } = connectTencent(raw)
  try {
    return await get('popSnapshots')({ count: 10, keep: async () => undefined }, ask)
  } catch (error) {
    if (error instanceof UpstreamError) return error
    throw error
  }
}

const batchOf = (messages: number, rowCount = messages) => ({
  messages: Array.from({ length: messages }, () => expect.objectContaining({ key: '8888_room1' })),
  rowCount,
})

describe('messages in their place', () => {
  it.each([
    ['an unknown number', { ...full, ret: 1 }, 200],
    ['20302', { ...full, ret: 20302 }, 200],
    ['the number and text of a refusal', { ...full, ...refusal }, 200],
    ['no number', { output: full.output }, 200],
    ['a number that is none', { ...full, ret: 'ok' }, 200],
    ['a redirect', full, 302],
    ['403', full, 403],
    ['404 and an unknown number', { ...full, ret: 1 }, 404],
    ['429', full, 429],
    ['502', full, 502],
  ])('are read whatever comes with them: %s', (_, content, status) => {
    expect(readKept(toRaw(content, status))).toEqual(batchOf(1))
  })

  it.each([
    ['under another name in the content', { ...full, output: { ...full.output, list: [row, row] } }, 3],
    ['beside the content', { ...full, data: [row] }, 2],
    ['deep inside', { ...full, ext: { more: [[{ page: [row] }]] } }, 2],
  ])('are read, and those elsewhere counted as unreadable: %s', (_, content, rowCount) => {
    expect(readKept(toRaw(content))).toEqual(batchOf(1, rowCount))
  })

  it('are read with those counted that a name given twice has hidden', () => {
    const data = JSON.stringify([row])
    expect(readKept(toRaw(`{"ret":0,"output":{"data":${data}},"output":{"data":${data}}}`))).toEqual(batchOf(1, 4))
  })

  it('come with unknown fields', () => {
    const output = { ...full.output, unknown: [{ x: 1 }], data: [{ ...row, unknown: [{ x: 1 }] }] }
    expect(readKept(toRaw({ ...full, output, unknown: [{ x: 1 }] }))).toEqual(batchOf(1))
  })
})

describe('an empty queue', () => {
  it.each([
    [{ ret: 0 }],
    [{ ret: 0, retcode: 0, message: 'return successfully!', errmsg: 'return successfully!', output: null }],
    [{ ret: '0', output: [] }],
    [{ ret: 0, output: [{ count: 0, data: [] }] }],
    [{ ret: 0, output: { count: 10, data: [] } }],
    [{ ret: 0, output: { count: '0' }, ext: {}, data: [] }],
    [{ ret: 0, output: { count: 0, data: '', queue: 100 }, message: '[ok]' }],
  ])('is believed of %j', async (content) => {
    expect(readKept(toRaw(content))).toEqual(batchOf(0))
    expect(await popFresh(toRaw(content))).toEqual(batchOf(0))
  })
})

describe('a refusal', () => {
  it.each([
    [refusal, 200, 'UPSTREAM_CREDENTIAL'],
    [refusal, 403, 'UPSTREAM_CREDENTIAL'],
    [{ ret: 5, errmsg: 'appid is invalid', output: {} }, 200, 'UPSTREAM_CREDENTIAL'],
    ['', 429, 'UPSTREAM_THROTTLED'],
    [{ ret: 1000, retcode: 1000, message: 'bad', output: { count: 0, data: [] } }, 200, 'UPSTREAM_REJECTED'],
    [{ ret: 20328 }, 400, 'UPSTREAM_REJECTED'],
  ])('is believed of %j with status %i', async (content, status, code) => {
    expect(readKept(toRaw(content, status))).toMatchObject({ code })
    expect(await popFresh(toRaw(content, status))).toMatchObject({ code })
  })
})

describe('an answer that may have taken messages', () => {
  it.each([
    ['an unknown number', { ret: 1 }, 200],
    ['an unknown number of the right kind', { ret: 20302, message: 'failed' }, 200],
    ['a number of the other host', { ret: 1202 }, 200],
    ['a failure of the provider', { ret: 3000 }, 200],
    ['a refusal with something in it', { ...refusal, ext: [0] }, 200],
    ['a refusal with rows elsewhere', { ...refusal, data: [row] }, 200],
    ['a refusal that is a row', { ...refusal, ...row }, 200],
    ['a refusal that hides rows', `{"ret":9001,"data":[{}],"data":[],"message":"sign invalid"}`, 200],
    ['half a refusal', '{"ret":9001,"message":"sign invalid"', 403],
    ['rows beside the content', { ret: 0, data: [row] }, 200],
    ['rows under another name', { ret: 0, output: { count: 0, list: [row] } }, 200],
    ['rows without a number', { output: { count: 0, list: [row] } }, 200],
    ['a row for the content', { ret: 0, output: row }, 200],
    ['a row for the envelope', { ret: 0, ...row }, 200],
    ['rows for the content', { ret: 0, output: [row, row] }, 200],
    ['rows in a text', { ret: 0, data: JSON.stringify([row]) }, 200],
    ['rows in the text of the content', { ret: 0, output: { data: JSON.stringify([row]) } }, 200],
    ['rows that a name given twice hides', `{"ret":0,"output":${JSON.stringify(full.output)},"output":{}}`, 200],
    ['a list of something else under an unknown number', { ret: 1, output: { data: [{ x: 1 }] } }, 200],
    ['a count without rows', { ret: 0, output: { count: 2, data: null } }, 200],
    ['a count alone', { ret: 0, output: { count: 2 } }, 200],
    ['an unreadable count', { ret: 0, output: { count: 'many', data: null } }, 200],
    ['an empty queue with a bad status', { ret: 0, output: {} }, 403],
    ['half an answer with a bad status', JSON.stringify(full).slice(0, -20), 403],
    ['a web page', '<html>nothing here</html>', 404],
    ['nothing at all', '', 200],
    ['nothing at all for a status that says little', '', 404],
    ['a web page of a gateway', '<html>bad gateway</html>', 502],
  ])('is UPSTREAM_RESPONSE when it is read: %s', (_, content, status) => {
    expect(readKept(toRaw(content, status))).toMatchObject({ code: 'UPSTREAM_RESPONSE' })
  })

  it('tells its number and status to whoever looks into it', () => {
    expect(readKept(toRaw({ ret: 20302 }))).toMatchObject({
      providerCode: '20302',
      message: expect.stringContaining('20302'),
    })
    expect(readKept(toRaw('', 404))).toMatchObject({ message: expect.stringContaining('HTTP 404') })
  })

  it.each([
    [429, { 'retry-after': '7' }, 'UPSTREAM_THROTTLED', 7000],
    [429, {}, 'UPSTREAM_THROTTLED', 30_000],
    [503, { 'retry-after': '7' }, 'UPSTREAM_UNAVAILABLE', 7000],
    [408, {}, 'UPSTREAM_UNAVAILABLE', undefined],
  ])('tells the call when to come again after %i %j, also when it has messages', async (status, headers, code, ms) => {
    for (const content of ['', '<html></html>', refusal.message, full])
      expect(await popFresh(toRaw(content, status, headers))).toMatchObject({ code, retryAfterMs: ms })
  })

  it('tells the call of a failure of the provider', async () => {
    expect(await popFresh(toRaw({ ret: 3000 }))).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
    expect(await popFresh(toRaw('', 404))).toMatchObject({ code: 'UPSTREAM_RESPONSE' })
  })
})

const statuses = fc.constantFrom(200, 200, 200, 204, 302, 400, 401, 403, 404, 429, 500, 503)
const numbers = fc.constantFrom<unknown>(0, 0, '0', 1, 1000, 1202, 3000, 9001, 20301, 20302, 20601, null, 'x')
const texts = fc.constantFrom('return successfully!', 'sign invalid', 'time expired', 'cmd is invalid', '')

const rows = fc.oneof(
  fc.record({ stream_id: fc.constant('a'), pic_url: fc.constant('a.jpg') }),
  fc.record({ stream_id: fc.constant('a'), pic_full_url: fc.constant('http://a.example/a.jpg') }),
  fc.record({ pic_url: fc.constant('a.jpg'), more: fc.jsonValue() }),
  fc.record({ stream_id: fc.integer(), create_time: fc.nat() }),
)

/** A row inside any number of lists and objects. */
const buried = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    rows,
    fc.tuple(fc.array(fc.jsonValue(), { maxLength: 2 }), tie('value')).map(([others, value]) => [...others, value]),
    fc
      .tuple(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 2 }), names(), tie('value'))
      .map(([others, name, value]) => ({ ...others, [name]: value })),
  ),
})).value

function names() {
  return fc.oneof(fc.constantFrom('output', 'data', 'list', 'count', 'ret', 'message', '0', '__proto__'), fc.string())
}

/** An envelope as an empty queue or a refusal has it, with a row in one place of it. */
const answers = fc
  .tuple(
    fc.record({ ret: numbers, message: texts }, { requiredKeys: ['ret'] }),
    fc.constantFrom<readonly (string | undefined)[]>([], ['output'], ['output', 'data'], ['output', 'list'], ['data']),
    fc.constantFrom<object>({}, { count: 0 }, { count: 0, data: [] }, { data: null }),
    names(),
    buried,
  )
  .map(([head, [first, second], content, name, value]) => {
    if (first === undefined) return { ...head, output: content, [name]: value }
    if (first === 'data') return { ...head, output: content, data: value }
    return { ...head, output: second === undefined ? value : { ...content, [second]: value } }
  })

describe('whatever JSON has a message somewhere', () => {
  it('is neither an empty batch nor a refusal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(answers, buried), statuses, async (content, status) => {
        // A name that is set twice while it is made, or `__proto__`, may have dropped the row again.
        const text = JSON.stringify(content)
        fc.pre(/"(?:stream_id|pic_url|pic_full_url)":/.test(text))
        const kept = readKept(toRaw(text, status))
        if (kept instanceof UpstreamError) expect(kept.code).toBe('UPSTREAM_RESPONSE')
        else expect(kept.rowCount).toBeGreaterThan(0)
        const fresh = await popFresh(toRaw(text, status))
        if (fresh instanceof UpstreamError)
          expect(['UPSTREAM_RESPONSE', 'UPSTREAM_THROTTLED', 'UPSTREAM_UNAVAILABLE']).toContain(fresh.code)
        else expect(fresh).toEqual(kept)
      }),
      { numRuns: 1500 },
    )
  })

  it('nor is any part of it', () => {
    const text = JSON.stringify(full)
    // Nothing at all under a status that refuses is a refusal.
    for (const status of [200, 403, 429, 500])
      for (let length = status === 200 || status === 500 ? 0 : 1; length < text.length; length += 1)
        expect(readKept(toRaw(text.slice(0, length), status))).toMatchObject({ code: 'UPSTREAM_RESPONSE' })
  })
})
