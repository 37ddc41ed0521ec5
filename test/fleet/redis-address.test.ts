import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readRedisAddress } from '#fleet/redis-address.ts'

describe('what is read', () => {
  test('one server, with the usual port and database', () => {
    expect(readRedisAddress('redis://redis.example.com').address).toEqual({
      form: 'server',
      nodes: [{ host: 'redis.example.com', port: 6379 }],
      credentials: undefined,
      tls: false,
      database: 0,
    })
    expect(readRedisAddress('REDISS://[::1]:7000/3').address).toMatchObject({
      nodes: [{ host: '::1', port: 7000 }],
      tls: true,
      database: 3,
    })
  })

  test('credentials, with and without a user, percent-encoded', () => {
    expect(readRedisAddress('redis://:p%40ss%2Fw@h').address?.credentials).toEqual({
      username: undefined,
      password: 'p@ss/w',
    })
    expect(readRedisAddress('redis://weir:a:b@h').address?.credentials).toEqual({ username: 'weir', password: 'a:b' })
  })

  test('a primary that sentinels know', () => {
    expect(readRedisAddress('redis+sentinel://u:p@a,b:7,[::1]/my-group?db=2').address).toEqual({
      form: 'sentinel',
      nodes: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 7 },
        { host: '::1', port: 26_379 },
      ],
      credentials: { username: 'u', password: 'p' },
      tls: false,
      primaryName: 'my-group',
      database: 2,
      sentinelCredentials: undefined,
    })
    expect(readRedisAddress('rediss+sentinel://a/m?sentinelPassword=x%26y&sentinelUser=s').address).toMatchObject({
      tls: true,
      database: 0,
      sentinelCredentials: { username: 's', password: 'x&y' },
    })
  })

  test('nodes of a cluster', () => {
    expect(readRedisAddress('rediss+cluster://:p@a:1,b:2').address).toEqual({
      form: 'cluster',
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
      credentials: { username: undefined, password: 'p' },
      tls: true,
    })
    expect(readRedisAddress('redis+cluster://a/').address?.form).toBe('cluster')
  })

  test('any credentials come out as they went in', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'grapheme', minLength: 1 }),
        (username, password) => {
          const url = `redis://${encodeURIComponent(username)}:${encodeURIComponent(password)}@h`
          expect(readRedisAddress(url).address?.credentials).toEqual({ username: username || undefined, password })
        },
      ),
    )
  })
})

describe('what is refused', () => {
  test.each([
    ['', 'is no Redis address'],
    ['http://h', 'is no Redis address'],
    ['redis+other://h', 'is no Redis address'],
    ['redis://h#x', 'is no Redis address'],
    ['redis://', 'names no host'],
    ['redis://a b', 'names no host'],
    ['redis://a..b', 'names no host'],
    ['redis://:p/w@h', 'names no host'],
    ['redis+cluster://a,,b', 'names no host'],
    ['redis://h:0', 'has a port that is none'],
    ['redis://h:65536', 'has a port that is none'],
    ['redis://user@h', 'has a user without a password'],
    ['redis://user:@h', 'has a user without a password'],
    ['redis://:%zz@h', 'has a "%" that encodes nothing'],
    ['redis://a,b', 'names several hosts without'],
    ['redis://h/x', 'has a database that is no number'],
    ['redis://h?db=1', 'has parameters'],
    ['redis+cluster://h/1', 'says more than hosts'],
    ['redis+cluster://h?db=1', 'says more than hosts'],
    ['redis+sentinel://h', 'does not say what the sentinels call the primary'],
    ['redis+sentinel://h/a/b', 'does not say what the sentinels call the primary'],
    ['redis+sentinel://h/m?db=x', 'has a database that is no number'],
    ['redis+sentinel://h/m?db=1&db=2', 'has a parameter twice'],
    ['redis+sentinel://h/m?family=4', 'has a parameter other than db, sentinelUser, sentinelPassword'],
    ['redis+sentinel://h/m?sentinelUser=u', 'has a "sentinelUser" without a "sentinelPassword"'],
  ])('%s', (url, problem) => {
    expect(readRedisAddress(url).problem).toContain(problem)
  })

  test('nothing of a wrong address is repeated', () => {
    fc.assert(
      fc.property(fc.webUrl(), fc.stringMatching(/^[A-Za-z0-9]{12,20}$/), (url, secret) => {
        const read = readRedisAddress(url.replace('//', `//${secret}@`))
        expect(read.problem ?? '').not.toContain(secret)
      }),
    )
  })
})
