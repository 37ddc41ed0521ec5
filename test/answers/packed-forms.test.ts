import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Coding, codings } from '#answers/answers.ts'
import { createPacker, PackedForms, type Packer } from '#answers/packed-forms.ts'
import { toRows, unpack } from '#test/contract/answers-kit.ts'

const pack = (packer: Packer, body: Buffer, coding: Coding) =>
  new Promise<Buffer | undefined>((resolve) => packer.begin(body, coding, resolve))

/** A packer that is done when it is told to. */
function openPacker({ isFull = false } = {}) {
  const begun: { readonly coding: Coding; readonly end: (packed: Buffer | undefined) => void }[] = []
  const packer: Packer = {
    begin: (_body, coding, end) => {
      begun.push({ coding, end })
      return !isFull
    },
  }
  return { packer, begun }
}

describe('a packer', () => {
  it.each(codings)('packs with %s what unpacks to the same', async (coding) => {
    const packer = createPacker()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 2000 }), async (piece, times) => {
        const body = Buffer.concat(Array.from({ length: times }, () => piece))
        const packed = await pack(packer, body, coding)
        expect(packed && unpack[coding](packed).equals(body)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('takes no more than it can do soon, and takes more when some of it is done', async () => {
    const packer = createPacker()
    const ends: Promise<unknown>[] = []
    const begin = () => {
      const end = Promise.withResolvers<Buffer | undefined>()
      const isBegun = packer.begin(toRows(100), 'gzip', end.resolve)
      if (isBegun) ends.push(end.promise)
      return isBegun
    }
    const taken = Array.from({ length: 30 }, begin).filter(Boolean).length
    expect(taken).toBe(18)
    expect((await Promise.all(ends)).every((packed) => Buffer.isBuffer(packed))).toBe(true)
    expect(begin()).toBe(true)
    await Promise.all(ends)
  })
})

describe('packed forms', () => {
  const body = toRows(100)

  it('are made once each, for as long as it takes', () => {
    const { packer, begun } = openPacker()
    const forms = new PackedForms(body, packer, () => true)
    for (const coding of ['br', 'zstd', 'br', 'zstd'] as const) expect(forms.find(coding)).toBeUndefined()
    expect(begun.map(({ coding }) => coding)).toEqual(['br', 'zstd'])
    begun[0]?.end(Buffer.from('packed'))
    expect(forms.find('br')?.toString()).toBe('packed')
    expect(forms.find('zstd')).toBeUndefined()
    expect(begun).toHaveLength(2)
  })

  it.each([
    ['saves less than a tenth', Buffer.alloc(Math.floor(body.length * 0.9) + 1), true],
    ['could not be made', undefined, true],
    ['has no room', Buffer.alloc(10), false],
  ])('are not made again when one %s', (_name, packed, hasRoom) => {
    const { packer, begun } = openPacker()
    const asked: number[] = []
    const forms = new PackedForms(body, packer, (bytes) => {
      asked.push(bytes)
      return hasRoom
    })
    forms.find('gzip')
    begun[0]?.end(packed)
    expect(forms.find('gzip')).toBeUndefined()
    expect(begun).toHaveLength(1)
    expect(asked).toEqual(hasRoom ? [] : [10])
  })

  it('are never made of a short body', () => {
    const { packer, begun } = openPacker()
    const forms = new PackedForms(Buffer.alloc(1023), packer, () => true)
    expect(codings.map((coding) => forms.find(coding))).toEqual([undefined, undefined, undefined])
    expect(begun).toEqual([])
    new PackedForms(Buffer.alloc(1024), packer, () => true).find('br')
    expect(begun).toHaveLength(1)
  })

  it('are asked for again when the packer was busy', () => {
    const { packer, begun } = openPacker({ isFull: true })
    const forms = new PackedForms(body, packer, () => true)
    for (let ask = 0; ask < 3; ask += 1) expect(forms.find('zstd')).toBeUndefined()
    expect(begun).toHaveLength(3)
  })

  it.each(codings)('are not made with %s of what cannot be packed', async (coding) => {
    const packer = createPacker()
    const noise = randomBytes(5000)
    let accepted = 0
    const done = Promise.withResolvers<void>()
    const watched: Packer = {
      begin: (packedBody, by, onPacked) =>
        packer.begin(packedBody, by, (packed) => {
          onPacked(packed)
          done.resolve()
        }),
    }
    const forms = new PackedForms(noise, watched, () => {
      accepted += 1
      return true
    })
    forms.find(coding)
    await done.promise
    expect(forms.find(coding)).toBeUndefined()
    expect(accepted).toBe(0)
  })
})
