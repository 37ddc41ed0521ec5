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
