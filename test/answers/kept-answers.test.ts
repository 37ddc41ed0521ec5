import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { WholeAnswer } from '#answers/answers.ts'
import { createKeptAnswers } from '#answers/kept-answers.ts'
import type { SharedAnswers } from '#answers/shared-answers.ts'
import { describeAnswers } from '#test/contract/answers-kit.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

function open({ maxBytes = 1_000_000, shared }: { maxBytes?: number; shared?: SharedAnswers } = {}) {
  const clock = new FakeClock()
  const answers = createKeptAnswers({ maxBytes, clock, shared })
  const toAnswer = (body: Buffer, lifeMs = 5000): WholeAnswer => ({
    headers: ['content-type', 'text/csv'],
    body,
    endsAtMs: clock.monotonicMs() + lifeMs,
    age: undefined,
  })
  return { clock, answers, toAnswer }
}

/** A place that others share, which answers when it is told to. */
function openShared() {
  const looks: PromiseWithResolvers<WholeAnswer | undefined>[] = []
  const kept: string[] = []
  const shared: SharedAnswers = {
    find: () => {
      const look = Promise.withResolvers<WholeAnswer | undefined>()
      looks.push(look)
      return look.promise
    },
    keep: (place) => kept.push(place),
  }
  return { shared, looks, kept }
}

describeAnswers('memory', async (maxBytes) => {
  const { clock, answers } = open({ maxBytes })
  return { answers, clock, advance: (ms) => clock.advance(ms), stepWall: (ms) => clock.stepWall(ms) }
})

describe('kept answers', () => {
  it('have nowhere else to look where nothing is shared', () => {
    expect(open().answers.fetch('place')).toBeUndefined()
  })

  it('hold a short body in memory of its own, not the long one it was cut from', () => {
    const { answers, toAnswer } = open()
    const received = Buffer.alloc(64 * 1024, 'x')
    answers.keep('place', toAnswer(received.subarray(100, 400)), 0)
    const body = answers.find('place')?.body
    expect(body?.equals(received.subarray(100, 400))).toBe(true)
    expect(body?.buffer.byteLength).toBe(300)
  })

  it('count a short body twice: it is held as a text too by who sends it', () => {
    const { answers, toAnswer } = open({ maxBytes: 200_000 })
    const countKept = (bytes: number) => {
      answers.clear()
      const places = Array.from({ length: 100 }, (_, index) => `place ${index}`)
      for (const place of places) answers.keep(place, toAnswer(Buffer.alloc(bytes, 'x')), 1)
      return places.filter((place) => answers.find(place)).length
    }
    expect(countKept(4096)).toBeLessThan(200_000 / 9200)
    expect(countKept(4097)).toBeGreaterThan(200_000 / 5600)
  })

  it('let what has ended go while others come, so that a quiet store does not stay full', async () => {
    const { clock, answers, toAnswer } = open({ maxBytes: 10_000_000 })
    for (let index = 0; index < 10; index += 1) answers.keep(`old ${index}`, toAnswer(Buffer.alloc(10)), 0)
    await clock.advance(5000)
    for (let index = 0; index < 5; index += 1)
      answers.keep(`new ${index}`, toAnswer(Buffer.alloc(10)), clock.monotonicMs())
    // At a moment in which the old ones would still answer, had they been there.
    expect(Array.from({ length: 10 }, (_, index) => answers.find(`old ${index}`, 0))).toEqual(
      Array.from({ length: 10 }, () => undefined),
    )
    expect(answers.find('new 0')).toBeDefined()
  })

  it('hand on what they keep and what is too large for them, and not what ends too soon', () => {
    const { shared, kept } = openShared()
    const { answers, toAnswer } = open({ maxBytes: 160_000, shared })
    answers.keep('good', toAnswer(Buffer.alloc(10)), 0)
    answers.keep('large', toAnswer(Buffer.alloc(10_000)), 0)
    answers.keep('short', toAnswer(Buffer.alloc(10), 249), 0)
    answers.clear()
    answers.keep('forgotten', toAnswer(Buffer.alloc(10)), 0)
    expect(kept).toEqual(['good', 'large'])
  })

  it('look once for all who ask while it is under way, and have it in memory then', async () => {
    const { shared, looks } = openShared()
    const { answers, toAnswer } = open({ shared })
    const asked = [answers.fetch('place'), answers.fetch('place'), answers.fetch('other')]
    expect(looks).toHaveLength(2)
    looks[0]?.resolve(toAnswer(Buffer.from('shared')))
    looks[1]?.resolve(undefined)
    const found = await Promise.all(asked)
    expect(found.map((one) => one?.body.toString())).toEqual(['shared', 'shared', undefined])
    expect(answers.find('place')).toBe(found[0])
    expect(found[1]).toBe(found[0])
    void answers.fetch('other')
    expect(looks).toHaveLength(3)
  })

  it('prefer what they have put together themselves while the other was on its way', async () => {
    const { shared, looks } = openShared()
    const { answers, toAnswer } = open({ shared })
    const asked = answers.fetch('place')
    answers.keep('place', toAnswer(Buffer.from('own')), 0)
    looks[0]?.resolve(toAnswer(Buffer.from('shared')))
    expect((await asked)?.body.toString()).toBe('own')
    expect(answers.find('place')?.body.toString()).toBe('own')
  })

  it('take nothing that was on its way when they were cleared, and nobody who asks later waits for it', async () => {
    const { shared, looks } = openShared()
    const { clock, answers, toAnswer } = open({ shared })
    const before = answers.fetch('place')
    answers.clear()
    await clock.advance(1)
    const after = answers.fetch('place')
    looks[0]?.resolve(toAnswer(Buffer.from('old')))
    expect(await before).toBeUndefined()
    expect(answers.find('place')).toBeUndefined()
    expect(answers.fetch('place')).toBe(after)
    looks[1]?.resolve(toAnswer(Buffer.from('new')))
    expect((await after)?.body.toString()).toBe('new')
  })

  it('take nothing that has ended on its way, and cut what is shared to the longest life', async () => {
    const { shared, looks } = openShared()
    const { clock, answers, toAnswer } = open({ shared })
    const [ended, long] = [answers.fetch('ended'), answers.fetch('long')]
    looks[0]?.resolve(toAnswer(Buffer.from('x'), 0))
    looks[1]?.resolve(toAnswer(Buffer.from('x'), 3_600_000))
    expect(await ended).toBeUndefined()
    expect((await long)?.endsAtMs).toBe(clock.monotonicMs() + 300_000)
  })

  it('give what others share even when it is too large to stay, without packing it', async () => {
    const { shared, looks } = openShared()
    const { answers, toAnswer } = open({ maxBytes: 16_000, shared })
    const asked = answers.fetch('place')
    looks[0]?.resolve(toAnswer(Buffer.alloc(2000)))
    expect((await asked)?.body).toHaveLength(2000)
    expect((await asked)?.pack('gzip')).toBeUndefined()
    expect(answers.find('place')).toBeUndefined()
  })

  it('never give a packed form of a body that has nothing to pack', () => {
    const { answers, toAnswer } = open()
    answers.keep('place', toAnswer(randomBytes(1023)), 0)
    expect(answers.find('place')?.pack('br')).toBeUndefined()
  })
})
