import { expect, test } from 'vitest'
import { AnswerRows } from '#graphql/answer-rows.ts'

const pieces = (...texts: string[]) => texts.map((text) => Buffer.from(text))

test('rows stand in an answer as if they had been written with it', () => {
  const rows = new AnswerRows()
  const one = rows.hold(pieces('{"a":1}', ',', '{"a":"日本"}'))
  const none = rows.hold([])
  const answer = { data: { x: [{ samples: one }, { samples: none }], '': one }, text: '"][{\\' }
  const plain = [{ a: 1 }, { a: '日本' }]
  expect(rows.write(answer).toString()).toBe(
    JSON.stringify({ data: { x: [{ samples: plain }, { samples: [] }], '': plain }, text: '"][{\\' }),
  )
})

test('an answer without rows is written as it is', () => {
  expect(new AnswerRows().write({ a: ['ü'] }).toString()).toBe('{"a":["ü"]}')
})

test('whoever else writes them writes the same', () => {
  const rows = new AnswerRows()
  const answer = { samples: rows.hold(pieces('{"a":1}')) }
  expect(JSON.stringify(answer)).toBe('{"samples":[{"a":1}]}')
  expect(() => rows.write({ toJSON: () => BigInt(1) })).toThrow()
  expect(JSON.stringify(answer)).toBe('{"samples":[{"a":1}]}')
})

test('a text that is the one that stands for rows is not taken for rows', () => {
  const rows = new AnswerRows()
  const held = rows.hold([])
  let stolen: unknown
  // The one way to learn it is from inside, while an answer is written: it stands in no answer.
  const thief = {
    toJSON: () => {
      stolen = Reflect.get(held, 'toJSON').call(held)
      return null
    },
  }
  const repeat = { toJSON: () => stolen }
  expect(() => rows.write({ held, thief, repeat })).not.toThrow()
  expect(() => rows.write({ held, repeat })).toThrow('more places of rows than rows')
  expect(rows.write({ held }).toString()).toBe('{"held":[]}')
})
