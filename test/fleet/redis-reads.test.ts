import { expect, test } from 'vitest'
import { RedisReads } from '#fleet/redis-reads.ts'

/** A store in which every key has its own name as its value, some of them long. */
function start() {
  const asked: number[] = []
  const reads = new RedisReads(async (keys) => {
    asked.push(keys.length)
    return keys.map((key) => (key === 'none' ? null : Buffer.from(key.padEnd(key.startsWith('long') ? 50_000 : 1))))
  })
  const readAll = async (...keys: string[]) => {
    const reading = keys.map((key) => reads.read(key, true))
    reads.leave()
    return (await Promise.all(reading)).map((value) => value?.toString().trim() ?? null)
  }
  return { asked, reads, readAll }
}

test('what is gathered leaves as one command, and each gets its own', async () => {
  const { asked, readAll, reads } = start()
  expect(await readAll('a', 'none', 'b', 'a')).toEqual(['a', null, 'b', 'a'])
  expect(asked).toEqual([4])
  expect(reads.leave()).toBe(0)
})

test('a crowd leaves as several', async () => {
  const { asked, readAll } = start()
  const keys = Array.from({ length: 70 }, (_, index) => `${index}`)
  expect(await readAll(...keys)).toEqual(keys)
  expect(asked).toEqual([32, 32, 6])
})

test('long values are read one by one, until short ones come again', async () => {
  const { asked, readAll } = start()
  await readAll('long 1', 'long 2')
  await readAll('long 3', 'long 4')
  await readAll('a', 'b')
  await readAll('a', 'b')
  expect(asked).toEqual([2, 1, 1, 1, 1, 2])
})

test('all who were gathered are told of a failure', async () => {
  const reads = new RedisReads(() => Promise.reject(new Error('away')))
  const reading = ['a', 'b'].map((key) => reads.read(key, true).catch(String))
  expect(reads.leave()).toBe(2)
  expect(await Promise.all(reading)).toEqual(['Error: away', 'Error: away'])
})
