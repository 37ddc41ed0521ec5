import { describe, expect, it } from 'vitest'
import type { LiveEventKind } from '#model/live-event.ts'
import type { LiveReadKinds } from '#services/live-reads.ts'
import { countCalls, planSampling, toWantedKeys } from '../../src/workers/sampling-plan.ts'

const all: LiveReadKinds = { list: true, reading: true, status: true, push: true, play: true }
const keys = (count: number) => Array.from({ length: count }, (_, index) => `room${index}`)

function plan(
  wanted: Partial<Record<LiveEventKind, readonly string[]>>,
  { kinds = all, pages = 1, isPlayDue = true }: { kinds?: LiveReadKinds; pages?: number; isPlayDue?: boolean } = {},
) {
  const topics = Object.entries(wanted).flatMap(([kind, named]) =>
    named.map((key) => ({ kind: kind as LiveEventKind, key })),
  )
  return planSampling(toWantedKeys(topics), kinds, pages, isPlayDue)
}

describe('a plan', () => {
  it('reads the history of one stream, and nothing else for its samples and its state', () => {
    const planned = plan({ pushSample: ['room0'], streamState: ['room0'] })
    expect(planned).toMatchObject({ list: false, readings: [], pushHistories: ['room0'], isPushRead: false })
    expect([...planned.toldBySamples]).toEqual(['room0'])
    expect(countCalls(planned, 1)).toEqual({ push: 1, play: 0 })
  })

  it('reads the list once more streams are watched than it has pages', () => {
    const planned = plan({ pushSample: keys(100) })
    expect(planned).toMatchObject({ list: true, readings: [], pushHistories: [], isPushRead: true })
    expect(countCalls(planned, 1)).toEqual({ push: 1, play: 0 })
    expect(plan({ pushSample: keys(3) }, { pages: 4 })).toMatchObject({ list: false, pushHistories: keys(3) })
  })

  it('takes readings of one stream from its own call, of several from the list', () => {
    expect(plan({ liveStat: ['room0'] })).toMatchObject({ list: false, readings: ['room0'] })
    expect(plan({ liveStat: keys(2) })).toMatchObject({ list: true, readings: [] })
  })

  it('asks for playback when it is due only, and by the list where histories would be many', () => {
    expect(plan({ playSample: keys(4) }, { isPlayDue: false })).toMatchObject({ list: false, playHistories: [] })
    expect(plan({ playSample: keys(4) })).toMatchObject({ playHistories: keys(4), isPlayRead: false })
    expect(plan({ playSample: keys(5) })).toMatchObject({ list: true, playHistories: [], isPlayRead: true })
  })

  it('never costs more calls than one for each stream and kind', () => {
    for (const count of [1, 2, 5, 40, 700])
      for (const pages of [1, 2, 10]) {
        const { push } = countCalls(plan({ pushSample: keys(count), liveStat: keys(count) }, { pages }), pages)
        expect(push).toBeLessThanOrEqual(2 * count)
        expect(push).toBeLessThanOrEqual(2 * pages)
      }
  })

  it('makes do with what the provider has', () => {
    const kinds = { ...all, list: false, reading: false }
    expect(plan({ pushSample: keys(9), streamState: ['x'] }, { kinds })).toMatchObject({
      ...{ list: false, readings: [], pushHistories: keys(9), isStatusAlone: true },
    })
    expect(plan({ liveStat: keys(3) }, { kinds: { ...all, reading: false } })).toMatchObject({ list: true })
    expect(plan({ liveStat: keys(3) }, { kinds: { ...all, list: false } })).toMatchObject({ readings: keys(3) })
  })
})
