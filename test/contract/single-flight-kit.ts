// What every single flight promises to the callers of one process, and what one over a shared store promises to all.

import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SharedWork, SingleFlight } from '#fleet/single-flight.ts'
import { UpstreamError } from '#model/errors.ts'

const staying = new AbortController().signal
let names = 0

/** A name that no other test uses. */
function toFlight() {
  names += 1
  return { scope: 'main', key: `key ${names}` }
}

/** Work whose result nobody finds afterwards. */
function toWork<Value>(run: () => Promise<Value>): SharedWork<Value> {
  return { run, recall: async () => undefined }
}

/** Work that tells when it has begun, and ends when the test says so. */
function createGate() {
  const begun = Promise.withResolvers<void>()
  const end = Promise.withResolvers<string>()
  const gate = { starts: 0, begun: begun.promise, resolve: end.resolve, reject: end.reject }
  const run = () => {
    gate.starts += 1
    begun.resolve()
    return end.promise
  }
  return Object.assign(gate, { work: toWork(run) })
}

/** Declares the tests for one implementation. @param open makes one that nobody else uses */
export function describeSingleFlight(name: string, open: () => Promise<SingleFlight> | SingleFlight): void {
  describe(`single flight contract: ${name}`, () => {
    it('shares one piece of work between all who ask while it runs', async () => {
      const single = await open()
      const gate = createGate()
      const flight = toFlight()
      const all = [1, 2, 3].map(() => single.run(flight, gate.work, staying))
      await gate.begun
      gate.resolve('answer')
      expect(await Promise.all(all)).toEqual([
        { value: 'answer', shared: false },
        { value: 'answer', shared: true },
        { value: 'answer', shared: true },
      ])
      expect(gate.starts).toBe(1)
    })

    it('starts anew when the work is done', async () => {
      const single = await open()
      const flight = toFlight()
      let starts = 0
      const work = toWork(() => Promise.resolve(++starts))
      expect(await single.run(flight, work, staying)).toEqual({ value: 1, shared: false })
      expect(await single.run(flight, work, staying)).toEqual({ value: 2, shared: false })
    })

    it('keeps different keys apart', async () => {
      const single = await open()
      const gate = createGate()
      const held = single.run(toFlight(), gate.work, staying)
      const free = single.run(
        toFlight(),
        toWork(() => Promise.resolve('free')),
        staying,
      )
      expect(await free).toEqual({ value: 'free', shared: false })
      gate.resolve('held')
      expect(await held).toEqual({ value: 'held', shared: false })
    })

    it('gives everybody the error of work that fails, and keeps none of it', async () => {
      const single = await open()
      const gate = createGate()
      const flight = toFlight()
      const all = Promise.allSettled([1, 2].map(() => single.run(flight, gate.work, staying)))
      await gate.begun
      gate.reject(new Error('failed'))
      for (const { status } of await all) expect(status).toBe('rejected')
      const good = toWork(() => Promise.resolve('good'))
      await expect(single.run(flight, good, staying)).resolves.toMatchObject({ value: 'good' })
    })

    it('treats work that throws before it begins like work that fails', async () => {
      const single = await open()
      const flight = toFlight()
      const broken = toWork(() => {
        throw new Error('at once')
      })
      await expect(single.run(flight, broken, staying)).rejects.toThrow('at once')
      const good = toWork(() => Promise.resolve(1))
      await expect(single.run(flight, good, staying)).resolves.toMatchObject({ value: 1 })
    })

    it('ends only the wait of a caller that leaves', async () => {
      const single = await open()
      const gate = createGate()
      const flight = toFlight()
      const leaver = new AbortController()
      const left = single.run(flight, gate.work, leaver.signal)
      const stays = single.run(flight, gate.work, staying)
      leaver.abort(new Error('left'))
      await expect(left).rejects.toThrow('left')
      gate.resolve('answer')
      expect(await stays).toEqual({ value: 'answer', shared: true })
      expect(gate.starts).toBe(1)
    })

    it('goes on when all have left, and fails without a sound then', async () => {
      const single = await open()
      const gate = createGate()
      const flight = toFlight()
      const unhandled: unknown[] = []
      const listen = (reason: unknown) => unhandled.push(reason)
      process.on('unhandledRejection', listen)
      const leaver = new AbortController()
      const left = single.run(flight, gate.work, leaver.signal)
      const gone = expect(left).rejects.toThrow('left')
      await gate.begun
      leaver.abort(new Error('left'))
      await gone
      const late = single.run(flight, gate.work, staying)
      gate.resolve('answer')
      expect(await late).toEqual({ value: 'answer', shared: true })
      const failing = toWork(() => Promise.reject(new Error('nobody hears this')))
      const other = single.run(toFlight(), failing, AbortSignal.abort(new Error('left')))
      await expect(other).rejects.toThrow('left')
      await new Promise((resolve) => setImmediate(resolve))
      process.off('unhandledRejection', listen)
      expect(unhandled).toEqual([])
    })

    it('does not start work for a caller that has already left', async () => {
      const single = await open()
      const gate = createGate()
      const gone = AbortSignal.abort(new Error('left'))
      await expect(single.run(toFlight(), gate.work, gone)).rejects.toThrow('left')
      expect(gate.starts).toBe(0)
    })
  })
}

/** Declares the tests across replicas. @param open makes that many, which share a store */
export function describeFleetSingleFlight(
  name: string,
  open: (replicas: number) => Promise<readonly SingleFlight[]>,
): void {
  /** The first of some replicas, and the second. */
  async function openTwo(): Promise<readonly [SingleFlight, SingleFlight]> {
    const [first, second] = await open(2)
    if (!first || !second) throw new Error('two replicas were asked for')
    return [first, second]
  }

  describe(`single flight across replicas: ${name}`, () => {
    it('does the work once for 50 callers at each of 3 replicas', async () => {
      const replicas = await open(3)
      const flight = toFlight()
      let starts = 0
      let kept: string | undefined
      const work: SharedWork<string> = {
        run: async () => {
          starts += 1
          await new Promise((resolve) => setTimeout(resolve, 60))
          kept = `answer ${starts}`
          return kept
        },
        recall: async () => kept,
      }
      const all = await Promise.all(
        replicas.flatMap((single) => Array.from({ length: 50 }, () => single.run(flight, work, staying))),
      )
      expect(starts).toBe(1)
      expect(new Set(all.map(({ value }) => value))).toEqual(new Set(['answer 1']))
      expect(all.filter(({ shared }) => !shared)).toHaveLength(1)
    })

    it('tells a kept null from nothing', async () => {
      const [first, second] = await openTwo()
      const flight = toFlight()
      const begun = Promise.withResolvers<void>()
      const end = Promise.withResolvers<null>()
      const leader = first.run(
        flight,
        toWork(() => {
          begun.resolve()
          return end.promise
        }),
        staying,
      )
      await begun.promise
      const waiter = second.run(flight, { run: async () => null, recall: async () => null }, staying)
      // Until it has found that somebody is at work already; nothing tells when.
      await delay(250)
      end.resolve(null)
      await leader
      expect(await waiter).toEqual({ value: null, shared: true })
    })

    it('does the work again where its result is not to be found', async () => {
      const [first, second] = await openTwo()
      const gate = createGate()
      const flight = toFlight()
      const leader = first.run(flight, gate.work, staying)
      await gate.begun
      const waiter = second.run(
        flight,
        toWork(async () => 'own'),
        staying,
      )
      gate.resolve('answer')
      expect(await leader).toEqual({ value: 'answer', shared: false })
      expect(await waiter).toEqual({ value: 'own', shared: false })
    })

    it('tells those who waited of the failure, with all that its client may see of it, and nobody after them', async () => {
      const [first, second] = await openTwo()
      const gate = createGate()
      const flight = toFlight()
      const leader = expect(first.run(flight, gate.work, staying)).rejects.toThrow()
      await gate.begun
      const own = createGate()
      const waiters = Promise.allSettled([1, 2].map(() => second.run(flight, own.work, staying)))
      await pause(40)
      const cause = new Error('sign=0123456789')
      const details = { retryAfterMs: 1500, account: 'main', provider: 'tencent', providerCode: '1202', cause }
      const retry = { times: 1, afterMs: 1500, isTold: true }
      gate.reject(new UpstreamError('UPSTREAM_THROTTLED', 'called too often', { ...details, retry }))
      await leader
      for (const outcome of await waiters) {
        const error: unknown = outcome.status === 'rejected' ? outcome.reason : undefined
        expect(error).toBeInstanceOf(UpstreamError)
        const { cause: _cause, ...seen } = details
        expect(error).toMatchObject({ code: 'UPSTREAM_THROTTLED', message: 'called too often', ...seen, retry })
        expect(error).toHaveProperty('cause', undefined)
      }
      expect(own.starts).toBe(0)
      const late = await second.run(
        flight,
        toWork(async () => 'late'),
        staying,
      )
      expect(late).toEqual({ value: 'late', shared: false })
    })

    it('keeps a defect to the replica that has it', async () => {
      const [first, second] = await openTwo()
      const gate = createGate()
      const flight = toFlight()
      const leader = expect(first.run(flight, gate.work, staying)).rejects.toThrow('a defect')
      await gate.begun
      const waiter = second.run(
        flight,
        toWork(async () => 'own'),
        staying,
      )
      gate.reject(new TypeError('a defect'))
      await leader
      expect(await waiter).toEqual({ value: 'own', shared: false })
    })

    it('lets a waiter leave, and starts nothing when all have left', async () => {
      const [first, second] = await openTwo()
      const gate = createGate()
      const flight = toFlight()
      const leader = first.run(flight, gate.work, staying)
      await gate.begun
      const own = createGate()
      const leaver = new AbortController()
      const waiter = expect(second.run(flight, own.work, leaver.signal)).rejects.toThrow('left')
      await pause(20)
      leaver.abort(new Error('left'))
      await waiter
      gate.resolve('answer')
      await leader
      await pause(80)
      expect(own.starts).toBe(0)
      const late = second.run(flight, own.work, staying)
      await own.begun
      own.resolve('late')
      expect(await late).toEqual({ value: 'late', shared: false })
    })

    it('never works twice at a time, and answers everybody, however arrivals, departures and failures interleave', async () => {
      const arrival = fc.record({
        replica: fc.nat(2),
        question: fc.nat(1),
        atMs: fc.nat(60),
        leavesAfterMs: fc.option(fc.nat(30), { freq: 4 }),
      })
      const schedule = fc.record({
        arrivals: fc.array(arrival, { minLength: 1, maxLength: 20 }),
        // What becomes of the first pieces of work; those after them succeed.
        endings: fc.array(fc.record({ takesMs: fc.nat(30), fails: fc.boolean(), isKept: fc.boolean() }), {
          maxLength: 6,
        }),
      })
      await fc.assert(
        fc.asyncProperty(schedule, async ({ arrivals, endings }) => {
          const replicas = await open(3)
          const flights = [toFlight(), toFlight()]
          const kept = new Map<number, string>()
          const running = [0, 0]
          let most = 0
          let started = 0
          const toQuestion = (question: number): SharedWork<string> => ({
            run: async () => {
              const ending = endings[started] ?? { takesMs: 5, fails: false, isKept: true }
              started += 1
              const answer = `${question}: answer ${started}`
              running[question] = (running[question] ?? 0) + 1
              most = Math.max(most, running[question])
              kept.delete(question)
              await pause(ending.takesMs)
              running[question] -= 1
              if (ending.fails) throw new UpstreamError('UPSTREAM_UNAVAILABLE', `${question}: refused`)
              if (ending.isKept) kept.set(question, answer)
              return answer
            },
            recall: async () => kept.get(question),
          })
          await Promise.all(
            arrivals.map(async ({ replica, question, atMs, leavesAfterMs }) => {
              await pause(atMs)
              const leaver = new AbortController()
              const single = replicas[replica]
              const flight = flights[question]
              if (!single || !flight) throw new Error('the schedule names what is not there')
              const answer = single.run(flight, toQuestion(question), leaver.signal)
              if (leavesAfterMs !== null) void pause(leavesAfterMs).then(() => leaver.abort(new Error('left')))
              const told = await answer.then(
                ({ value }) => value,
                (error: unknown) => (error instanceof Error ? error.message : error),
              )
              const isOwn = typeof told === 'string' && told.startsWith(`${question}: `)
              expect(isOwn || (told === 'left' && leavesAfterMs !== null)).toBe(true)
            }),
          )
          expect(most).toBeLessThanOrEqual(1)
        }),
        { numRuns: 30 },
      )
    })
  })
}

/** Lets real time pass: the store has a clock of its own. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
