import { describe, expect, it } from 'vitest'
import { createLiveRig, numbered, refused } from '#test/support/live-rig.ts'

describe('the state of a stream', () => {
  it('is LIVE without a call where a list of this moment holds the stream', async () => {
    const rig = createLiveRig(numbered(25))
    const { fetchedAt } = await rig.list()
    await rig.clock.advance(1000)
    expect(await rig.stateOf('room7')).toMatchObject({ value: { state: 'LIVE' }, fetchedAt, stale: false })
    expect(rig.calls.status).toBe(0)
  })

  it.each(['OFFLINE', 'NEVER_SEEN', 'FORBIDDEN'] as const)(
    'is %s by the status call, never by absence from a list',
    async (state) => {
      const rig = createLiveRig(numbered(5))
      rig.offline = state
      await rig.list()
      expect((await rig.stateOf('gone')).value.state).toBe(state)
      expect(rig.calls).toEqual({ list: 1, live: 0, status: 1 })
    },
  )

  it('is what the status call told while that is fresh', async () => {
    const rig = createLiveRig(['room1'])
    rig.live.delete('room1')
    expect((await rig.stateOf('room1')).value.state).toBe('OFFLINE')
    expect((await rig.stateOf('room1')).value.state).toBe('OFFLINE')
    expect(rig.calls).toEqual({ list: 0, live: 0, status: 1 })
  })

  it('comes from the list where many live streams are watched', async () => {
    const rig = createLiveRig(numbered(25))
    for (let tick = 0; tick < 3; tick += 1) {
      const states = await Promise.all([...rig.live].map((key) => rig.stateOf(key)))
      expect(states.every(({ value }) => value.state === 'LIVE')).toBe(true)
      await rig.nextTick()
    }
    expect(rig.calls).toEqual({ list: 9, live: 0, status: 0 })
  })

  it('makes nobody read a list, again and again, that holds none of the streams', async () => {
    const rig = createLiveRig(numbered(25))
    const gone = numbered(20).map((key) => `gone-${key}`)
    const readAll = () => Promise.all(gone.map((key) => rig.stateOf(key)))
    await readAll()
    expect(rig.calls).toEqual({ list: 3, live: 0, status: 20 })
    for (let tick = 0; tick < 3; tick += 1) {
      await rig.nextTick()
      await readAll()
    }
    expect(rig.calls).toEqual({ list: 3, live: 0, status: 80 })
  })

  it('comes from the list again once the status call has seen the streams live', async () => {
    const rig = createLiveRig(numbered(5))
    const late = numbered(8).map((key) => `late-${key}`)
    const readAll = () => Promise.all(late.map((key) => rig.stateOf(key)))
    await readAll()
    for (const key of late) rig.live.add(key)
    await rig.nextTick()
    await readAll()
    const { status } = rig.calls
    for (let tick = 0; tick < 3; tick += 1) {
      await rig.nextTick()
      expect((await readAll()).every(({ value }) => value.state === 'LIVE')).toBe(true)
    }
    expect(rig.calls.status).toBe(status)
  })

  it("is the old list's, marked stale, where nothing newer can be had", async () => {
    const rig = createLiveRig(numbered(25))
    await rig.list()
    await rig.nextTick()
    rig.check = () => {
      throw refused()
    }
    expect(await rig.stateOf('room1')).toMatchObject({ value: { state: 'LIVE' }, stale: true })
    await expect(rig.stateOf('gone')).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
  })

  it('and the reading of a stream count as one stream', async () => {
    const rig = createLiveRig(numbered(30))
    await rig.list()
    for (let tick = 0; tick < 3; tick += 1) {
      await rig.nextTick()
      await Promise.all(['room1', 'room2'].flatMap((key) => [rig.stateOf(key), rig.read(key)]))
    }
    expect(rig.calls).toEqual({ list: 3, live: 6, status: 6 })
  })
})
