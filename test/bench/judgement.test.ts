import { expect, test } from 'vitest'
import { Judgement } from '../../bench/faults/judgement.ts'

test('a figure at its limit is good, one beyond it is missed', () => {
  const judgement = new Judgement()
  judgement.atMost('most', 300, 300)
  judgement.atMost('tooMuch', 301, 300)
  judgement.atLeast('least', 0.95, 0.95)
  judgement.atLeast('tooLittle', 0.94, 0.95)
  judgement.equals('same', 0, 0)
  judgement.equals('other', 'ended with 1', 'none')
  expect(judgement.missed).toEqual(['tooMuch', 'tooLittle', 'other'])
  expect(judgement.figures['tooMuch']).toBe(301)
  expect(judgement.limits['tooMuch']).toBe('<= 300')
})

test('a figure that could not be measured is missed, whatever its limit', () => {
  const judgement = new Judgement()
  judgement.atMost('slowest', Number.NaN, 20)
  judgement.atLeast('use', Number.NaN, 0.95)
  judgement.atMost('back', Number.POSITIVE_INFINITY, 2000)
  expect(judgement.missed).toEqual(['slowest', 'use', 'back'])
})

test('a noted figure has no limit', () => {
  const judgement = new Judgement()
  judgement.note('starts', 17)
  expect(judgement).toMatchObject({ figures: { starts: 17 }, limits: {}, missed: [] })
})

test('where times are not judged they are noted, and everything else is held to its limit', () => {
  const judgement = new Judgement(false)
  judgement.takesAtMost('slowMs', 500, 20)
  judgement.reaches('use', 0.5, 0.95)
  judgement.atMost('tooMuch', 301, 300)
  expect(judgement).toMatchObject({ figures: { slowMs: 500, use: 0.5, tooMuch: 301 }, missed: ['tooMuch'] })
})

test('where they are, they are held to theirs', () => {
  const judgement = new Judgement()
  judgement.takesAtMost('slowMs', 21, 20)
  judgement.reaches('use', 0.94, 0.95)
  expect(judgement.missed).toEqual(['slowMs', 'use'])
})
