import { expect, it } from 'vitest'
import { drawBars } from '../../../bench/speed/chart.ts'

const bar = (title: string, value: number, isOurs = false) => ({ title, value, told: String(value), isOurs })

it('a chart has a bar as long as its value, against the longest', () => {
  const picture = drawBars('title', 'note', [bar('Weir', 1, true), bar('other', 0.5)])
  const widths = [...picture.matchAll(/<rect class="(ours|other)"[^>]* width="([\d.]+)"/g)].map(([, whose, width]) => [
    whose,
    Number(width),
  ])
  expect(widths).toEqual([
    ['ours', 380],
    ['other', 190],
  ])
})

it('a chart has colours for dark pages', () => {
  expect(drawBars('title', 'note', [])).toContain('prefers-color-scheme: dark')
})

it('what is written in a chart is no markup', () => {
  expect(drawBars('a < b', '"&"', [bar('<script>', 1)])).not.toMatch(/<script|a < b/)
})
