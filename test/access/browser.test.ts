import { describe, expect, test } from 'vitest'
import { isFromForeignPage, isUnproven } from '#access/browser.ts'

describe('a page that is not of the gateway', () => {
  const studio = 'https://studio.example.com'

  test.each<[boolean, Record<string, string>]>([
    [true, { 'sec-fetch-site': 'cross-site' }],
    [true, { 'sec-fetch-site': 'same-site' }],
    [true, { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example.com' }],
    // Over plain http nothing else tells.
    [true, { origin: 'https://evil.example.com' }],
    [true, { origin: 'null' }],
    [false, { 'sec-fetch-site': 'cross-site', origin: studio }],
    [false, { 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:4000' }],
    [false, { 'sec-fetch-site': 'none' }],
    [false, {}],
  ])('is one: %s, by %j', (expected, headers) => {
    expect(isFromForeignPage(headers, [studio])).toBe(expected)
    expect(isFromForeignPage(headers, ['*'])).toBe(false)
  })
})

describe('a request that any page can send', () => {
  test.each<[boolean, string, Record<string, string>]>([
    [true, 'GET', {}],
    [true, 'HEAD', { authorization: 'Basic x' }],
    [false, 'GET', { authorization: 'Bearer x' }],
    [false, 'GET', { 'x-api-key': 'x' }],
    [false, 'HEAD', { 'graphql-require-preflight': '1' }],
    [false, 'POST', {}],
  ])('is one: %s, a %s with %j', (expected, method, headers) => {
    expect(isUnproven({ method, headers })).toBe(expected)
  })
})
