import { randomBytes } from 'node:crypto'
import { crc32, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeHead, decodeValue, encodeEntry } from '#cache/entry-codec.ts'

const head = {
  fetchedAt: 1_795_000_000_000,
  freshUntil: 8_640_000_000_000_000,
  keepUntil: 1_797_000_000_000,
  sizeBytes: 7,
}

async function encode(value: unknown): Promise<Buffer> {
  const bytes = await encodeEntry(head, value)
  if (!bytes) throw new Error('was not written')
  return bytes
}

/** What a reader makes of some bytes. */
async function decode(bytes: Buffer) {
  const read = decodeHead(bytes)
  const value = read && (await decodeValue(bytes, read))
  return value && { ...read, ...value }
}

/** Bytes in the form of an entry, whatever they hold. */
function forge(body: Buffer, flags: number, fields = [1, 2, 3, 4], version = 1): Buffer {
  const bytes = Buffer.concat([Buffer.from([version, flags, 0, 0, 0, 0]), Buffer.alloc(32), body])
  for (const [index, field] of fields.entries()) bytes.writeDoubleBE(field, 6 + index * 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(6)), 2)
  return bytes
}

const isFrozenAt = (list: unknown, index: number) => Array.isArray(list) && Object.isFrozen(list[index])

const rows = Array.from({ length: 1440 }, (_, index) => ({
  observedAt: head.fetchedAt + index * 60_000,
  viewers: index,
}))

describe('an encoded entry', () => {
  it('reads back as what was written, whatever JSON can tell', async () => {
    const values = fc.oneof(
      fc.jsonValue({ noUnicodeString: false, depthSize: 'medium' }),
      fc.array(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(-0), fc.maxSafeInteger())),
      fc.dictionary(fc.oneof(fc.string({ unit: 'binary' }), fc.constant('__proto__')), fc.jsonValue(), {
        noNullPrototype: true,
      }),
      fc.string({ unit: 'binary', minLength: 1000, maxLength: 3000 }),
      fc.constantFrom(-0, 2 ** 53, -(2 ** 63), 1e308, 5e-324, '\ud800', '', 'a'.repeat(5000)),
    )
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        expect(await decode(await encode(value))).toStrictEqual({ ...head, value })
      }),
      { numRuns: 500 },
    )
  })

  it('stays the same from release to release: other versions read it', async () => {
    expect((await encode({ a: [1, 'ü'] })).toString('hex')).toBe(
      [
        '0100', // version, flags
        '96af95d3', // checksum
        '427a1ee565e00000433eb208c2dc0000427a2658bf200000401c000000000000',
        Buffer.from('{"a":[1,"ü"]}').toString('hex'),
      ].join(''),
    )
  })

  it('is compressed where that saves a fifth', async () => {
    const bytes = await encode(rows)
    expect(bytes.readUInt8(1)).toBe(1)
    expect(bytes.length).toBeLessThan(JSON.stringify(rows).length / 4)
    const noise = String.fromCharCode(...randomBytes(1100).map((byte) => 32 + (byte % 95)))
    expect((await encode('a'.repeat(1000))).readUInt8(1)).toBe(0)
    expect((await encode(noise)).readUInt8(1)).toBe(0)
  })

  it.each([
    ['of the size its writer told', (length: number) => length],
    ['larger than its writer told', () => 10],
    ['smaller than its writer told', () => 64 * 1024 ** 2],
  ])('reads back when it is long and %s, frozen throughout', async (_name, toSize) => {
    // Packed and unpacked at once, only unpacked at once, neither.
    for (const count of [100, 10_000, 40_000]) {
      const value = Array.from({ length: count }, (_, index) => ({ index, text: `row ${index}` }))
      const json = JSON.stringify(value)
      const sizeBytes = toSize(json.length)
      const bytes = await encodeEntry({ ...head, sizeBytes }, value)
      const read = bytes && (await decode(bytes))
      expect(JSON.stringify(read?.value) === json).toBe(true)
      expect(read).toMatchObject({ ...head, sizeBytes })
      expect([0, count - 1].every((index) => isFrozenAt(read?.value, index))).toBe(true)
    }
  })

  it('holds a field named __proto__ as a field and no more', async () => {
    const read = await decode(await encode(JSON.parse('{"__proto__":{"polluted":1}}')))
    expect(Object.hasOwn(read?.value ?? {}, '__proto__')).toBe(true)
    expect(Object.getPrototypeOf(read?.value)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it.each([
    ['nothing', undefined],
    ['NaN', { a: [Number.NaN] }],
    ['infinity', [Number.POSITIVE_INFINITY]],
    ['a hole', new Array(1)],
    ['a date', { at: new Date(0) }],
    ['a map', new Map()],
    ['an error', { failure: new Error('x') }],
    ['a bigint', 1n],
    ['a function', { call: () => 1 }],
    ['bytes', Buffer.from('x')],
    [
      'a circle',
      (() => {
        const circle: unknown[] = []
        circle.push(circle)
        return circle
      })(),
    ],
  ])('is not written for %s', async (_name, value) => {
    expect(await encodeEntry(head, value)).toBeUndefined()
  })

  it('leaves out fields that hold undefined', async () => {
    expect(await decode(await encode({ a: 1, b: undefined }))).toMatchObject({ value: { a: 1 } })
  })

  it('is not written when its text is longer than 64 MiB', async () => {
    expect(await encodeEntry(head, 'x'.repeat(64 * 1024 ** 2))).toBeUndefined()
  })
})

describe('anything else', () => {
  it.each([
    ['short', [1, 'two', { three: 3 }]],
    ['compressed', rows],
    ['a number', 1234567],
  ])('cut anywhere is no entry: %s', async (_name, value) => {
    const bytes = await encode(value)
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
        expect(await decode(bytes.subarray(0, length))).toBeUndefined()
      }),
    )
  })

  it('changed anywhere is no entry', async () => {
    const bytes = await encode(rows)
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (place, change) => {
        const changed = Buffer.from(bytes)
        changed.writeUInt8(changed.readUInt8(place) ^ change, place)
        expect(await decode(changed)).toBeUndefined()
      }),
    )
  })

  it('of junk is no entry', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(3), async (junk, flags) => {
        expect(await decode(Buffer.from(junk))).toBeUndefined()
        // Junk that passes every check before the text itself.
        expect(await decode(forge(Buffer.concat([Buffer.from('}'), junk]), flags))).toBeUndefined()
      }),
    )
  })

  it.each([
    ['of another version', forge(Buffer.from('1'), 0, [1, 2, 3, 4], 2)],
    ['with an unknown flag', forge(Buffer.from('1'), 2)],
    ['with an age that is no number', forge(Buffer.from('1'), 0, [Number.NaN, 2, 3, 4])],
    ['with an instant beyond all dates', forge(Buffer.from('1'), 0, [1, Number.POSITIVE_INFINITY, 3, 4])],
    ['of a negative size', forge(Buffer.from('1'), 0, [1, 2, 3, -4])],
    ['without a value', forge(Buffer.alloc(0), 0)],
    ['that unpacks to more than 64 MiB', forge(zstdCompressSync(Buffer.alloc(64 * 1024 ** 2 + 1, '1')), 1)],
  ])('is no entry: one %s', async (_name, bytes) => {
    expect(await decode(bytes)).toBeUndefined()
  })

  it('like what an entry is made of is one', async () => {
    expect(await decode(forge(Buffer.from('1'), 0))).toMatchObject({ fetchedAt: 1, value: 1 })
    expect(await decode(forge(zstdCompressSync(Buffer.from('[1]')), 1))).toMatchObject({ value: [1] })
  })
})
