import { describe, expect, it } from 'vitest'
import { TurnWrites } from '../../src/server/turn-writes.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('writes of a turn', () => {
  it('are written together at its end, in order', async () => {
    const written: number[] = []
    const writes = new TurnWrites<number>((item) => written.push(item))
    for (const item of [1, 2, 3]) writes.add(item)
    expect(written).toEqual([])
    await turn()
    expect(written).toEqual([1, 2, 3])
  })

  it('are written at once where each has its turn to itself, until there are others again', async () => {
    const written: number[] = []
    const writes = new TurnWrites<number>((item) => written.push(item))
    for (let item = 0; item < 8; item += 1) {
      writes.add(item)
      expect(written).toHaveLength(item)
      await turn()
    }
    for (let item = 8; item < 40; item += 1) {
      writes.add(item)
      expect(written).toHaveLength(item + 1)
    }
    for (const item of [40, 41]) writes.add(item)
    expect(written).toHaveLength(40)
    await turn()
    writes.add(42)
    expect(written).toHaveLength(42)
    await turn()
    expect(written).toEqual(Array.from({ length: 43 }, (_, item) => item))
  })
})
