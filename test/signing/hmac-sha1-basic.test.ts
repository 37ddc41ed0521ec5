import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, expect, it } from 'vitest'
import { signers } from '#signing/index.ts'

const sign = signers['hmac-sha1-basic']
const credential = { id: 'example_username', secret: 'example_apiKey' }
const zone = process.env['TZ']

afterEach(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

// Dates and recipe of the vendor's page on the push duration report; values computed apart from this code.
it.each([
  ['Thu, 17 May 2012 19:37:58 GMT', 'ZXhhbXBsZV91c2VybmFtZTpGNHVpUFdHTWNacGlEaEEySkUxbmdiMnZwNmM9'],
  ['Wed, 11 Aug 2021 16:00:00 GMT', 'ZXhhbXBsZV91c2VybmFtZTplOVBLaHFvNGYrQXVLRjJSSW9DRmJpZXdhdDQ9'],
])('signs %s as derived from the published recipe', (date, pair) => {
  const signed = sign({ query: [], headers: {} }, { credential, now: Date.parse(date), ttlSeconds: 60 })
  expect(signed.headers).toEqual({ Date: date, Authorization: `Basic ${pair}` })
})

it("writes the date in GMT with English names, whatever the host's zone", () => {
  process.env['TZ'] = 'Asia/Shanghai'
  const signed = sign({ query: [], headers: {} }, { credential, now: Date.UTC(2026, 1, 1, 0, 0, 0), ttlSeconds: 60 })
  expect(signed.headers['Date']).toBe('Sun, 01 Feb 2026 00:00:00 GMT')
})

it('keeps the query and the other headers', () => {
  const request = { query: [['a', 'b']], headers: { Accept: 'application/json' } } as const
  const signed = sign(request, { credential, now: 0, ttlSeconds: 60 })
  expect(signed.query).toEqual([['a', 'b']])
  expect(signed.headers['Accept']).toBe('application/json')
})

it('signs the very text of the date header, by RFC 2104 written out', () => {
  const sha1 = (...parts: readonly Uint8Array[]) => createHash('sha1').update(Buffer.concat(parts)).digest()
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 64 }), fc.date({ noInvalidDate: true }), (secret, date) => {
      fc.pre(Buffer.byteLength(secret) <= 64)
      const block = Buffer.alloc(64)
      block.set(Buffer.from(secret))
      const context = { credential: { id: 'user', secret }, now: date.getTime(), ttlSeconds: 60 }
      const { Date: text = '', Authorization = '' } = sign({ query: [], headers: {} }, context).headers
      const inner = sha1(
        block.map((byte) => byte ^ 0x36),
        Buffer.from(text),
      )
      const password = sha1(
        block.map((byte) => byte ^ 0x5c),
        inner,
      ).toString('base64')
      expect(Buffer.from(Authorization.slice('Basic '.length), 'base64').toString()).toBe(`user:${password}`)
    }),
  )
})
