import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromIsoTime, intersect, toIsoTime } from '#model/time-range.ts'

describe('RFC 3339 times', () => {
  test.each([
    ['2026-11-21T10:00:00Z', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21T10:00:00+08:00', '2026-11-21T02:00:00.000Z'],
    ['2026-11-21T10:00:00-00:30', '2026-11-21T10:30:00.000Z'],
    ['2026-11-21t10:00:00z', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21T10:00:00.1Z', '2026-11-21T10:00:00.100Z'],
    ['2026-11-21T10:00:00.123999Z', '2026-11-21T10:00:00.123Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s is read', (text, expected) => {
    expect(toIsoTime(fromIsoTime(text) ?? Number.NaN)).toBe(expected)
  })

  test.each([
    '2026-11-21T10:00:00',
    '2026-11-21',
    '2026-11-21 10:00:00Z',
    '2026-11-21T10:00Z',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T10:60:00Z',
    '2026-12-31T23:59:60Z',
    '2026-11-21T10:00:00+24:00',
    '2026-11-21T10:00:00+08:60',
    '2026-11-21T10:00:00+0800',
    '2026-11-21T10:00:00.Z',
    '+002026-11-21T10:00:00Z',
    '9999-12-31T23:59:59-01:00',
    '0000-01-01T00:00:00+01:00',
    ' 2026-11-21T10:00:00Z',
    '2026-11-21T10:00:00Z\n',
    '1763719200000',
    '',
  ])('%j is none', (text) => {
    expect(fromIsoTime(text)).toBeUndefined()
  })

  test('of any shape are read as the platform reads them, where it does not slide into another day', () => {
    const digits = (most: number, places: number) =>
      fc.integer({ min: 0, max: most }).map((number) => String(number).padStart(places, '0'))
    const texts = fc
      .tuple(
        digits(9999, 4),
        fc.tuple(digits(14, 2), digits(32, 2)),
        fc.tuple(digits(25, 2), digits(61, 2), digits(61, 2)),
        fc.option(digits(999, 3)),
        fc.constantFrom('Z', 'z', '+08:00', '-23:59', '+24:00', '-00:60', '', '+0800'),
      )
      .map(
        ([year, day, time, ms, zone]) =>
          `${[year, ...day].join('-')}T${time.join(':')}${ms === null ? '' : `.${ms}`}${zone}`,
      )
    fc.assert(
      fc.property(texts, (text) => {
        const [local = '', zone = ''] = [
          text.slice(0, text.includes('.') ? 23 : 19),
          text.slice(text.includes('.') ? 23 : 19),
        ]
        const isZone = /^(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/.test(zone)
        const plain = Date.parse(`${local}Z`)
        const isReal = isZone && !Number.isNaN(plain) && new Date(plain).toISOString().startsWith(local)
        const instant = Date.parse(`${local}${zone.toUpperCase()}`)
        const isSpelt =
          instant >= Date.parse('0000-01-01T00:00:00Z') && instant <= Date.parse('9999-12-31T23:59:59.999Z')
        expect(fromIsoTime(text)).toBe(isReal && isSpelt ? instant : undefined)
      }),
      { numRuns: 2000 },
    )
  })

  test('that were written are read as the same instant', () => {
    const instants = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    })
    fc.assert(fc.property(instants, (date) => fromIsoTime(toIsoTime(date.getTime())) === date.getTime()))
  })
})

test('ranges that only touch share nothing', () => {
  expect(intersect({ from: 0, to: 5 }, { from: 5, to: 9 })).toBeUndefined()
  expect(intersect({ from: 0, to: 6 }, { from: 5, to: 9 })).toEqual({ from: 5, to: 6 })
})
