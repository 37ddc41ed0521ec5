import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { language } from '../../web/console/app/settings.ts'
import { en } from '../../web/console/i18n/en.ts'
import { fill } from '../../web/console/i18n/fill.ts'
import {
  formatAge,
  formatBitRate,
  formatBytes,
  formatCount,
  formatDateTime,
  formatDuration,
  formatFrameRate,
  formatPercent,
  formatZone,
} from '../../web/console/i18n/formats.ts'
import { zh } from '../../web/console/i18n/zh.ts'

beforeEach(() => {
  language.value = 'en'
})

describe('a text', () => {
  it('has its values, and the word for their number', () => {
    expect(fill('{count} {count|stream|streams}', { count: 1 }, 'en')).toBe('1 stream')
    expect(fill('{count} {count|stream|streams}', { count: 0 }, 'en')).toBe('0 streams')
    expect(fill('{unknown}', {}, 'en')).toBe('{unknown}')
  })

  it('holds the same values in every language', () => {
    // A word that goes by a number is not wanted where words do not change.
    const listNames = (text: string) => [...new Set(text.match(/(?<=\{)\w+(?=\})/g))].toSorted()
    const texts: Readonly<Record<string, string>> = zh
    for (const [key, text] of Object.entries(en)) expect(listNames(texts[key] ?? ''), key).toEqual(listNames(text))
  })

  it('leaves nothing to be filled in', () => {
    for (const text of [...Object.values(en), ...Object.values(zh)]) {
      const values = Object.fromEntries((text.match(/(?<=\{)\w+/g) ?? []).map((name) => [name, 2]))
      expect(fill(text, values, 'en')).not.toMatch(/[{}]/)
    }
  })
})

describe('a figure', () => {
  it('has the unit that makes it short', () => {
    expect([0, 999, 1_000, 812_000, 999_499, 999_500, 3_420_000, 34_200_000, 2.4e9].map(formatBitRate)).toEqual([
      '0 bit/s',
      '999 bit/s',
      '1 kbit/s',
      '812 kbit/s',
      '999 kbit/s',
      '1 Mbit/s',
      '3.42 Mbit/s',
      '34.2 Mbit/s',
      '2.4 Gbit/s',
    ])
    expect(formatBytes(1_234_567_890)).toBe('1.23 GB')
    expect([formatFrameRate(25), formatFrameRate(23.97)]).toEqual(['25 fps', '24 fps'])
    expect([formatCount(12_345), formatPercent(0.416)]).toEqual(['12,345', '42 %'])
  })

  it('is a dash when it was not measured, and 0 when that was', () => {
    expect([formatCount(null), formatBitRate(undefined), formatDuration(null), formatDateTime('soon')]).toEqual([
      '–',
      '–',
      '–',
      '–',
    ])
    expect(formatCount(0)).toBe('0')
  })
})

describe('a length of time', () => {
  it('is told as exactly as it matters', () => {
    const lengths = [3_000, 59_600, 65_000, 300_000, 754_000, 7_500_000, 90_000_000]
    expect(lengths.map(formatDuration)).toEqual([
      '3 s',
      '1 min',
      '1 min 05 s',
      '5 min',
      '12 min',
      '2 h 05 min',
      '1 d 1 h',
    ])
    expect([-5, 59_999, 60_000, 7_200_000].map(formatAge)).toEqual(['0 s', '59 s', '1 min', '2 h'])
  })

  it('speaks the language that was chosen', () => {
    language.value = 'zh'
    expect(formatDuration(7_500_000)).toBe('2 小时 05 分')
  })
})

describe('a time', () => {
  it('is the browser’s own, and says its distance from UTC', () => {
    const date = new Date(2026, 10, 22, 4, 5, 6)
    expect(formatDateTime(date.getTime())).toBe('2026-11-22 04:05:06')
    expect(formatZone(date.getTime())).toMatch(/^UTC[+−]\d\d:\d\d$/)
  })
})

describe('the colours of the console', () => {
  const css = readFileSync('web/console/app/theme.css', 'utf8')
  const colours = new Map(
    [...css.matchAll(/(--[\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name = '', light = '', dark = '']) => [
      name,
      { light, dark },
    ]),
  )
  const texts = ['--text', '--text-muted', '--accent', '--good', '--warn', '--bad', '--idle', '--chart-axis']
  const marks = ['--border-strong', '--focus', '--chart-1', '--chart-2', '--chart-3', '--chart-4', '--chart-cursor']
  const pairs: readonly (readonly [name: string, on: string, least: number])[] = [
    ...texts.flatMap((name) => ['--surface', '--surface-raised', '--page'].map((on) => [name, on, 4.5] as const)),
    ...['good', 'warn', 'bad', 'idle'].map((tone) => [`--${tone}`, `--${tone}-soft`, 4.5] as const),
    ...['--bad-soft', '--warn-soft'].map((on) => ['--text-muted', on, 4.5] as const),
    ['--accent-text', '--accent', 4.5],
    ...marks.map((name) => [name, '--surface', 3] as const),
  ]

  it.each(pairs)('tell %s from %s, in light and in dark, by %f : 1', (name, on, least) => {
    const one = colours.get(name)
    const other = colours.get(on)
    expect(toContrast(one?.light ?? '', other?.light ?? ''), 'light').toBeGreaterThanOrEqual(least)
    expect(toContrast(one?.dark ?? '', other?.dark ?? ''), 'dark').toBeGreaterThanOrEqual(least)
  })
})

/** The contrast of two colours as the Web Content Accessibility Guidelines count it, 1 to 21. */
function toContrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [toLuminance(one), toLuminance(other)].toSorted((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

function toLuminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
