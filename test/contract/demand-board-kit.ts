// What every board promises to those who want something, and to the one who does the work.
import { describe, expect, it } from 'vitest'
import type { DemandBoard } from '#fleet/demand-board.ts'
import { waitUntil } from '#test/support/wait-until.ts'

/** Two who share it; a board of one process is both. */
export interface DemandRig {
  readonly here: DemandBoard
  readonly there: DemandBoard
}

/** Counts changes of a scope. */
export function follow(board: DemandBoard, scope: string) {
  let count = 0
  const stop = board.onChange(scope, () => {
    count += 1
  })
  return {
    get count() {
      return count
    },
    stop,
  }
}

/** Waits until a board lists exactly that. */
export const untilListed = (board: DemandBoard, scope: string, topics: readonly string[]) =>
  waitUntil(`${topics.join(', ') || 'nothing'} is wanted`, async () => {
    const listed = await board.list(scope)
    return listed.length === topics.length && topics.every((topic) => listed.includes(topic))
  })

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Declares the tests for one implementation. @param open makes a pair that nobody else uses */
export function describeDemandBoard(name: string, open: () => Promise<DemandRig>): void {
  const untilChanged = (changes: { readonly count: number }, count = 1) =>
    waitUntil(`it has changed ${count} times`, async () => changes.count >= count)

  describe(`demand board contract: ${name}`, () => {
    it('lists what anybody wants, without repeats, each scope by itself', async () => {
      const { here, there } = await open()
      expect(await here.list('main')).toEqual([])
      here.want('main', 'a')
      here.want('main', 'b')
      there.want('main', 'b')
      there.want('main', 'c')
      there.want('other', 'd')
      for (const board of [here, there]) {
        await untilListed(board, 'main', ['a', 'b', 'c'])
        await untilListed(board, 'other', ['d'])
      }
      expect(here.listOwn('main')).toEqual(expect.arrayContaining(['a', 'b']))
      expect(here.listOwn('nobody’s')).toEqual([])
    })

    it('lists a topic until everybody has taken it back, each once', async () => {
      const { here, there } = await open()
      const [one, two] = [here.want('main', 'a'), here.want('main', 'a')]
      const third = there.want('main', 'a')
      await untilListed(here, 'main', ['a'])
      one()
      one()
      third()
      await turn()
      expect(here.listOwn('main')).toEqual(['a'])
      await untilListed(there, 'main', ['a'])
      two()
      expect(await here.list('main').then(() => here.listOwn('main'))).toEqual([])
      await untilListed(here, 'main', [])
      await untilListed(there, 'main', [])
      here.want('main', 'a')
      await untilListed(there, 'main', ['a'])
    })

    it('takes any line for a topic and any text for a scope', async () => {
      const { here, there } = await open()
      const topics = ['', ' ', 'pushSample 直播/一', 'a b c', '{x}']
      for (const topic of topics) here.want('a b', topic)
      await untilListed(there, 'a b', topics)
    })

    it('calls whoever follows when something begins or ends to be wanted, once for all of one turn', async () => {
      const { here, there } = await open()
      const [own, other] = [follow(here, 'main'), follow(there, 'main')]
      const elsewhere = follow(there, 'other')
      const stops = ['a', 'b', 'c'].map((topic) => here.want('main', topic))
      await Promise.all([untilChanged(own), untilChanged(other)])
      expect(await there.list('main')).toEqual(expect.arrayContaining(['a', 'b', 'c']))
      const again = here.want('main', 'a')
      again()
      await turn()
      for (const stop of stops) stop()
      await Promise.all([untilChanged(own, 2), untilChanged(other, 2)])
      expect(await there.list('main')).toEqual([])
      expect([own.count, other.count, elsewhere.count]).toEqual([2, 2, 0])
    })

    it('calls nobody who has stopped, and the others though one throws', async () => {
      const { here } = await open()
      here.onChange('main', () => {
        throw new Error('its own affair')
      })
      const gone = follow(here, 'main')
      const other = follow(here, 'main')
      gone.stop()
      gone.stop()
      here.want('main', 'a')
      await untilChanged(other)
      expect(gone.count).toBe(0)
    })

    it('takes back what was wanted there when it is closed, and wants nothing more', async () => {
      const { here, there } = await open()
      const stop = here.want('main', 'a')
      await untilListed(there, 'main', ['a'])
      const changes = follow(here, 'main')
      await here.close()
      await untilListed(there, 'main', [])
      stop()
      here.want('main', 'b')
      await turn()
      expect(here.listOwn('main')).toEqual([])
      expect(await here.list('main')).toEqual([])
      await here.close()
      expect(changes.count).toBe(0)
    })
  })
}
