import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PushSample } from '#model/sample.ts'
import { ToldSamples } from '../../src/workers/told-samples.ts'

const NOW = 1_000_000
const push = (observedAt: number, serverIp = 'a'): PushSample => ({
  ...{ observedAt, serverIp, clientIp: null, frameRate: 25, bitrateBitsPerSecond: 1 },
})
const toTimes = (samples: readonly PushSample[]) => samples.map(({ observedAt }) => observedAt)

describe('samples that are told', () => {
  it('are the newest alone of a stream that nobody has watched', () => {
    const { push: told } = new ToldSamples()
    expect(told.findStart('room', NOW)).toBe(NOW - 60_000)
    expect(told.take('room', [push(10), push(15, 'a'), push(15, 'b')], 0, NOW)).toHaveLength(2)
    expect(toTimes(told.take('room', [push(10), push(15), push(20)], 0, NOW))).toEqual([20])
  })

  it('are all that come after, also where there was none at first', () => {
    const { push: told } = new ToldSamples()
    expect(told.take('room', [], 0, NOW)).toEqual([])
    expect(toTimes(told.take('room', [push(NOW - 5), push(NOW)], 0, NOW + 5))).toEqual([NOW - 5, NOW])
  })

  it('are each told once and in order, however histories overlap', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1 }), (steps) => {
        const { push: told } = new ToldSamples()
        let end = 0
        const news = steps.flatMap((step) => {
          end += step
          const rows = Array.from({ length: Math.min(end, 10) }, (_, index) =>
            push(end - Math.min(end, 10) + index + 1),
          )
          return toTimes(told.take('room', rows, 0, NOW))
        })
        expect(news).toEqual(news.map((_, index) => (news[0] ?? 0) + index))
        expect(news.at(-1)).toBe(end)
      }),
    )
  })

  it('are not the same again where a reading of the moment follows a history', () => {
    const { push: told } = new ToldSamples()
    told.take('room', [push(5000)], 0, NOW)
    expect(told.take('room', [push(5900)], 2500, NOW)).toEqual([])
    expect(told.take('room', [push(10_100)], 2500, NOW)).toHaveLength(1)
  })

  it('go on behind what somebody else has told', () => {
    const { push: told } = new ToldSamples()
    told.recall('room', push(20, 'a'))
    expect(told.take('room', [push(15), push(20, 'a'), push(20, 'b'), push(25)], 0, NOW)).toHaveLength(2)
    told.keepOnly(new Set())
    expect(told.has('room')).toBe(false)
  })
})
