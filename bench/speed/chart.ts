// Bar charts as SVG, written by hand: readable on light and on dark pages, and without either.

/** One bar. */
export interface Bar {
  readonly title: string
  /** ≥ 0. */
  readonly value: number
  /** What is written at its end. */
  readonly told: string
  /** Whether it is ours. */
  readonly isOurs: boolean
}

const WIDTH = 760
const TITLE_WIDTH = 290
const TOLD_WIDTH = 90
const BAR_HEIGHT = 20
const STEP = 28
const TOP = 58
const FONT = '-apple-system, "Segoe UI", Helvetica, Arial, sans-serif'

/** Draws them from top to bottom. @param note one line of small print */
export function drawBars(title: string, note: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE)
  const room = WIDTH - TITLE_WIDTH - TOLD_WIDTH
  const height = TOP + bars.length * STEP + 12
  const lines = bars.flatMap(({ title: name, value, told, isOurs }, place) => {
    const y = TOP + place * STEP
    const width = Math.max(1, (value / most) * room)
    const middle = y + BAR_HEIGHT / 2 + 4
    return [
      `<text class="${isOurs ? 'strong' : 'word'}" x="${TITLE_WIDTH - 10}" y="${middle}" text-anchor="end">${escapeText(name)}</text>`,
      `<rect class="${isOurs ? 'ours' : 'other'}" x="${TITLE_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="3"/>`,
      `<text class="${isOurs ? 'strong' : 'word'}" x="${(TITLE_WIDTH + width + 8).toFixed(1)}" y="${middle}">${escapeText(told)}</text>`,
    ]
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeText(title)}">`,
    '<style>',
    `text { font: 13px ${FONT}; fill: #1f2328 } .title { font-size: 16px; font-weight: 600 } .note { font-size: 12px; fill: #59636e }`,
    '.strong { font-weight: 600 } .ours { fill: #0969da } .other { fill: #8c959f }',
    '@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .note { fill: #9198a1 } .ours { fill: #4493f8 } .other { fill: #656c76 } }',
    '</style>',
    `<text class="title" x="16" y="24">${escapeText(title)}</text>`,
    `<text class="note" x="16" y="44">${escapeText(note)}</text>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n')
}

const escapeText = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
