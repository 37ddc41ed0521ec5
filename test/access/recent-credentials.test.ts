import { expect, test } from 'vitest'
import { RecentCredentials } from '#access/recent-credentials.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

test('finds what was added, for that credential from that address alone', () => {
  const recent = new RecentCredentials<string>(new FakeClock())
  recent.add('10.0.0.1', 'key', 'web')
  recent.add('10.0.0.2', 'key', 'app')
  expect(recent.find('10.0.0.1', 'key')).toBe('web')
  expect(recent.find('10.0.0.2', 'key')).toBe('app')
  expect(recent.find('10.0.0.3', 'key')).toBeUndefined()
  for (const other of ['', 'ke', 'key ', 'KEY', '__proto__']) expect(recent.find('10.0.0.1', other)).toBeUndefined()
})

test('holds no text for longer than ten seconds after the first, however often it is found', async () => {
  const clock = new FakeClock()
  const recent = new RecentCredentials<string>(clock)
  recent.add('10.0.0.1', 'key', 'web')
  await clock.advance(9_999)
  recent.add('10.0.0.1', 'later', 'app')
  expect(recent.find('10.0.0.1', 'key')).toBe('web')
  await clock.advance(1)
  expect(recent.find('10.0.0.1', 'key')).toBeUndefined()
  expect(recent.find('10.0.0.1', 'later')).toBeUndefined()
  recent.add('10.0.0.1', 'key', 'web')
  expect(recent.find('10.0.0.1', 'key')).toBe('web')
})

test('holds a thousand, of one address and another, and begins anew beyond', () => {
  const recent = new RecentCredentials<number>(new FakeClock())
  for (let index = 0; index < 1000; index += 1) recent.add(`10.0.${index % 7}.1`, `key ${index >> 1}`, index)
  // Once more is no more.
  recent.add('10.0.0.1', 'key 0', 0)
  expect(recent.find('10.0.0.1', 'key 0')).toBe(0)
  recent.add('10.0.0.1', 'one more', 1000)
  expect(recent.find('10.0.0.1', 'key 0')).toBeUndefined()
  expect(recent.find('10.0.0.1', 'one more')).toBe(1000)
})

test('forgets one, wherever it came from, and has its room again', () => {
  const recent = new RecentCredentials<number>(new FakeClock())
  for (let index = 0; index < 999; index += 1) recent.add(`10.0.${index}.1`, 'key', index)
  recent.add('10.0.0.1', 'other', 1)
  recent.forget('key')
  recent.forget('nobody')
  expect(recent.find('10.0.0.1', 'key')).toBeUndefined()
  for (let index = 0; index < 999; index += 1) recent.add(`10.0.${index}.1`, 'new', index)
  expect(recent.find('10.0.0.1', 'other')).toBe(1)
})
