import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createProcessDemandBoard } from '#fleet/demand-board.ts'
import { describeDemandBoard } from '#test/contract/demand-board-kit.ts'

describeDemandBoard('process', async () => {
  const board = createProcessDemandBoard()
  return { here: board, there: board }
})

it('lists exactly what was said more often than taken back, whatever the order', () => {
  const step = fc.record({
    scope: fc.constantFrom('one', 'other'),
    topic: fc.nat({ max: 4 }).map(String),
    of: fc.nat(),
  })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const board = createProcessDemandBoard()
      const open: { readonly scope: string; readonly topic: string; readonly stop: () => void }[] = []
      for (const { scope, topic, of } of steps) {
        const [ended] = of % 2 === 0 ? open.splice(of % Math.max(1, open.length), 1) : []
        if (ended) ended.stop()
        else open.push({ scope, topic, stop: board.want(scope, topic) })
        ended?.stop()
        for (const each of ['one', 'other']) {
          const wanted = new Set(open.filter((want) => want.scope === each).map((want) => want.topic))
          expect(new Set(board.listOwn(each))).toEqual(wanted)
        }
      }
    }),
  )
})
