import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toCacheKey } from '#cache/cache-keys.ts'

/** Texts that try to look like the end of a part. */
const trickyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', ',', '[', ']', '\\', ':', '\0', '1', 'null', 'é', 'e\u0301', '\ud800') }),
)
const parts = fc.array(
  fc.oneof(trickyText, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(null)),
  {
    maxLength: 5,
  },
)

/** Whether two lists are the same, part by part; 0 and -0 are one number. */
function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((part, index) => part === other[index])
}

describe('toCacheKey', () => {
  it('gives different lists different keys', () => {
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        expect(toCacheKey(one) === toCacheKey(other)).toBe(isSame(one, other))
      }),
      { numRuns: 10_000 },
    )
  })

  it('can be read back, so that no two lists share one', () => {
    fc.assert(
      fc.property(parts, (list) => {
        const wire = Buffer.from(toCacheKey(list), 'utf8').toString('utf8')
        expect(isSame(JSON.parse(wire), list)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    [
      ['a:b', 'c'],
      ['a', 'b:c'],
    ],
    [['a', 'b'], ['a,b']],
    [
      ['a"', 'b'],
      ['a', '"b'],
    ],
    [['1'], [1]],
    [['null'], [null]],
    [[''], []],
    [['', ''], ['']],
    [['A'], ['a']],
    [['é'], ['e\u0301']],
  ])('keeps %j and %j apart', (one, other) => {
    expect(toCacheKey(one)).not.toBe(toCacheKey(other))
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (part) => {
    expect(() => toCacheKey([part])).toThrow(RangeError)
  })
})
