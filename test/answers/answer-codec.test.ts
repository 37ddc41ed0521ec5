import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAnswer as decodeWith, encodeAnswer } from '#answers/answer-codec.ts'

const decodeAnswer = (bytes: Buffer) => decodeWith(bytes, new Map())
const instant = fc.double({ noNaN: true, noDefaultInfinity: true })
const stored = fc.record({
  headers: fc
    .array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), { maxLength: 4 })
    .map((pairs) => pairs.flat()),
  body: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  keptAt: instant,
  endsAt: instant,
  age: fc.option(
    fc.record({ fetchedAt: instant, freshUntil: fc.oneof(instant, fc.constant(Number.POSITIVE_INFINITY)) }),
    { nil: undefined },
  ),
})
const one = { headers: ['a', 'ü'], body: Buffer.from('{"b":1}'), keptAt: 1000, endsAt: 6000.5, age: undefined }

/** Bytes in the form of an answer, whatever they hold. */
function forge(head: string, fields: readonly number[], headBytes = Buffer.byteLength(head)): Buffer {
  const bytes = Buffer.concat([Buffer.from([2]), Buffer.alloc(44), Buffer.from(head)])
  for (const [index, field] of fields.entries()) bytes.writeDoubleBE(field, 5 + index * 8)
  bytes.writeUInt32BE(headBytes, 37)
  bytes.writeUInt32BE(crc32(bytes.subarray(5)), 1)
  return bytes
}

describe('an encoded answer', () => {
  it('reads back as what was written', () => {
    fc.assert(
      fc.property(stored, (answer) => {
        expect(decodeAnswer(encodeAnswer(answer))).toEqual(answer)
      }),
    )
  })

  it('stays the same from release to release: other versions read it', () => {
    expect(encodeAnswer({ ...one, age: { fetchedAt: 1, freshUntil: 2 } }).toString('hex')).toBe(
      [
        '02', // version
        'b9cef4b7', // checksum
        '408f40000000000040b77080000000003ff00000000000004000000000000000',
        '0000000a', // bytes of the head
        '00000007', // bytes of the body
        Buffer.from('["a","ü"]').toString('hex'),
        Buffer.from('{"b":1}').toString('hex'),
      ].join(''),
    )
  })

  it('is none when a byte of it is lost, added or another', () => {
    fc.assert(
      fc.property(stored, fc.nat(), fc.integer({ min: 1, max: 255 }), (answer, where, change) => {
        const bytes = encodeAnswer(answer)
        const place = where % bytes.length
        expect(decodeAnswer(bytes.subarray(0, place))).toBeUndefined()
        expect(decodeAnswer(Buffer.concat([bytes, Buffer.from([change])]))).toBeUndefined()
        bytes.writeUInt8(bytes.readUInt8(place) ^ change, place)
        expect(decodeAnswer(bytes)).toBeUndefined()
      }),
    )
  })

  it('that is long is none when one end of it is another, or when it is longer or shorter', () => {
    const bytes = encodeAnswer({ ...one, body: Buffer.alloc(100_000, 'x') })
    expect(decodeAnswer(bytes)?.body).toHaveLength(100_000)
    expect(decodeAnswer(bytes.subarray(0, -1))).toBeUndefined()
    expect(decodeAnswer(Buffer.concat([bytes, bytes.subarray(0, 1)]))).toBeUndefined()
    for (const place of [bytes.length - 100_000, bytes.length - 99_000, bytes.length - 1000, bytes.length - 1]) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(7, place)
      expect(decodeAnswer(changed)).toBeUndefined()
    }
  })

  it('has the very list of headers that another with the same head has', () => {
    const known = new Map()
    const read = (headers: readonly string[]) => decodeWith(encodeAnswer({ ...one, headers }), known)?.headers
    expect(read(['a', 'ü'])).toBe(read(['a', 'ü']))
    expect(read(['a', 'û'])).toEqual(['a', 'û'])
    for (let index = 0; index < 1000; index += 1) expect(read(['etag', `"${index}"`])).toEqual(['etag', `"${index}"`])
    expect(known.size).toBeLessThanOrEqual(100)
  })

  const none = [Number.NaN, Number.NaN]
  it.each([
    ['whole', '["a","b"]', [1, 2, ...none], undefined, true],
    ['with an end that is no instant', '[]', [1, Number.POSITIVE_INFINITY, ...none], undefined, false],
    ['kept at no instant', '[]', [Number.NaN, 2, ...none], undefined, false],
    ['with half an age', '[]', [1, 2, 3, Number.NaN], undefined, false],
    ['with the other half of an age', '[]', [1, 2, Number.NaN, 3], undefined, false],
    ['whose head is longer than all of it', '[]', [1, 2, ...none], 3, false],
    ['whose head is no JSON', '[', [1, 2, ...none], undefined, false],
    ['whose head is no list', '{"length":0}', [1, 2, ...none], undefined, false],
    ['whose head holds a number', '["a",1]', [1, 2, ...none], undefined, false],
    ['whose head holds a name without a value', '["a"]', [1, 2, ...none], undefined, false],
  ])('that is %s but sealed well is read by its shape', (_name, head, fields, headBytes, isRead) => {
    expect(decodeAnswer(forge(head, fields, headBytes)) !== undefined).toBe(isRead)
  })
})
