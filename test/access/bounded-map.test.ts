import { describe, expect, test } from 'vitest'
import { createBoundedMap } from '#access/bounded-map.ts'

describe('a bounded map', () => {
  test('forgets what was used longest ago', () => {
    const map = createBoundedMap<number>(2)
    map.set('one', 1).set('two', 2)
    map.get('one')
    map.set('three', 3)
    expect([map.get('one'), map.get('two'), map.get('three'), map.size]).toEqual([1, undefined, 3, 2])
  })

  test('takes room for what is in it, however many there may be', () => {
    const map = createBoundedMap<number>(2 ** 45)
    map.set('one', 1)
    expect(map.size).toBe(1)
  })
})
