import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchesEntityTag, toAgeSeconds, toCacheControl, toEntityTag } from '#rest/freshness-headers.ts'

const freshness = { fetchedAt: 10_000, freshUntil: 15_999, stale: false }

describe('Cache-Control', () => {
  test('lasts the whole seconds until something newer can exist', () => {
    expect(toCacheControl(freshness, true, 10_000)).toBe('private, max-age=5')
  })

  test('is zero once that moment has passed', () => {
    expect(toCacheControl(freshness, true, 99_000)).toBe('private, max-age=0')
  })

  test('is a day at most, for what can never change', () => {
    expect(toCacheControl({ ...freshness, freshUntil: 8_640_000_000_000_000 }, true, 0)).toBe('private, max-age=86400')
  })

  test('keeps neither stale nor incomplete answers', () => {
    expect(toCacheControl({ ...freshness, stale: true }, true, 10_000)).toBe('no-store')
    expect(toCacheControl(freshness, false, 10_000)).toBe('no-store')
  })

  test('never outlives freshUntil', () => {
    const instant = fc.integer({ min: 0, max: 4_000_000_000_000 })
    fc.assert(
      fc.property(instant, instant, (freshUntil, now) => {
        const seconds = Number(/max-age=(\d+)/.exec(toCacheControl({ ...freshness, freshUntil }, true, now))?.[1])
        expect(seconds).toBeGreaterThanOrEqual(0)
        expect(seconds === 0 || now + seconds * 1000 <= freshUntil).toBe(true)
      }),
    )
  })
})

test('Age counts whole seconds since the oldest part, and is never negative', () => {
  expect(toAgeSeconds(freshness, 12_999)).toBe(2)
  expect(toAgeSeconds(freshness, 0)).toBe(0)
})

describe('entity tags', () => {
  test('are weak and tell data and formats apart', () => {
    const tag = toEntityTag(['{"a":', '1}'], 'application/json')
    expect(tag).toMatch(/^W\/"[\w-]{27}"$/)
    expect(toEntityTag([Buffer.from('{"a":1}')], 'application/json')).toBe(tag)
    expect(toEntityTag(['{"a":2}'], 'application/json')).not.toBe(tag)
    expect(toEntityTag(['{"a":1}'], 'text/csv')).not.toBe(tag)
  })

  test.each([
    ['W/"abc"', true],
    ['"abc"', true],
    ['*', true],
    ['"x", W/"abc"', true],
    ['"x","abc","y"', true],
    ['"x"', false],
    ['abc', false],
    ['W/"ABC"', false],
    ['"x*"', false],
    ['', false],
    [undefined, false],
  ])('match If-None-Match: %s by weak comparison: %s', (header, expected) => {
    expect(matchesEntityTag(header, 'W/"abc"')).toBe(expected)
  })
})
