import { hash, timingSafeEqual } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createKeyRing } from '#access/keys.ts'

const entries = ['first', 'second', 'third'].map((name) => ({
  name,
  sha256: hash('sha256', `${name}-key`),
  role: 'reader' as const,
  accounts: 'all' as const,
}))

describe('a ring of keys', () => {
  test.each(['first-key', 'second-key', 'third-key', 'no-key'])('compares %j with every entry', (key) => {
    let compared = 0
    const find = createKeyRing(entries, (one, other) => {
      compared += 1
      return timingSafeEqual(one, other)
    })
    if (key === 'no-key') expect(() => find(key)).toThrow('not known')
    else expect(`${find(key).name}-key`).toBe(key)
    expect(compared).toBe(3)
  })

  test('takes two keys of one digest for the first', () => {
    const [first] = entries
    const find = createKeyRing(entries.map((entry) => ({ ...entry, sha256: first?.sha256 ?? '' })))
    expect(find('first-key').name).toBe('first')
  })
})
