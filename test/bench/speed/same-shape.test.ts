import { describe, expect, it } from 'vitest'
import { findDifference } from '../../../bench/speed/same-shape.ts'

describe('two answers', () => {
  it('may differ in their figures', () => {
    expect(findDifference({ a: [{ b: 1 }], c: null }, { a: [{ b: 2 }], c: null }, 'data')).toBeUndefined()
  })

  it('have the same fields of the same types', () => {
    expect(findDifference({ a: { b: 1 } }, { a: { b: '1' } }, 'data')).toBe('data.a.b is number, not string')
    expect(findDifference({ a: 1 }, { a: 1, b: null }, 'data')).toBe('data.b is undefined, not null')
  })

  it('have about as many rows', () => {
    const list = (length: number) => Array.from({ length }, () => 1)
    expect(findDifference(list(99), list(100), 'data')).toBeUndefined()
    expect(findDifference(list(90), list(100), 'data')).toBe('data has 90 items, not 100')
  })
})
