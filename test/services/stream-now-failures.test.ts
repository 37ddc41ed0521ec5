import { describe, expect, it } from 'vitest'
import { createLiveRig, numbered, refused } from '#test/support/live-rig.ts'

describe('the reading of a stream of which the list failed', () => {
  it('comes from the pages that could be had; of a page that failed it is the error, not a call for each stream', async () => {
    const rig = createLiveRig(numbered(28))
    rig.check = (call) => {
      if (call === 'list 2') throw refused()
    }
    const keys = [...rig.live]
    const answers = await Promise.allSettled(keys.map((key) => rig.read(key)))
    const had = answers.flatMap((answer, index) =>
      answer.status === 'fulfilled' ? [{ answer, key: keys[index] }] : [],
    )
    // Two of three pages.
    expect(had.length).toBeGreaterThanOrEqual(18)
    for (const { answer, key } of had) expect(answer.value.value).toEqual(rig.readingOf(key ?? ''))
    for (const answer of answers)
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
    expect(rig.calls).toEqual({ list: 3, live: 0, status: 0 })
  })

  it('falls back on the old list when it cannot be read, without a call for each stream', async () => {
    const rig = createLiveRig(numbered(30))
    const old = await rig.readAll([...rig.live])
    await rig.nextTick()
    rig.check = () => {
      throw refused()
    }
    const before = rig.calls.live
    const answers = await rig.readAll([...rig.live, 'gone'])
    expect(answers.map(({ value }) => value)).toEqual([...old.map(({ value }) => value), null])
    for (const answer of answers) {
      expect(answer).toMatchObject({ stale: true, fetchedAt: old[5]?.fetchedAt })
      expect(answer.staleBecause?.code).toBe('UPSTREAM_UNAVAILABLE')
    }
    expect(rig.calls.live).toBe(before)
  })

  it('is the error of the list when nothing is kept', async () => {
    const rig = createLiveRig(numbered(30))
    rig.check = () => {
      throw refused()
    }
    const asked = numbered(20).map((key) =>
      expect(rig.read(key)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' }),
    )
    await Promise.all(asked)
    expect(rig.calls.live).toBe(0)
  })

  it('falls back on what the stream alone was last found to be, where that is newer than the list', async () => {
    const rig = createLiveRig(['room1', 'room2'], 1)
    await rig.list()
    await rig.nextTick()
    rig.live.delete('room1')
    expect((await rig.read('room1')).value).toBeNull()
    await rig.clock.advance(20_000)
    rig.check = () => {
      throw refused()
    }
    expect(await rig.read('room1')).toMatchObject({ value: null, stale: true })
    // Nobody asked for the other alone: the list is what is known of it.
    expect(await rig.read('room2')).toMatchObject({ value: rig.readingOf('room2'), stale: true })
  })

  it('is the error of a list that failed also where the old one was cut short', async () => {
    const rig = createLiveRig(numbered(300), 1)
    await rig.list()
    await rig.nextTick()
    rig.check = (call) => {
      if (call.startsWith('list')) throw refused()
    }
    const beyond = numbered(250).slice(110)
    await Promise.all(
      beyond.map((key) => expect(rig.read(key)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })),
    )
    expect(rig.calls.live).toBe(0)
  })
})
