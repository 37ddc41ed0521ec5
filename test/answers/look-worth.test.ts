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

test('who finds nothing looks ever more rarely, but never gives up', () => {
  const worth = new LookWorth()
  expect(look(worth, 16 + 511, false)).toBe(16 + 9)
  expect(look(worth, 2560, false)).toBe(10)
})

test('who finds something again soon looks for everything', () => {
  const worth = new LookWorth()
  look(worth, 10_000, false)
  look(worth, 256 + 63 + 15 + 3 + 5, true)
  expect(look(worth, 100, true)).toBe(100)
})

test('who finds every second answer goes on looking for all', () => {
  const worth = new LookWorth()
  let looks = 0
  for (let asked = 0; asked < 1000; asked += 1) {
    if (!worth.isWorth()) continue
    worth.learn(looks % 2 === 0)
    looks += 1
  }
  expect(looks).toBe(1000)
})
