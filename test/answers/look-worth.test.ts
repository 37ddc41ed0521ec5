import { expect, test } from 'vitest'
import { LookWorth } from '#answers/look-worth.ts'

function look(worth: LookWorth, times: number, hasFound: boolean): number {
  let looks = 0
  for (let asked = 0; asked < times; asked += 1) {
    if (!worth.isWorth()) continue
    looks += 1
    worth.learn(hasFound)
  }
  return looks
}

test('a process that has just begun looks, and goes on while it finds', () => {
  const worth = new LookWorth()
  expect(look(worth, 500, true)).toBe(500)
})

test('who finds nothing for long looks for one question in sixteen', () => {
  const worth = new LookWorth()
  const first = look(worth, 100, false)
  expect(first).toBeGreaterThan(14)
  expect(first).toBeLessThan(24)
  expect(look(worth, 160, false)).toBe(10)
})

test('who finds something again soon looks for everything', () => {
  const worth = new LookWorth()
  look(worth, 100, false)
  look(worth, 112, true)
  expect(look(worth, 100, true)).toBe(100)
})
