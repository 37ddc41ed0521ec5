import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { prefersCsv, toCsv } from '#rest/csv.ts'

test('writes a header row and one row each, with CRLF after every row', () => {
  const csv = toCsv(['observedAt', 'frameRate'], [{ observedAt: '2026-11-21T04:00:00.000Z', frameRate: 25 }])
  expect(csv).toBe('observedAt,frameRate\r\n2026-11-21T04:00:00.000Z,25\r\n')
})

test('writes null as an empty cell and keeps a measured zero', () => {
  expect(toCsv(['a', 'b', 'c'], [{ a: null, b: 0, c: false }])).toBe('a,b,c\r\n,0,false\r\n')
})

test('keeps the header row when there are no rows', () => {
  expect(toCsv(['a', 'b'], [])).toBe('a,b\r\n')
})

test('quotes commas, quotes and line breaks', () => {
  expect(toCsv(['a'], [{ a: 'x,"y"\nz' }])).toBe('a\r\n"x,""y""\nz"\r\n')
})

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx'])('lets no spreadsheet run %j', (text) => {
  expect(toCsv(['a'], [{ a: text }])).toMatch(/^a\r\n"?'/)
})

test('leaves negative numbers alone', () => {
  expect(toCsv(['a'], [{ a: -5 }])).toBe('a\r\n-5\r\n')
})

test('can be read back, whatever the texts hold', () => {
  const harmless = fc.string({ unit: 'binary' }).filter((text) => !/^[=+\-@\t\r]/.test(text))
  fc.assert(
    fc.property(fc.array(fc.tuple(harmless, harmless), { maxLength: 5 }), (rows) => {
      const csv = toCsv(
        ['a', 'b'],
        rows.map(([a, b]) => ({ a, b })),
      )
      expect(readCsv(csv)).toEqual([['a', 'b'], ...rows])
    }),
  )
})

/** A reader of RFC 4180, by its grammar. */
function readCsv(csv: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}

describe('what the client would rather have', () => {
  test.each([
    ['text/csv', true],
    ['text/csv, application/json;q=0.5', true],
    ['text/*', true],
    [undefined, false],
    ['*/*', false],
    ['application/json', false],
    ['application/json, text/csv', false],
    ['text/csv;q=0.4, application/json;q=0.5', false],
    ['text/csv;q=0', false],
    ['image/png', false],
  ])('takes Accept: %s for CSV: %s', (accept, expected) => {
    expect(prefersCsv(accept)).toBe(expected)
  })
})
