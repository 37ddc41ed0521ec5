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

test('holds no text for longer than ten seconds after the first, though nobody asks any more', async () => {
  const clock = new FakeClock()
  const recent = new RecentCredentials<string>(clock)
  recent.add('10.0.0.1', 'key', 'web')
  await clock.advance(9_999)
  recent.add('10.0.0.1', 'later', 'app')
  expect(recent.find('10.0.0.1', 'key')).toBe('web')
  expect(recent.size).toBe(2)
  await clock.advance(1)
  expect(recent.size).toBe(0)
  expect(clock.waiting).toBe(0)
  recent.add('10.0.0.1', 'key', 'web')
  expect(recent.find('10.0.0.1', 'key')).toBe('web')
  await clock.advance(10_000)
  expect(recent.size).toBe(0)
})

test('holds a thousand, of one address and another, and takes more when those have gone', async () => {
  const clock = new FakeClock()
  const recent = new RecentCredentials<number>(clock)
  for (let index = 0; index < 1000; index += 1) recent.add(`10.0.${index % 7}.1`, `key ${index >> 1}`, index)
  recent.add('10.0.0.1', 'one more', 1000)
  expect(recent.size).toBe(1000)
  expect(recent.find('10.0.0.1', 'one more')).toBeUndefined()
  await clock.advance(10_000)
  recent.add('10.0.0.1', 'one more', 1000)
  expect(recent.find('10.0.0.1', 'one more')).toBe(1000)
})

test('forgets one wherever it came from, and renews it only where it is', () => {
  const recent = new RecentCredentials<string>(new FakeClock())
  recent.add('10.0.0.1', 'key', 'old')
  recent.add('10.0.0.2', 'key', 'old')
  recent.renew('10.0.0.1', 'key', 'new')
  recent.renew('10.0.0.3', 'key', 'new')
  recent.renew('10.0.0.1', 'other', 'new')
  expect(['1', '2', '3'].map((last) => recent.find(`10.0.0.${last}`, 'key'))).toEqual(['new', 'old', undefined])
  expect(recent.find('10.0.0.1', 'other')).toBeUndefined()
  recent.forget('key')
  expect(recent.find('10.0.0.1', 'key')).toBeUndefined()
  expect(recent.find('10.0.0.2', 'key')).toBeUndefined()
})

test('holds nothing after its end', () => {
  const clock = new FakeClock()
  const recent = new RecentCredentials<string>(clock)
  recent.add('10.0.0.1', 'key', 'web')
  recent.close()
  expect(clock.waiting).toBe(0)
  recent.add('10.0.0.1', 'key', 'web')
  expect(recent.size).toBe(0)
})
