import fc from 'fast-check'
import { expect, it } from 'vitest'
import { countContainers, listContainers } from '#providers/tencent/json-containers.ts'

it('counts the same in a text and in what was parsed from it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, space) => {
      const text = JSON.stringify(value, null, space)
      expect(countContainers(Buffer.from(text))).toBe(listContainers(JSON.parse(text)).length)
    }),
  )
})

it('takes no brace inside a text for an object', () => {
  expect(countContainers(Buffer.from(String.raw`{"a{":"[\"{","b\\":[1,"\\\\\"["]}`))).toBe(2)
})

it('shows that a name stands twice', () => {
  const text = '{"a":{"b":[1]},"a":null}'
  expect([countContainers(Buffer.from(text)), listContainers(JSON.parse(text)).length]).toEqual([3, 1])
})

it('leaves out a part with all that is in it', () => {
  const part = [{}, { a: [] }]
  expect(listContainers({ part, other: [] }, part)).toEqual([{ part, other: [] }, []])
})

it('does not mind how deep a value is nested', () => {
  const depth = 200_000
  const text = `${'['.repeat(depth)}${']'.repeat(depth)}`
  expect(listContainers(JSON.parse(text))).toHaveLength(depth)
})
