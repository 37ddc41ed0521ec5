import { expect, it } from 'vitest'
import { readRetryAfter } from '#contract/retry-after.ts'
import { receivedAt, toRaw } from '#test/support/fake-upstream.ts'

const read = (text: string, date?: string) =>
  readRetryAfter(toRaw('', 429, { 'retry-after': text, ...(date !== undefined && { date }) }))

it.each([
  ['7', 7000],
  ['0', 0],
  [' 1.5 ', 1500],
  ['86400', 300_000],
  ['-1', undefined],
  ['soon', undefined],
  ['', undefined],
  ['Sat, 21 Nov 2026 04:00:20 GMT', 20_000],
  ['Saturday, 21-Nov-26 04:00:20 GMT', 20_000],
  ['Sat Nov 21 04:00:20 2026', 20_000],
  ['Sat, 21 Nov 2026 03:00:00 GMT', 0],
  ['Sat, 21 Nov 2099 03:00:00 GMT', 300_000],
  ['Sat, 99 Nov 2026 99:00:00 GMT', undefined],
])('reads %j as %j milliseconds', (text, milliseconds) => {
  expect(new Date(receivedAt).toISOString()).toBe('2026-11-21T04:00:00.000Z')
  expect(read(text)).toBe(milliseconds)
})

it("counts a date from the provider's own clock when it tells the time", () => {
  expect(read('Sat, 21 Nov 2026 09:00:30 GMT', 'Sat, 21 Nov 2026 09:00:00 GMT')).toBe(30_000)
})

it('reads nothing where nothing is said', () => {
  expect(readRetryAfter(toRaw('', 429))).toBeUndefined()
})
