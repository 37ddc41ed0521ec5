import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findLonePoints, type MissingPiece, toPlotData } from '../../web/console/charts/plot-data.ts'
import { chooseEverySeconds } from '../../web/console/charts/resolution.ts'
import {
  cutColumns,
  emptyColumns,
  groupColumns,
  joinColumns,
  joinLive,
  type SampleColumns,
  toColumns,
} from '../../web/console/charts/sample-columns.ts'
import { toSparkPath } from '../../web/console/charts/spark-path.ts'
import { summarise } from '../../web/console/charts/summary.ts'
import { toTimeMarks, toTimeSplits } from '../../web/console/charts/time-axis.ts'
import { startOfDay, type TimelineSession, toTimelineDays } from '../../web/console/charts/timeline-days.ts'

const TICK = 5_000

function columnsOf(times: readonly number[], values: readonly number[] = times.map(() => 1)): SampleColumns {
  return { times: Float64Array.from(times), values: [Float64Array.from(values)] }
}

const pieceOf = (fromMs: number, toMs: number): MissingPiece => ({
  fromMs,
  toMs,
  code: 'UPSTREAM_TIMEOUT',
  message: '',
})

describe('a history in columns', () => {
  it('keeps what was not measured apart from a measured nothing', () => {
    const samples = [
      { observedAt: '2026-11-22T00:00:00Z', rate: 0 },
      { observedAt: '2026-11-22T00:00:05Z', rate: null },
    ]
    const { times, values } = toColumns(samples, [(sample) => sample.rate])
    expect([...times]).toEqual([Date.UTC(2026, 10, 22), Date.UTC(2026, 10, 22, 0, 0, 5)])
    expect([...(values[0] ?? [])]).toEqual([0, Number.NaN])
  })

  it('has each instant once and in order, whatever is added to it', () => {
    const rising = fc.uniqueArray(fc.nat(200), { maxLength: 40 }).map((times) => times.toSorted((a, b) => a - b))
    fc.assert(
      fc.property(rising, rising, (one, other) => {
        const { times, values } = joinColumns(columnsOf(one), columnsOf(other))
        const last = one.at(-1) ?? -1
        expect([...times]).toEqual([...one, ...other.filter((time) => time > last)])
        expect(values[0]).toHaveLength(times.length)
      }),
    )
  })

  it('is cut to a half-open range', () => {
    expect([...cutColumns(columnsOf([10, 20, 30, 40]), 20, 40).times]).toEqual([20, 30])
    expect([...cutColumns(columnsOf([10, 20]), 21).times]).toEqual([])
  })

  it('is grouped as the gateway groups: by the epoch, dated by the beginning, averages of what was measured', () => {
    const grouped = groupColumns(
      columnsOf([58_000, 60_000, 65_000, 119_999, 120_000], [1, 2, 4, Number.NaN, 8]),
      60_000,
    )
    expect([...grouped.times]).toEqual([0, 60_000, 120_000])
    expect([...(grouped.values[0] ?? [])]).toEqual([1, 3, 8])
  })

  it('goes on live at the resolution it was asked for', () => {
    const asked = columnsOf([0, 60_000], [1, 2])
    const live = columnsOf([100_000, 115_000, 120_000, 125_000], [9, 9, 4, 6])
    const joined = joinLive(asked, live, 60_000)
    expect([...joined.times]).toEqual([0, 60_000, 120_000])
    expect([...(joined.values[0] ?? [])]).toEqual([1, 2, 5])
    expect(joinLive(asked, live, null).times).toHaveLength(6)
  })
})

describe('what is drawn', () => {
  it('goes through one late sample, and breaks where more are gone', () => {
    expect(toPlotData(columnsOf([0, 5_000, 15_000]), 0, TICK, [])[1]).toEqual([1, 1, 1])
    const [times, values] = toPlotData(columnsOf([0, 5_000, 20_000]), 0, TICK, [])
    expect(values).toEqual([1, 1, null, 1])
    expect(times[2]).toBe(12_500)
  })

  it('breaks at a piece that could not be had, however short', () => {
    expect(toPlotData(columnsOf([0, 5_000, 10_000]), 0, TICK, [pieceOf(6_000, 7_000)])[1]).toEqual([1, 1, null, 1])
    expect(toPlotData(columnsOf([0, 5_000]), 0, TICK, [pieceOf(5_001, 9_000), pieceOf(-9, -1)])[1]).toEqual([1, 1])
  })

  it('holds every sample in order, with breaks between', () => {
    const rising = fc.uniqueArray(fc.nat(100_000), { maxLength: 60 }).map((times) => times.toSorted((a, b) => a - b))
    const pieces = fc.array(fc.tuple(fc.nat(100_000), fc.integer({ min: 1, max: 20_000 })), { maxLength: 5 })
    fc.assert(
      fc.property(rising, pieces, (times, holes) => {
        const missing = holes.map(([from, length]) => pieceOf(from, from + length))
        const [drawn, values] = toPlotData(columnsOf(times), 0, TICK, missing)
        expect(drawn.filter((_, index) => values[index] !== null)).toEqual(times)
        expect(drawn).toEqual(drawn.toSorted((one, other) => one - other))
        // No two breaks in a row, and none at an edge.
        expect(values.some((value, index) => value === null && (values[index + 1] ?? null) === null)).toBe(false)
        expect(values[0]).not.toBe(null)
      }),
    )
  })

  it('has a dot for a sample that no line leads to', () => {
    expect(findLonePoints([1, null, 2, null, 3, 4], 0, 5)).toEqual([0, 2])
    expect(findLonePoints([], 0, 0)).toEqual([])
  })

  it('is asked for at no more than two points a pixel, and as measured where that is few', () => {
    expect(chooseEverySeconds(3_600_000, 600, TICK)).toBe(null)
    const everySeconds = chooseEverySeconds(86_400_000, 600, TICK)
    expect(86_400 / (everySeconds ?? 1)).toBeLessThanOrEqual(1_200)
    expect(chooseEverySeconds(86_400_000, 600, 60_000)).toBe(120)
    const spans = [fc.integer({ min: 1, max: 200 * 86_400_000 }), fc.integer({ min: 1, max: 4_000 })] as const
    fc.assert(
      fc.property(...spans, (rangeMs, widthPx) => {
        const every = (chooseEverySeconds(rangeMs, widthPx, TICK) ?? 5) * 1_000
        expect(every % TICK).toBe(0)
        expect(rangeMs / every).toBeLessThanOrEqual(2 * Math.max(240, widthPx))
      }),
    )
  })

  it('is told in figures of the range that is shown', () => {
    const columns = columnsOf([0, 10, 20, 30], [100, 2, Number.NaN, 4])
    expect(summarise(columns, 0, 5, 40)).toEqual({ lowest: 2, highest: 4, average: 3, last: 4, lastAtMs: 30 })
    expect(summarise(columns, 0, 15, 25)).toBeUndefined()
    expect(summarise(emptyColumns(1), 0, 0, 9)).toBeUndefined()
  })
})

describe('a time axis', () => {
  it('names the day where it changes, and only on an axis of several', () => {
    const day = (atMs: number) => `day ${new Date(atMs).getDate()}`
    const start = new Date(2026, 10, 22, 18).getTime()
    const marks = [start, start + 6 * 3_600_000, start + 12 * 3_600_000]
    expect(toTimeMarks(marks, 6 * 3_600_000, day)).toEqual(['18:00\nday 22', '00:00\nday 23', '06:00'])
    expect(toTimeMarks(marks.slice(1), 6 * 3_600_000, day)).toEqual(['00:00', '06:00'])
    expect(toTimeMarks([start], 30_000, day)).toEqual(['18:00:00'])
  })

  it('has its marks at whole steps of the local clock', () => {
    const from = new Date(2026, 10, 22, 3, 20).getTime()
    const hours = toTimeSplits(from, from + 86_400_000, 6 * 3_600_000).map((atMs) => new Date(atMs).getHours())
    expect(hours).toEqual([6, 12, 18, 0])
  })
})

describe('a timeline', () => {
  const HOUR = 3_600_000
  const today = startOfDay(new Date(2026, 10, 22, 12).getTime())
  const session = (startMs: number, endMs: number | null, cut: Partial<TimelineSession> = {}): TimelineSession => ({
    startMs,
    endMs,
    startsBefore: false,
    endsAfter: false,
    ...cut,
  })

  it('has a line for each day, the newest first, and a bar for each part of a push', () => {
    const night = session(today - 6 * HOUR, today + 6 * HOUR)
    const [newest, oldest, ...rest] = toTimelineDays(
      [night],
      [],
      today - 12 * HOUR,
      today + 12 * HOUR,
      today + 12 * HOUR,
    )
    expect(rest).toEqual([])
    expect(newest?.bars).toMatchObject([{ start: 0, end: 0.25 }])
    expect(oldest?.bars).toMatchObject([{ start: 0.75, end: 1 }])
    expect(newest?.now).toBe(0.5)
    expect(oldest?.asked).toEqual({ start: 0.5, end: 1 })
  })

  it('shows what is still running up to now, and as running there only', () => {
    const open = session(today - 6 * HOUR, null)
    const days = toTimelineDays([open], [], today - 12 * HOUR, today + 12 * HOUR, today + 6 * HOUR)
    expect(days.map(({ bars }) => bars.map(({ end, isOpen }) => [end, isOpen]))).toEqual([[[0.25, true]], [[1, false]]])
  })

  it('tears off what goes on beyond what is known, at that edge alone', () => {
    const cut = session(today - 6 * HOUR, today + 6 * HOUR, { startsBefore: true, endsAfter: true })
    const days = toTimelineDays([cut], [], today - 6 * HOUR, today + 6 * HOUR, today + 12 * HOUR)
    expect(days.map(({ bars }) => bars.map((bar) => [bar.isCutBefore, bar.isCutAfter]))).toEqual([
      [[false, true]],
      [[true, false]],
    ])
  })

  it('shows the pieces that could not be had', () => {
    const days = toTimelineDays([], [pieceOf(today - HOUR, today + HOUR)], today - HOUR, today + HOUR, today + HOUR)
    expect(days.map(({ holes }) => holes.length)).toEqual([1, 1])
  })
})

describe('a line the size of a word', () => {
  it('ends at the right, and is broken by what was not told', () => {
    expect(toSparkPath([])).toBe('')
    expect(toSparkPath([5])).toMatch(/^M82\.5 10\.0h/)
    expect(toSparkPath([1, 2, Number.NaN, 2, 1]).match(/M/g)).toHaveLength(2)
    expect(toSparkPath([0, 0])).toMatch(/^M[\d.]+ 10\.0L82\.5 10\.0$/)
  })

  it('has the height of what its values span, but for what hardly moves', () => {
    const heightsOf = (values: number[]) =>
      [...toSparkPath(values).matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y))
    expect(heightsOf([800, 1_000])).toEqual([18.5, 1.5])
    expect(heightsOf([0, 3])).toEqual([18.5, 1.5])
    const [before = 0, after = 0] = heightsOf([9_999, 10_000])
    expect(before - after).toBeLessThan(0.1)
  })
})
