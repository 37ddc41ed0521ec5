import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deepFreeze, freezeParsed } from '#cache/deep-freeze.ts'

function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen)
}

describe('deepFreeze', () => {
  it('freezes every object and every list', () => {
    fc.assert(
      fc.property(fc.object({ withNullPrototype: true }), (value) => {
        deepFreeze(value)
        expect(isDeeplyFrozen(value)).toBe(true)
      }),
    )
  })

  it('ends where a value holds itself', () => {
    const value: Record<string, unknown> = { list: [] }
    value['self'] = value
    deepFreeze(value)
    expect(Object.isFrozen(value)).toBe(true)
  })

  it.each([[Buffer.from('x')], [new Date()], [new Error('x')], [new Map()]])('leaves %s as it is', (instance) => {
    deepFreeze({ instance })
    deepFreeze(instance)
    expect(Object.isFrozen(instance)).toBe(false)
  })
})

describe('freezeParsed', () => {
  it('freezes whatever JSON.parse makes', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const value: unknown = JSON.parse(json)
        freezeParsed(value)
        expect(isDeeplyFrozen(value)).toBe(true)
        expect(value).toEqual(JSON.parse(json))
      }),
    )
  })

  it('bears a value in a hundred thousand lists', () => {
    const value: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
    freezeParsed(value)
    expect(Object.isFrozen(value)).toBe(true)
  })
})
