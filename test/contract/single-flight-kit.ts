// What every single flight promises to the callers of one process.
import { describe, expect, it } from 'vitest'
import type { SingleFlight } from '#fleet/single-flight.ts'

/** Declares the tests for one implementation. @param open makes one that nobody else uses */
export function describeSingleFlight(name: string, open: () => Promise<SingleFlight> | SingleFlight): void {
  const staying = new AbortController().signal

  describe(`single flight contract: ${name}`, () => {
    it('shares one piece of work between all who ask while it runs', async () => {
      const flight = await open()
      const work = Promise.withResolvers<string>()
      let starts = 0
      const run = () =>
        flight.run(
          'key',
          () => {
            starts += 1
            return work.promise
          },
          staying,
        )
      const all = [run(), run(), run()]
      work.resolve('answer')
      expect(await Promise.all(all)).toEqual([
        { value: 'answer', shared: false },
        { value: 'answer', shared: true },
        { value: 'answer', shared: true },
      ])
      expect(starts).toBe(1)
    })

    it('starts anew when the work is done', async () => {
      const flight = await open()
      let starts = 0
      const work = () => Promise.resolve(++starts)
      expect(await flight.run('key', work, staying)).toEqual({ value: 1, shared: false })
      expect(await flight.run('key', work, staying)).toEqual({ value: 2, shared: false })
    })

    it('keeps different keys apart', async () => {
      const flight = await open()
      const both = [
        flight.run('one', () => Promise.resolve(1), staying),
        flight.run('two', () => Promise.resolve(2), staying),
      ]
      expect((await Promise.all(both)).map(({ value }) => value)).toEqual([1, 2])
    })

    it('gives everybody the error of work that fails, and keeps none of it', async () => {
      const flight = await open()
      const work = Promise.withResolvers<string>()
      const all = [flight.run('key', () => work.promise, staying), flight.run('key', () => work.promise, staying)]
      work.reject(new Error('failed'))
      for (const { status } of await Promise.allSettled(all)) expect(status).toBe('rejected')
      await expect(flight.run('key', () => Promise.resolve('good'), staying)).resolves.toMatchObject({ value: 'good' })
    })

    it('treats work that throws before it begins like work that fails', async () => {
      const flight = await open()
      const broken = () => {
        throw new Error('at once')
      }
      await expect(flight.run('key', broken, staying)).rejects.toThrow('at once')
      await expect(flight.run('key', () => Promise.resolve(1), staying)).resolves.toMatchObject({ value: 1 })
    })

    it('ends only the wait of a caller that leaves', async () => {
      const flight = await open()
      const work = Promise.withResolvers<string>()
      const leaver = new AbortController()
      const left = flight.run('key', () => work.promise, leaver.signal)
      const stays = flight.run('key', () => work.promise, staying)
      leaver.abort(new Error('left'))
      await expect(left).rejects.toThrow('left')
      work.resolve('answer')
      expect(await stays).toEqual({ value: 'answer', shared: true })
    })

    it('goes on when all have left, and fails without a sound then', async () => {
      const flight = await open()
      const work = Promise.withResolvers<string>()
      const unhandled: unknown[] = []
      const listen = (reason: unknown) => unhandled.push(reason)
      process.on('unhandledRejection', listen)
      const leaver = new AbortController()
      const left = flight.run('key', () => work.promise, leaver.signal)
      leaver.abort(new Error('left'))
      await expect(left).rejects.toThrow('left')
      const late = flight.run('key', () => Promise.resolve('other'), leaver.signal)
      await expect(late).rejects.toThrow('left')
      work.reject(new Error('nobody hears this'))
      await new Promise((resolve) => setImmediate(resolve))
      process.off('unhandledRejection', listen)
      expect(unhandled).toEqual([])
    })

    it('does not start work for a caller that has already left', async () => {
      const flight = await open()
      let starts = 0
      const gone = AbortSignal.abort(new Error('left'))
      await expect(flight.run('key', () => Promise.resolve(++starts), gone)).rejects.toThrow('left')
      expect(starts).toBe(0)
    })
  })
}
