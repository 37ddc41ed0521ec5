import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AccessHeaders, findCredential, peekCredential } from '#access/credentials.ts'

const asHeader = (text: string) => Buffer.from(text).toString('latin1')

describe('a look at the credential in headers', () => {
  test.each<[string, AccessHeaders, string | undefined]>([
    ['a bearer', { authorization: 'Bearer abc' }, 'abc'],
    ['a bearer spelled otherwise', { authorization: 'bEARER   abc  ' }, 'abc'],
    ['a key', { 'x-api-key': 'abc' }, 'abc'],
    ['a key beside an empty header', { authorization: '', 'x-api-key': 'abc' }, 'abc'],
    ['a bearer beside an empty key', { authorization: 'Bearer abc', 'x-api-key': '' }, 'abc'],
    ['the same twice', { authorization: 'Bearer abc', 'x-api-key': 'abc' }, 'abc'],
    ['a key beside a proxy’s own', { authorization: 'Basic cHJveHk6cHJveHk=', 'x-api-key': 'abc' }, 'abc'],
    ['a key beyond ASCII', { 'x-api-key': asHeader('schlüssel-钥匙') }, 'schlüssel-钥匙'],
    ['none', {}, undefined],
    ['two', { authorization: 'Bearer abc', 'x-api-key': 'abd' }, undefined],
    ['a list', { 'x-api-key': ['abc'] }, undefined],
    ['two words', { authorization: 'Bearer abc abc' }, undefined],
    ['another scheme', { authorization: 'Basic abc' }, undefined],
  ])('finds %s', (_, headers, credential) => {
    expect(peekCredential(headers)).toBe(credential)
  })

  test('finds what a closer look finds, or nothing', () => {
    const key = fc.constantFrom('', 'abc', 'abd', 'ab c', ' abc', 'schlüssel', asHeader('schlüssel'), '钥匙', 'a\tb')
    const scheme = fc.constantFrom('Bearer ', 'bearer  ', 'Basic ', 'Bearer', '')
    const authorization = fc.option(
      fc.tuple(scheme, key, fc.constantFrom('', ' ', '\u00a0')).map((parts) => parts.join('')),
      { nil: undefined },
    )
    const apiKey = fc.option(fc.oneof(key, fc.array(key, { maxLength: 2 }), fc.string({ unit: 'binary' })), {
      nil: undefined,
    })
    fc.assert(
      fc.property(authorization, apiKey, (shown, shownKey) => {
        const headers = { authorization: shown, 'x-api-key': shownKey }
        const peeked = peekCredential(headers)
        let found: string | undefined
        try {
          found = findCredential(headers, undefined)
        } catch {
          found = undefined
        }
        if (peeked !== undefined) expect(peeked).toBe(found)
        else if (found !== undefined) expect(Array.isArray(shownKey)).toBe(true)
      }),
    )
  })
})
