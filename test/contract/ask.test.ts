import { describe, expect, test } from 'vitest'
import { Meter } from '#contract/ask.ts'

/** A question whose look-up ends when the test says so. */
function ask(meter: Meter, calls: number) {
  const lookUp = Promise.withResolvers<number>()
  return {
    found: () => lookUp.resolve(calls),
    fail: lookUp.reject,
    answer: meter.planTogether(
      () => lookUp.promise,
      (found) => found,
    ),
  }
}
const tooMuch = (message: string) => ({ code: 'QUERY_TOO_COMPLEX', message: expect.stringContaining(message) })

describe('questions that are planned together', () => {
  test('are all let through within the limit', async () => {
    const meter = new Meter(5)
    const questions = [2, 0, 3].map((calls) => ask(meter, calls))
    for (const { found } of questions) found()
    expect(await Promise.all(questions.map(({ answer }) => answer))).toEqual([2, 0, 3])
    expect(meter.canPlan(1)).toBe(false)
  })

  test('are all refused over it, however late the last of them knows, save those that need nothing', async () => {
    const meter = new Meter(5)
    const [one, other, kept] = [ask(meter, 3), ask(meter, 3), ask(meter, 0)]
    one.found()
    kept.found()
    expect(await kept.answer).toBe(0)
    other.found()
    await expect(one.answer).rejects.toMatchObject(tooMuch('needs 6 or more provider calls; allowed are 5'))
    await expect(other.answer).rejects.toMatchObject(tooMuch('needs 6'))
    // Nothing of it counts as planned.
    const later = ask(meter, 5)
    later.found()
    expect(await later.answer).toBe(5)
  })

  test('begin in the same turn, however soon the first of them knows', async () => {
    const meter = new Meter(5)
    const answers = await Promise.allSettled(
      Array.from({ length: 6 }, async (_, index) => {
        for (let turn = 0; turn < 4 * index; turn += 1) await Promise.resolve()
        return meter.planTogether(
          async () => 1,
          (calls) => calls,
        )
      }),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'rejected'))
  })

  test('do not wait for one whose look-up failed', async () => {
    const meter = new Meter(5)
    const [one, other] = [ask(meter, 3), ask(meter, 3)]
    one.found()
    other.fail(new Error('the cache is gone'))
    await expect(other.answer).rejects.toThrow('the cache is gone')
    expect(await one.answer).toBe(3)
  })

  test('come on top of what was planned before', async () => {
    const meter = new Meter(5)
    meter.plan(3)
    const [one, other] = [ask(meter, 1), ask(meter, 2)]
    one.found()
    other.found()
    await expect(Promise.all([one.answer, other.answer])).rejects.toMatchObject(tooMuch('needs 6'))
    meter.plan(2)
  })
})
