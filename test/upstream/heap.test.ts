import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Heap } from '#upstream/heap.ts'

describe('a heap', () => {
  it('gives out the first of what is in it, whatever is put in between', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat({ max: 20 }))), (commands) => {
        const heap = new Heap<number>((one, other) => one < other)
        let kept: number[] = []
        for (const command of commands) {
          if (command === null) expect(heap.pop()).toBe(kept.shift())
          else {
            heap.push(command)
            kept = [...kept, command].sort((one, other) => one - other)
          }
          expect(heap.first).toBe(kept[0])
        }
      }),
    )
  })
})
