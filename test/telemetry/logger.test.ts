import Fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import { GatewayError, UpstreamError } from '#model/errors.ts'
import { scrub } from '#telemetry/log-redaction.ts'
import { createLogger, openOutput } from '#telemetry/logger.ts'
import { waitUntil } from '#test/support/wait-until.ts'

const HEX = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'
const BASE64 = Buffer.from(HEX).toString('base64')
const PASSWORD = 'corr/ect-horse'

function createLog() {
  const lines: string[] = []
  const log = createLogger({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
  return { log, lines, text: () => lines.join(''), last: (): unknown => JSON.parse(lines.at(-1) ?? '{}') }
}

describe('errors in the log', () => {
  test('our own are shown with code, message and circumstances', () => {
    const { log, last } = createLog()
    const cause = new Error('connect ECONNREFUSED')
    log.warn({
      err: new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection failed', {
        account: 'main',
        provider: 'tencent',
        retryAfterMs: 500,
        cause,
      }),
    })
    expect(last()).toMatchObject({
      level: 'warn',
      msg: 'the connection failed',
      err: {
        type: 'UpstreamError',
        code: 'UPSTREAM_UNAVAILABLE',
        message: 'the connection failed',
        account: 'main',
        provider: 'tencent',
        retryAfterMs: 500,
        cause: { type: 'Error', message: 'connect ECONNREFUSED' },
      },
    })
  })

  test('of others nothing is shown but type, code, scrubbed message and places', () => {
    const { log, text, last } = createLog()
    const error = Object.assign(new Error(`refused http://h.example/p?sign=${HEX}&t=1\n    at ${HEX} (/a.js:1:1)`), {
      code: 'ECONNREFUSED',
      input: HEX,
      command: { name: 'set', args: [PASSWORD] },
    })
    log.error(error)
    log.error({ err: error })
    log.error({ failure: error, nested: { list: [error] } }, 'while setting')
    expect(text()).not.toContain(HEX)
    expect(text()).not.toContain(PASSWORD)
    expect(text()).toMatch(/"frames":\["[^"]*logger\.test\.ts:\d+:\d+\)?"/)
    expect(last()).toMatchObject({
      msg: 'while setting',
      failure: { type: 'Error', code: 'ECONNREFUSED' },
    })
  })

  test('an address that cannot be parsed is not repeated', () => {
    const { log, text } = createLog()
    try {
      new URL(`http://user:${PASSWORD}@bad host/${HEX}`)
    } catch (error) {
      log.error(error)
    }
    expect(text()).toContain('ERR_INVALID_URL')
    expect(text()).not.toContain(PASSWORD)
    expect(text()).not.toContain(HEX)
  })

  test('what was thrown without being an error is shown by its type', () => {
    const { log, last } = createLog()
    log.error({ err: new GatewayError('INTERNAL', 'x', { cause: { secret: HEX } }) })
    expect(last()).toMatchObject({ err: { cause: { type: 'object', message: '' } } })
  })
})

describe('fields in the log', () => {
  test('texts are scrubbed, objects of classes are named, depth and length are bounded', () => {
    const { log, last, text } = createLog()
    class Holder {
      secret = PASSWORD
    }
    const deep: Record<string, unknown> = {}
    deep['deep'] = deep
    log.info({
      holder: new Holder(),
      bytes: Buffer.from(HEX),
      deep,
      key: `x ${HEX}`,
      long: 'x'.repeat(5000),
      at: new Date(0),
      big: 1n,
    })
    expect(text()).not.toContain(PASSWORD)
    expect(last()).toMatchObject({
      holder: '[Holder]',
      bytes: '[Buffer]',
      key: 'x [hidden]',
      at: '1970-01-01T00:00:00.000Z',
      big: '1',
    })
    expect(text().length).toBeLessThan(2000)
  })

  test('one event is one line, whatever is in it', () => {
    const { log, lines } = createLog()
    log.info({ agent: 'a\r\n{"level":"fatal"}\u001b[31m\u2028' }, 'first\nsecond')
    expect(lines).toHaveLength(1)
    expect(lines[0]?.trimEnd()).not.toMatch(/[\p{Cc}\u2028]|\\n|\\u001b/u)
  })

  test('requests are logged by Fastify without their query', async () => {
    const { log, text } = createLog()
    const app = Fastify({ loggerInstance: log })
    app.get('/v1/:part', () => {
      throw new Error(`wrong ${HEX}`)
    })
    await app.inject(`/v1/part?apiKey=${HEX}`)
    await app.close()
    expect(text()).toContain('"req":{"method":"GET","path":"/v1/part","address":"127.0.0.1"}')
    expect(text()).toContain('"res":{"status":500}')
    expect(text()).not.toContain(HEX)
  })
})

describe('scrubbing', () => {
  test.each([
    ['listening at http://127.0.0.1:4000', 'listening at http://127.0.0.1:4000'],
    [`GET https://h.example/a/b?sign=${HEX}`, 'GET https://h.example/[hidden]'],
    [`redis://:${PASSWORD}@redis:6379/0 is away`, 'redis://[hidden] is away'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [hidden]'],
    ['key=abc&t=5', 'key=[hidden]&t=5'],
    [`digest ${BASE64}`, 'digest [hidden]'],
    [
      'the data directory /srv/weir/data-of-the-2nd-gateway is in use',
      'the data directory /srv/weir/data-of-the-2nd-gateway is in use',
    ],
    ['stream 8888_test123 of tencent-main', 'stream 8888_test123 of tencent-main'],
  ])('%s becomes %s', (text, expected) => {
    expect(scrub(text)).toBe(expected)
  })

  test('takes no longer for a text that is made to be slow', () => {
    const startedAt = performance.now()
    for (const text of ['a'.repeat(1e6), 'a:/'.repeat(3e5), 'basic '.repeat(2e5), '%'.repeat(1e6)]) scrub(text)
    expect(performance.now() - startedAt).toBeLessThan(500)
  })
})

describe('standard output for programs', () => {
  test('gathers lines for a moment, and writes them in order and whole', async () => {
    const written: string[] = []
    const output = openOutput({ write: (text: string) => written.push(text) > 0 })
    output.write('one\n')
    output.write('two\n')
    expect(written).toEqual([])
    await waitUntil('they are written', async () => written.length > 0)
    output.write('three\n')
    await waitUntil('so is the next', async () => written.length > 1)
    expect(written).toEqual(['one\ntwo\n', 'three\n'])
  })

  test('does not wait with trouble, and keeps the order', () => {
    const written: string[] = []
    const log = createLogger({ level: 'info' }, openOutput({ write: (text: string) => written.push(text) > 0 }))
    log.info('usual')
    expect(written).toEqual([])
    log.error('trouble')
    expect(written.join('').match(/usual|trouble/g)).toEqual(['usual', 'trouble'])
  })

  test('does not wait for more than fits', () => {
    const written: string[] = []
    const output = openOutput({ write: (text: string) => written.push(text) > 0 })
    const line = `${'x'.repeat(1000)}\n`
    for (let count = 0; count < 40; count += 1) output.write(line)
    expect(written.length).toBe(2)
    expect(written.join('')).toBe(line.repeat(34))
  })
})
