import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PlaySample, PushSample } from '#model/sample.ts'
import { FOREVER, toIsoTime } from '#model/time-range.ts'
import { constantColumn, type RowForm, toRowForm } from '#rows/row-form.ts'
import { createRowWriter } from '#rows/row-writer.ts'
import { playColumns, pushColumns } from '#rows/sample-columns.ts'

const instant = fc.oneof(
  fc.integer({ min: -FOREVER, max: FOREVER }),
  fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) }),
)
const number = fc.oneof(
  fc.constantFrom(null, 0, -0, 1, 9, 10, 1e9 - 1, 1e9, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 1e21, 5e-324, 0.1, 0.001, 29.97),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: 0, max: 2 ** 53 - 1 }),
  fc.integer({ min: 0, max: 1e15 }).map((thousandths) => thousandths / 1000),
  fc.integer({ min: 0, max: 1e6 }).map((thousandths) => thousandths / 1000),
)
const text = fc.oneof(
  fc.constantFrom(
    null,
    '',
    '203.0.113.7',
    '2001:db8::1',
    '"',
    '\\',
    '\u007f',
    '\u2028',
    '\ud800',
    '日本',
    '😀',
    '","a":"',
  ),
  fc.string({ unit: 'binary' }),
  fc.string(),
)
const pushSample: fc.Arbitrary<PushSample> = fc.record({
  ...{ observedAt: instant, frameRate: number, bitrateBitsPerSecond: number, clientIp: text, serverIp: text },
})
const playSample: fc.Arbitrary<PlaySample> = fc.record({
  ...{ observedAt: instant, bandwidthBitsPerSecond: number, trafficBytes: number },
  onlineViewers: fc.oneof(fc.constant(null), fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 })),
})

/** What a form of all fields writes. */
const pushForm = toRowForm<PushSample>([
  { name: 'at', column: pushColumns.observedAt },
  { name: 'frameRate', column: pushColumns.frameRate },
  { name: '__typename', column: constantColumn('PushSample') },
  { name: 'bitrate', column: pushColumns.bitrateBitsPerSecond },
  { name: 'clientIp', column: pushColumns.clientIp },
  { name: 'serverIp', column: pushColumns.serverIp },
])
const showPush = ({ observedAt, frameRate, bitrateBitsPerSecond, clientIp, serverIp }: PushSample) => ({
  ...{
    at: toIsoTime(observedAt),
    frameRate,
    __typename: 'PushSample',
    bitrate: bitrateBitsPerSecond,
    clientIp,
    serverIp,
  },
})
const playForm = toRowForm<PlaySample>([
  { name: 'trafficBytes', column: playColumns.trafficBytes },
  { name: 'onlineViewers', column: playColumns.onlineViewers },
  { name: 'bandwidthBitsPerSecond', column: playColumns.bandwidthBitsPerSecond },
  { name: 'observedAt', column: playColumns.observedAt },
])
const showPlay = ({ observedAt, bandwidthBitsPerSecond, onlineViewers, trafficBytes }: PlaySample) => ({
  ...{ trafficBytes, onlineViewers, bandwidthBitsPerSecond, observedAt: toIsoTime(observedAt) },
})
const timeForm = toRowForm<PushSample>([{ name: 'observedAt', column: pushColumns.observedAt }])

const toJson = (rows: readonly object[]) => JSON.stringify(rows).slice(1, -1)
const sampleAt = (observedAt: number): PushSample => ({
  ...{ observedAt, frameRate: 25, bitrateBitsPerSecond: 1_500_000, clientIp: '203.0.113.7', serverIp: null },
})
const createSamples = (count: number) =>
  Object.freeze(Array.from({ length: count }, (_, index) => sampleAt(index * 5000)))

describe('rows are written as JSON.stringify writes them', () => {
  function check<Row extends object>(rows: fc.Arbitrary<Row>, form: RowForm<Row>, show: (row: Row) => object) {
    const writer = createRowWriter({ maxBytes: 1e6 })
    fc.assert(
      fc.property(
        fc.array(rows, { maxLength: 12 }),
        fc.nat(12),
        fc.nat(12),
        fc.boolean(),
        (samples, one, other, frozen) => {
          if (frozen) Object.freeze(samples)
          const begin = Math.min(one, other, samples.length)
          const end = Math.min(Math.max(one, other), samples.length)
          for (const _ of ['for the first time', 'for the second', 'out of what is kept'])
            expect(writer.write({ samples, begin, end }, form)?.toString()).toBe(
              toJson(samples.slice(begin, end).map((sample) => show(sample))),
            )
          expect(writer.write({ samples, begin: 0, end: samples.length }, form)?.toString()).toBe(
            toJson(samples.map(show)),
          )
        },
      ),
      { numRuns: 500 },
    )
  }

  test('of ingest', () => check(pushSample, pushForm, showPush))
  test('of playback', () => check(playSample, playForm, showPlay))

  test('many of them', () => {
    const samples = createSamples(20_000)
    const written = createRowWriter({ maxBytes: 0 }).write({ samples, begin: 0, end: samples.length }, pushForm)
    expect(written?.toString()).toBe(toJson(samples.map(showPush)))
  })

  test('without any field', () => {
    const samples = createSamples(2)
    expect(String(createRowWriter({ maxBytes: 1e6 }).write({ samples, begin: 0, end: 2 }, toRowForm([])))).toBe('{},{}')
  })
})

test('a value that is none of its kind is refused, and nothing after it', () => {
  const writer = createRowWriter({ maxBytes: 1e6 })
  const play = { observedAt: 0, bandwidthBitsPerSecond: null, onlineViewers: null, trafficBytes: null }
  const write = (row: PlaySample) => writer.write({ samples: Object.freeze([row]), begin: 0, end: 1 }, playForm)
  for (const wrong of [
    { onlineViewers: 2 ** 31 },
    { onlineViewers: 1.5 },
    { trafficBytes: Number.NaN },
    { bandwidthBitsPerSecond: Number.POSITIVE_INFINITY },
    { observedAt: Number.NaN },
    { observedAt: FOREVER + 1 },
  ])
    expect([wrong, write({ ...play, ...wrong })]).toEqual([wrong, undefined])
  expect(write(play)).toBeDefined()
})

describe('what is kept', () => {
  const whole = (samples: readonly PushSample[]) => ({ samples, begin: 0, end: samples.length })
  /** Whether two answers are cut out of the same bytes. */
  const isShared = (one: Buffer | undefined, other: Buffer | undefined) => one?.buffer === other?.buffer

  test('is written once for all who read it in the same form', () => {
    const writer = createRowWriter({ maxBytes: 1e6 })
    const samples = createSamples(100)
    const first = writer.write(whole(samples), pushForm)
    expect(isShared(writer.write({ samples, begin: 10, end: 20 }, pushForm), first)).toBe(true)
    const same = toRowForm<PushSample>([{ name: 'observedAt', column: pushColumns.observedAt }])
    expect(isShared(writer.write(whole(samples), timeForm), first)).toBe(false)
    expect(isShared(writer.write(whole(samples), timeForm), writer.write(whole(samples), same))).toBe(true)
  })

  test('is written whole when a small part of it is asked for again, not before', () => {
    const writer = createRowWriter({ maxBytes: 1e6 })
    const samples = createSamples(100)
    const part = { samples, begin: 90, end: 100 }
    const [first, second, third] = [1, 2, 3].map(() => writer.write(part, pushForm))
    expect(first?.buffer.byteLength).toBe(first?.length)
    expect(second?.buffer.byteLength).toBeGreaterThan(9 * (first?.length ?? 0))
    expect(isShared(second, third)).toBe(true)
  })

  test('goes on where it ended when it has grown, and only the newest stays', () => {
    const writer = createRowWriter({ maxBytes: 1e6 })
    let written = 0
    const counting = toRowForm<PushSample>([
      {
        name: 'observedAt',
        column: {
          key: 'observedAt',
          write: (out, row) => {
            written += 1
            pushColumns.observedAt.write(out, row)
          },
        },
      },
    ])
    const all = createSamples(100)
    // What was last may have been told otherwise meanwhile.
    const grown = [all.slice(0, 60), [...all.slice(0, 58), sampleAt(1), ...all.slice(58)], all.slice(0, 30), all]
    const costs = grown.map((samples) => {
      written = 0
      const json = writer.write(whole(Object.freeze(samples)), counting)
      expect(String(json)).toBe(toJson(samples.map(({ observedAt }) => ({ observedAt: toIsoTime(observedAt) }))))
      return written
    })
    expect(costs).toEqual([60, 43, 0, 70])
  })

  test('is no array that may still change', () => {
    const writer = createRowWriter({ maxBytes: 1e6 })
    const samples = [sampleAt(0)]
    expect(String(writer.write(whole(samples), timeForm))).toContain(':00.000Z')
    samples[0] = sampleAt(5000)
    expect(String(writer.write(whole(samples), timeForm))).toContain(':05.000Z')
  })

  test('stays within its bytes: what was asked for least lately goes', () => {
    const writer = createRowWriter({ maxBytes: 30_000 })
    const [used, unused] = [createSamples(50), createSamples(50)]
    const [firstUsed, firstUnused] = [used, unused].map((samples) => writer.write(whole(samples), timeForm))
    for (let index = 0; index < 50; index += 1) {
      writer.write(whole(createSamples(50)), timeForm)
      expect(isShared(writer.write(whole(used), timeForm), firstUsed)).toBe(true)
    }
    expect(isShared(writer.write(whole(unused), timeForm), firstUnused)).toBe(false)
  })
})
