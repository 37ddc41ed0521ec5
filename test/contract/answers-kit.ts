// What every store of whole answers promises, whether it shares them or not.
import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Answers,
  type Coding,
  codings,
  type KeptAnswer,
  LONGEST_TEXT_BYTES,
  type WholeAnswer,
} from '#answers/answers.ts'
import type { Clock } from '#model/clock.ts'

/** A store and the time it lives in. */
export interface AnswersUnderTest {
  readonly answers: Answers
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Lets time pass: moves a fake clock. */
  advance(ms: number): Promise<void>
  /** Steps the wall clock alone. */
  stepWall(ms: number): void
}

/** How each coding is undone. */
export const unpack: Readonly<Record<Coding, (packed: Buffer) => Buffer>> = {
  zstd: (packed) => zstdDecompressSync(packed),
  br: (packed) => brotliDecompressSync(packed),
  gzip: (packed) => gunzipSync(packed),
}

/** Asks for a form until it is there. @throws Error after 15 s */
async function waitForForm(answer: KeptAnswer, coding: Coding): Promise<Buffer> {
  const giveUpAt = performance.now() + 15_000
  for (;;) {
    const packed = answer.pack(coding)
    if (packed !== undefined) return packed
    if (performance.now() > giveUpAt) throw new Error(`waited in vain until the ${coding} form was made`)
    await nextTurn()
  }
}

/** Rows as JSON: about 40 bytes each, which pack well. */
export function toRows(count: number): Buffer {
  return Buffer.from(
    JSON.stringify(Array.from({ length: count }, (_, row) => ({ observedAt: row * 60_000, viewers: 7 }))),
  )
}

const MAX_LIFE_MS = 5 * 60_000
const LEAST_LIFE_MS = 250
const headers = ['content-type', 'application/json; charset=utf-8', 'vary', 'accept', 'x-name', 'ü']

/** Declares the tests for one implementation. @param open makes an empty store of so many bytes, with the usual longest life */
export function describeAnswers(name: string, open: (maxBytes: number) => Promise<AnswersUnderTest>): void {
  const toAnswer = (endsAtMs: number, body: Buffer = Buffer.from('{"data":1}')): WholeAnswer => ({
    headers,
    body,
    endsAtMs,
    age: { fetchedAtMs: endsAtMs - 5000, freshUntilMs: endsAtMs - 1 },
  })
  const openOne = async (maxBytes = 1_000_000) => {
    const under = await open(maxBytes)
    const nowMs = () => under.clock.monotonicMs()
    const keep = (place: string, lifeMs = 5000, body: Buffer = Buffer.from(place)) =>
      under.answers.keep(place, toAnswer(nowMs() + lifeMs, body), nowMs())
    // From here on nothing that is done was begun before the store was there.
    await under.advance(1)
    return { ...under, nowMs, keep }
  }

  describe(`answers contract: ${name}`, () => {
    it('gives back what was kept, at once', async () => {
      const { answers, nowMs } = await openOne()
      const one = toAnswer(nowMs() + 5000)
      const ageless = { ...one, body: Buffer.alloc(0), headers: [], age: undefined }
      answers.keep('one', one, nowMs())
      answers.keep('ageless', ageless, nowMs())
      expect(answers.find('one')).toMatchObject(one)
      expect(answers.find('ageless')).toMatchObject(ageless)
    })

    it('knows nothing of other places', async () => {
      const { answers, keep } = await openOne()
      keep('place')
      for (const other of ['', 'PLACE', 'place ', '__proto__', 'constructor'])
        expect(answers.find(other)).toBeUndefined()
    })

    it('answers until the end, whoever reads the clock', async () => {
      const { answers, keep, nowMs, advance } = await openOne()
      keep('place')
      await advance(4999)
      expect(answers.find('place')).toBeDefined()
      expect(answers.find('place', nowMs() + 0.9)).toBeDefined()
      await advance(1)
      expect(answers.find('place', nowMs())).toBeUndefined()
      expect(answers.find('place')).toBeUndefined()
    })

    it.each([3_600_000, -3_600_000])('lets a step of the wall clock by %i ms change no life', async (step) => {
      const { answers, keep, advance, stepWall } = await openOne()
      keep('place')
      stepWall(step)
      await advance(4999)
      expect(answers.find('place')).toBeDefined()
      await advance(1)
      expect(answers.find('place')).toBeUndefined()
    })

    it.each([LEAST_LIFE_MS - 1, 0, -1, Number.NaN])(
      'keeps nothing that ends in %d ms, nor what it replaces',
      async (ms) => {
        const { answers, keep } = await openOne()
        keep('place')
        keep('place', ms)
        expect(answers.find('place')).toBeUndefined()
        keep('place', LEAST_LIFE_MS)
        expect(answers.find('place')).toBeDefined()
      },
    )

    it.each([MAX_LIFE_MS + 1, Number.POSITIVE_INFINITY])(
      'keeps what would last for %d ms for its longest life',
      async (ms) => {
        const { answers, keep, advance } = await openOne()
        keep('place', ms)
        await advance(MAX_LIFE_MS - 1)
        expect(answers.find('place')).toBeDefined()
        await advance(1)
        expect(answers.find('place')).toBeUndefined()
      },
    )

    it('replaces an answer', async () => {
      const { answers, keep } = await openOne()
      for (const text of ['first', 'second']) keep('place', 5000, Buffer.from(text))
      expect(answers.find('place')?.body.toString()).toBe('second')
    })

    it('forgets everything when it is cleared, and takes nothing that was begun before', async () => {
      const { answers, keep, nowMs, advance } = await openOne()
      for (const place of ['one', 'other']) keep(place)
      const begunAtMs = nowMs()
      answers.clear()
      answers.keep('one', toAnswer(nowMs() + 5000), begunAtMs)
      expect(['one', 'other'].map((place) => answers.find(place))).toEqual([undefined, undefined])
      await advance(1)
      keep('one', 5000, Buffer.from('new'))
      answers.keep('one', toAnswer(nowMs() + 5000, Buffer.from('old')), begunAtMs)
      expect(answers.find('one')?.body.toString()).toBe('new')
    })

    it('never holds more bytes than it may, packed forms counted, and always what came last', async () => {
      const step = fc.record({
        place: fc
          .tuple(fc.nat(30), fc.constantFrom('', 'ü'.repeat(200), 'd'.repeat(1000)))
          .map(([at, rest]) => at + rest),
        // Of the largest answer that fits.
        share: fc.double({ min: 0, max: 1.2, noNaN: true }),
        coding: fc.option(fc.constantFrom(...codings), { nil: undefined, freq: 2 }),
      })
      const sizes = fc.integer({ min: 20_000, max: 100_000 })
      let evictions = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), sizes, async (steps, maxBytes) => {
          const { answers, keep } = await openOne(maxBytes)
          const largest = maxBytes / 16
          for (const { place, share, coding } of steps) {
            const body = toRows(Math.round((share * largest) / 34))
            keep(place, 5000, body)
            const kept = answers.find(place)
            const leastBytes = body.length + place.length
            if (leastBytes > largest) expect(kept).toBeUndefined()
            // Twice the place, twice a body that is short, and what the books take.
            const textBytes = body.length > LONGEST_TEXT_BYTES ? 0 : body.length
            const mostBytes = leastBytes + place.length + textBytes + 1500
            if (mostBytes <= largest) expect(kept?.body.equals(body)).toBe(true)
            if (kept && coding && body.length >= 1024 && mostBytes + body.length <= largest)
              await waitForForm(kept, coding)
          }
          const places = [...new Set(steps.map(({ place }) => place))]
          const bytes = places.map((place) => {
            const kept = answers.find(place)
            evictions += kept ? 0 : 1
            const forms = codings.map((coding) => kept?.pack(coding)?.length ?? 0)
            return kept ? forms.reduce((sum, form) => sum + form, kept.body.length + place.length) : 0
          })
          expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(maxBytes)
        }),
        { numRuns: 60 },
      )
      expect(evictions).toBeGreaterThan(100)
    })

    it('counts packed forms: others go for them, and none is kept that would make its answer too large', async () => {
      const maxBytes = 208_000
      const { answers, keep } = await openOne(maxBytes)
      // Packs to three quarters, whichever way: two forms have room beside it.
      const body = Buffer.from(randomBytes(2250).toString('base64'))
      const places = Array.from({ length: 40 }, (_, index) => `place ${index}`)
      for (const place of places) {
        keep(place, 5000, body)
        const kept = answers.find(place)
        if (!kept) throw new Error('was not kept')
        for (const coding of ['gzip', 'br'] as const) await waitForForm(kept, coding)
        kept.pack('zstd')
      }
      const kept = places.flatMap((place) => answers.find(place) ?? [])
      const bytes = kept.flatMap((one) => [one.body, ...codings.flatMap((coding) => one.pack(coding) ?? [])])
      expect(bytes.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(maxBytes)
      expect(kept.length).toBeGreaterThan(12)
      expect(kept.every((one) => codings.filter((coding) => one.pack(coding)).length === 2)).toBe(true)
    })

    it('counts places', async () => {
      const { answers, keep } = await openOne(160_000)
      const places = Array.from({ length: 40 }, (_, index) => 'ü'.repeat(3000) + index)
      for (const place of places) keep(place, 5000, Buffer.alloc(10))
      const kept = places.filter((place) => answers.find(place) !== undefined)
      expect(kept.length * 6000).toBeLessThanOrEqual(160_000)
      expect(kept.length).toBeGreaterThan(12)
    })

    it('does not bring back an answer that was replaced or forgotten while a form of it was made', async () => {
      const { answers, keep, advance } = await openOne()
      for (const place of ['replaced', 'forgotten']) {
        keep(place, 5000, toRows(1000))
        answers.find(place)?.pack('zstd')
      }
      answers.clear()
      await advance(1)
      keep('replaced', 5000, toRows(1001))
      // The packer takes its turns in order: when this is there, so are the others.
      keep('later', 5000, toRows(1000))
      for (const coding of codings) {
        const later = answers.find('later')
        if (later) await waitForForm(later, coding)
      }
      expect(answers.find('forgotten')).toBeUndefined()
      expect(answers.find('replaced')?.body.equals(toRows(1001))).toBe(true)
    })

    it('lets go what was asked for longest ago when its bytes are used up', async () => {
      const { answers, keep } = await openOne(162_000)
      const places = Array.from({ length: 18 }, (_, index) => `place ${index}`)
      for (const place of places) {
        keep(place, 5000, Buffer.alloc(8000))
        answers.find('place 0')
      }
      const gone = places.filter((place) => answers.find(place) === undefined)
      expect(gone).toEqual(['place 1'])
    })

    it('does not keep what takes more than a sixteenth of its bytes, nor what that would have replaced', async () => {
      const { answers, keep } = await openOne(160_000)
      keep('place')
      keep('place', 5000, Buffer.alloc(9900))
      expect(answers.find('place')).toBeUndefined()
    })

    it('keeps nothing in no bytes', async () => {
      const { answers, keep } = await openOne(0)
      keep('place')
      expect(answers.find('place')).toBeUndefined()
    })

    it.each(codings)('has the %s form made by who asks first, and gives it to all who ask later', async (coding) => {
      const { answers, keep } = await openOne()
      const body = toRows(100)
      keep('place', 5000, body)
      const kept = answers.find('place')
      if (!kept) throw new Error('was not kept')
      expect(kept.pack(coding)).toBeUndefined()
      const packed = await waitForForm(kept, coding)
      expect(unpack[coding](packed).equals(body)).toBe(true)
      expect(packed.length).toBeLessThan(body.length / 4)
      expect(answers.find('place')?.pack(coding)).toBe(packed)
    })
  })
}
