import { describe, expect, it } from 'vitest'
import { inLanes, runRounds } from '../../bench/rounds.ts'

describe('rounds', () => {
  it('give everybody a turn in each, begin with another each time, and leave out the first', async () => {
    const turns: string[] = []
    const enter = (name: string) => ({
      name,
      run: () => {
        turns.push(name)
        return Promise.resolve(1)
      },
    })
    const rates = await runRounds([enter('a'), enter('b'), enter('c')], { count: 2, turnMs: 50 })
    expect(turns.join('')).toBe('abcbcacab')
    expect([...rates].map(([name, each]) => [name, each.length])).toEqual([
      ['a', 2],
      ['b', 2],
      ['c', 2],
    ])
  })

  it('know their contenders by different names', async () => {
    const same = { name: 'a', run: () => Promise.resolve(1) }
    await expect(runRounds([same, same], { count: 1, turnMs: 50 })).rejects.toThrow(RangeError)
  })

  it('count what all lanes have done, each piece as what it is worth', async () => {
    let pieces = 0
    const until = performance.now() + 5
    const work = () => {
      pieces += 1
      return Promise.resolve()
    }
    const done = await inLanes(3, work, 4)(until)
    expect(pieces).toBeGreaterThan(0)
    expect(done).toBe(pieces * 4)
  })
})
