// What every bell promises to those who listen.
import { describe, expect, it } from 'vitest'
import type { Bell } from '#fleet/bell.ts'
import { waitUntil } from '#test/support/wait-until.ts'

/** Two who hear each other; a bell of one process is both. */
export interface BellRig {
  readonly here: Bell
  readonly there: Bell
}

/** Counts how often a name is rung. */
export function listen(bell: Bell, name: string) {
  let count = 0
  const stop = bell.listen(name, () => {
    count += 1
  })
  return {
    get count() {
      return count
    },
    stop,
  }
}

/** Declares the tests for one implementation. @param open makes a pair that hears each other by now */
export function describeBell(name: string, open: () => Promise<BellRig>): void {
  const untilRung = (rings: { readonly count: number }, count = 1) =>
    waitUntil(`it was rung ${count} times`, async () => rings.count >= count)

  describe(`bell contract: ${name}`, () => {
    it('is heard by all who listen to a name, here and elsewhere', async () => {
      const { here, there } = await open()
      const all = [listen(here, 'a'), listen(here, 'a'), listen(there, 'a')]
      const other = listen(there, 'b')
      here.ring('a')
      await Promise.all(all.map((rings) => untilRung(rings)))
      there.ring('b')
      await untilRung(other)
      expect([...all, other].map(({ count }) => count)).toEqual([1, 1, 1, 1])
    })

    it('calls once for all rings of one turn', async () => {
      const { here, there } = await open()
      const [own, other] = [listen(here, 'a'), listen(there, 'a')]
      for (let ring = 0; ring < 100; ring += 1) here.ring('a')
      here.ring('b')
      await Promise.all([untilRung(own), untilRung(other)])
      here.ring('a')
      await Promise.all([untilRung(own, 2), untilRung(other, 2)])
      expect([own.count, other.count]).toEqual([2, 2])
    })

    it('never calls before it has returned', async () => {
      const { here } = await open()
      const own = listen(here, 'a')
      here.ring('a')
      expect(own.count).toBe(0)
      await untilRung(own)
    })

    it('calls nobody who has stopped, and the others though one throws or stops another', async () => {
      const { here } = await open()
      here.listen('a', () => {
        stopped.stop()
        throw new Error('its own affair')
      })
      const stopped = listen(here, 'a')
      const other = listen(here, 'a')
      const gone = listen(here, 'a')
      gone.stop()
      gone.stop()
      here.ring('a')
      await untilRung(other)
      expect([stopped.count, gone.count]).toEqual([0, 0])
    })

    it('takes any text for a name', async () => {
      const { here, there } = await open()
      const names = ['', ' ', 'a b', 'feed:live:main', '直播 \n']
      const all = names.map((each) => listen(there, each))
      for (const each of names) here.ring(each)
      await Promise.all(all.map((rings) => untilRung(rings)))
      expect(all.map(({ count }) => count)).toEqual(names.map(() => 1))
    })

    it('is silent once it is closed', async () => {
      const { here } = await open()
      const before = listen(here, 'a')
      await here.close()
      const after = listen(here, 'a')
      here.ring('a')
      await new Promise((resolve) => setImmediate(resolve))
      before.stop()
      after.stop()
      await here.close()
      expect([before.count, after.count]).toEqual([0, 0])
    })
  })
}
