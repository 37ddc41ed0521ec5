import { describe, expect, it } from 'vitest'
import { decodeHead, encodeEntry } from '#cache/entry-codec.ts'
import { SharedReadings } from '#cache/shared-readings.ts'

async function encode(value: unknown) {
  const bytes = await encodeEntry({ fetchedAt: 1, freshUntil: 2, keepUntil: 3, sizeBytes: 4 }, value)
  const head = bytes && decodeHead(bytes)
  if (!head) throw new Error('was not written')
  return { bytes, head }
}

describe('readings that are shared', () => {
  it('give all who look at the same time the same value of the same bytes', async () => {
    const readings = new SharedReadings()
    const { bytes, head } = await encode(['x'])
    for (let looker = 0; looker < 2; looker += 1) readings.enter('key')
    const first = await readings.read('key', bytes, head)
    readings.leave('key')
    expect(await readings.read('key', Buffer.from(bytes), head)).toBe(first)
  })

  it('never give the value of other bytes, or of another key', async () => {
    const readings = new SharedReadings()
    const [old, other] = [await encode(['old']), await encode(['new'])]
    for (const key of ['key', 'key', 'two']) readings.enter(key)
    expect(await readings.read('key', old.bytes, old.head)).toEqual({ value: ['old'] })
    expect(await readings.read('key', other.bytes, other.head)).toEqual({ value: ['new'] })
    expect(await readings.read('two', old.bytes, old.head)).toEqual({ value: ['old'] })
  })

  it('remember nothing once the last has left', async () => {
    const readings = new SharedReadings()
    const { bytes, head } = await encode(['x'])
    readings.enter('key')
    const first = await readings.read('key', bytes, head)
    readings.leave('key')
    readings.enter('key')
    expect(await readings.read('key', bytes, head)).not.toBe(first)
  })
})
