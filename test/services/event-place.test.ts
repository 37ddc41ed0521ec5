import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPlaceBefore } from '#fleet/feed.ts'
import { completePlace, readPlaceText, toPlaceBefore, toPlaceText } from '#services/event-place.ts'

const batch = fc.tuple(fc.nat(2 ** 45), fc.nat(1000)).map(([ms, number]) => `${ms}-${number}`)
const place = fc.record({
  live: fc.option(fc.record({ batch, index: fc.nat(200) })),
  snapshot: fc.option(batch),
})

test('a place is read from its text as it was written, in letters that go into any header', () => {
  fc.assert(
    fc.property(place, (written) => {
      const text = toPlaceText(written)
      expect(text).toMatch(/^[\d_-]+$/)
      expect(readPlaceText(text)).toEqual(written.live || written.snapshot ? written : undefined)
    }),
  )
})

test.each(['', '_', 'nonsense', '1-2', '1-2-3', '1-2-3_4', '1-2-x_', `${'9'.repeat(30)}-1-1_`, '1-2-3_4-5\n'])(
  '%j is no place',
  (text) => expect(readPlaceText(text)).toBeUndefined(),
)

test('what is read on from a place before a batch holds the batch', () => {
  fc.assert(
    fc.property(batch, fc.integer({ min: 1, max: 100_000 }), (own, ms) => {
      if (Number(own.split('-')[0]) === 0) return
      expect(isPlaceBefore(toPlaceBefore(own, ms), own)).toBe(true)
    }),
  )
})

test('who has had nothing of one kind is taken to have had it up to where he has had the other', () => {
  const live = { batch: '500-3', index: 2 }
  expect(completePlace({ live, snapshot: null })).toEqual({ live, snapshot: '499-0' })
  expect(completePlace({ live: null, snapshot: '500-1' }).live?.batch).toBe('499-0')
  expect(completePlace({ live, snapshot: '7-0' })).toEqual({ live, snapshot: '7-0' })
})
