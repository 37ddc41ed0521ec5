import { expect, test } from 'vitest'
import { findRetryAfterErrors } from '../../bench/faults/figures/refusals.ts'

const refused = (doneAtMs: number, retryAfterMs: number) => ({ sentAtMs: doneAtMs - 5, doneAtMs, retryAfterMs })
const started = (sentAtMs: number, startedAtMs: number) => ({ sentAtMs, doneAtMs: startedAtMs + 5, startedAtMs })

test('a refusal that told the time of the next free start is right (R1)', () => {
  expect(findRetryAfterErrors([refused(1000, 500), started(1200, 1500)])).toEqual([0])
})

test('a start that was taken before the refusal, or by a call from before it, was not free any more', () => {
  const calls = [started(900, 950), started(990, 1200), refused(1000, 500), started(1100, 1400)]
  expect(findRetryAfterErrors(calls)).toEqual([100])
})

test('of the calls asked later the first to start tells, not the first that was sent', () => {
  expect(findRetryAfterErrors([refused(1000, 500), started(1100, 1900), started(1200, 1300)])).toEqual([200])
})

test('a time that is too short is negative', () => {
  expect(findRetryAfterErrors([refused(1000, 0), started(1100, 1700)])).toEqual([-700])
})

test('nothing is said of refusals that nothing was started after', () => {
  expect(findRetryAfterErrors([started(900, 950), refused(1000, 500)])).toEqual([])
})

test('a refusal without a time is no right one and no wrong one', () => {
  expect(findRetryAfterErrors([{ sentAtMs: 1, doneAtMs: 2 }, started(3, 4)])).toEqual([])
})
