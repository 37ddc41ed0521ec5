import { expect, test } from 'vitest'
import { FakeClock } from '#test/support/fake-clock.ts'
import { Alarm } from '../../src/workers/alarm.ts'

const { signal } = new AbortController()

test('ends a wait early, or after its time', async () => {
  const clock = new FakeClock()
  const alarm = new Alarm(clock)
  const waits = [alarm.wait(1000, signal), alarm.wait(2000, signal)]
  alarm.ring()
  expect(await Promise.all(waits)).toEqual([true, true])
  const calm = alarm.wait(1000, signal)
  await clock.advance(1000)
  expect(await calm).toBe(false)
  expect(clock.waiting).toBe(0)
})

test('that rings while nobody waits ends the next wait', async () => {
  const alarm = new Alarm(new FakeClock())
  alarm.ring()
  expect(await alarm.wait(1000, signal)).toBe(true)
})

test('gives up with the signal', async () => {
  const stopping = new AbortController()
  const wait = new Alarm(new FakeClock()).wait(1000, stopping.signal)
  stopping.abort()
  expect(await wait).toBe(false)
})
