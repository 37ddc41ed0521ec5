import { expect, it } from 'vitest'
import { signers } from '#signing/index.ts'

const sign = signers['md5-expiring-key']

// Key, expiry and digest as the vendor's pages on calling the interface print them; the third was computed apart from
// this code.
it.each([
  ['5d41402abc4b2a76b9719d911017c592', 1471850187, 'b17971b51ba0fe5916ddcd96692e9fb3'],
  ['5d41402abc4b2a76b9719d911017c592', 1626839220, '5ee8ca6c28cbe415b40352969cdf8249'],
  ['0123456789abcdef0123456789abcdef', 1453279831, '2e99778a1394dac6eb22c5191f36dde5'],
])('signs key %s until %i as published', (secret, expiry, digest) => {
  const context = { credential: { id: '1234', secret }, now: (expiry - 60) * 1000 + 999, ttlSeconds: 60 }
  const signed = sign({ query: [], headers: {}, idParameter: 'cmd' }, context)
  expect(Object.fromEntries(signed.query)).toEqual({ cmd: '1234', t: String(expiry), sign: digest })
})

it('names the account with the parameter that the request asks for', () => {
  const context = { credential: { id: '1250000000', secret: 'k' }, now: 0, ttlSeconds: 60 }
  const signed = sign({ query: [['interface', 'Get_LiveStat']], headers: { a: 'b' }, idParameter: 'appid' }, context)
  expect(signed.query.slice(0, 3)).toEqual([
    ['appid', '1250000000'],
    ['interface', 'Get_LiveStat'],
    ['t', '60'],
  ])
  expect(signed.headers).toEqual({ a: 'b' })
})

it('signs each attempt anew, so that a repeat never carries a stale expiry', () => {
  const request = { query: [], headers: {}, idParameter: 'cmd' }
  const credential = { id: '1', secret: 'k' }
  const first = sign(request, { credential, now: 0, ttlSeconds: 60 })
  const second = sign(request, { credential, now: 1000, ttlSeconds: 60 })
  expect(first.query).not.toEqual(second.query)
  expect(sign(request, { credential, now: 0, ttlSeconds: 60 })).toEqual(first)
})
