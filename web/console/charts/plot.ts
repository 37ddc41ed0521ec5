// One uPlot instance: a line of one figure over time. It lives as long as its chart is shown and is given new data; what
// somebody does to it is told, and what it shows is decided by who made it.
import uPlot from 'uplot'
import { readColour } from '../app/colours.ts'
import { formatDay } from '../i18n/formats.ts'
import { addHatching } from './hatching.ts'
import { findLonePoints, type MissingPiece, type PlotData } from './plot-data.ts'
import { timeSteps, toTimeMarks, toTimeSplits } from './time-axis.ts'

/** Colours a line can have. */
export type LineColour = '--chart-1' | '--chart-2' | '--chart-3' | '--chart-4'

/** What a plot shows at a time. */
export interface PlotView {
  readonly data: PlotData
  /** First instant shown, in milliseconds since the epoch. */
  readonly fromMs: number
  /** First instant after it. */
  readonly toMs: number
  /** Pieces that are shaded. */
  readonly missing: readonly MissingPiece[]
}

/** What a plot is made of. */
export interface PlotOptions {
  readonly element: HTMLElement
  readonly heightPx: number
  readonly colour: LineColour
  /** Plots of the same name share the cursor. */
  readonly syncKey: string
  readonly format: (value: number) => string
  /** Somebody has drawn a range, in milliseconds since the epoch. */
  readonly onZoom: (fromMs: number, toMs: number) => void
  /** Somebody wants to see what was shown before that. */
  readonly onReset: () => void
  /** The cursor stands somewhere else. */
  readonly onCursor: (cursor: PlotCursor) => void
}

/** Where the cursor stands. */
export interface PlotCursor {
  /** Null: it is gone. */
  readonly atMs: number | null
  /** Of the sample that is nearest, in the data as given. */
  readonly index: number | null
  /** From the left edge of what is plotted. */
  readonly leftPx: number
  /** Of what is plotted. */
  readonly widthPx: number
}

/** A plot that is shown. */
export interface Plot {
  /** The part that is plotted on, without the axes. */
  readonly over: HTMLElement
  /** Shows something else. */
  readonly show: (view: PlotView) => void
  /** Draws anew: the colours or the language have changed. */
  readonly repaint: () => void
  /** Puts the cursor on a sample; null takes it away. */
  readonly pointAt: (index: number | null) => void
  /** Draws at another width. */
  readonly fit: (widthPx: number) => void
  readonly destroy: () => void
}

/** Room for the words of an axis of values: the same in every plot, so that plots below each other share their times. */
const AXIS_WIDTH_PX = 74
const AXIS_HEIGHT_PX = 36
/** Two marks never stand closer. */
const MARK_SPACE_PX = 64
const LINE_WIDTH_PX = 1.5
/** Somebody who moves less has clicked. */
const SHORTEST_DRAG_PX = 6
/** Room above the highest value. */
const HEADROOM = 1.1

/** Makes an empty plot in its element. Whoever makes one destroys it. */
export function createPlot(options: PlotOptions): Plot {
  let view: PlotView = { data: [[], []], fromMs: 0, toMs: 1, missing: [] }
  let palette = readPalette(options.colour)
  const plot = new uPlot(
    {
      width: Math.max(1, options.element.clientWidth),
      height: options.heightPx,
      ms: 1,
      legend: { show: false },
      padding: [8, 12, 0, 0],
      cursor: {
        y: false,
        points: { size: 7, width: 0, fill: () => palette.line },
        drag: { x: true, y: false, setScale: false, dist: SHORTEST_DRAG_PX },
        bind: {
          dblclick: () => () => {
            options.onReset()
            return null
          },
        },
        sync: {
          key: options.syncKey,
          scales: ['x', null],
          // The others follow the cursor; what it draws is told once.
          filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave', sub: () => true },
        },
      },
      scales: {
        x: { time: true, range: () => [view.fromMs, view.toMs] },
        // From zero: half the bit rate looks like half.
        y: { range: (_plot, _lowest, highest) => [0, (highest ?? 0) > 0 ? highest * HEADROOM : 1] },
      },
      series: [
        {},
        {
          stroke: () => palette.line,
          fill: () => palette.area,
          width: LINE_WIDTH_PX,
          points: {
            show: true,
            size: 4,
            width: 0,
            fill: () => palette.line,
            filter: (drawn, figure) => {
              const [first, last] = drawn.series[0]?.idxs ?? [0, 0]
              return findLonePoints(drawn.data[figure] ?? [], first, last)
            },
          },
        },
      ],
      axes: [
        {
          size: AXIS_HEIGHT_PX,
          space: MARK_SPACE_PX,
          incrs: timeSteps,
          splits: (_plot, _axis, fromMs, toMs, stepMs) => toTimeSplits(fromMs, toMs, stepMs),
          values: (_plot, instants, _axis, _space, stepMs) => toTimeMarks(instants, stepMs, formatDay),
          stroke: () => palette.axis,
          font: palette.font,
          grid: { stroke: () => palette.grid, width: 1 },
          ticks: { stroke: () => palette.grid, width: 1, size: 4 },
        },
        {
          size: AXIS_WIDTH_PX,
          space: 30,
          values: (_plot, values) => values.map(options.format),
          stroke: () => palette.axis,
          font: palette.font,
          grid: { stroke: () => palette.grid, width: 1 },
          ticks: { show: false },
        },
      ],
      hooks: {
        drawClear: [
          (drawn) => {
            for (const piece of view.missing) addHatching(drawn, piece.fromMs, piece.toMs, palette.missing)
          },
        ],
        setSelect: [
          (drawn) => {
            const { left, width } = drawn.select
            if (width < SHORTEST_DRAG_PX) return
            options.onZoom(drawn.posToVal(left, 'x'), drawn.posToVal(left + width, 'x'))
          },
        ],
        setCursor: [
          (drawn) => {
            const { left = -1, idx } = drawn.cursor
            const isGone = left < 0
            options.onCursor({
              atMs: isGone ? null : drawn.posToVal(left, 'x'),
              index: isGone ? null : (idx ?? null),
              leftPx: left,
              widthPx: drawn.bbox.width / devicePixelRatio,
            })
          },
        ],
      },
    },
    view.data,
    options.element,
  )
  // What it draws is told beside it, in words.
  plot.root.setAttribute('aria-hidden', 'true')

  return {
    over: plot.over,
    show(next) {
      view = next
      plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
      plot.setData(next.data)
    },
    repaint() {
      palette = readPalette(options.colour)
      plot.redraw(false, true)
    },
    pointAt(index) {
      const atMs = index === null ? undefined : view.data[0][index]
      if (atMs === undefined) plot.setCursor({ left: -10, top: -10 })
      else plot.setCursor({ left: plot.valToPos(atMs, 'x'), top: options.heightPx / 3 })
    },
    fit(widthPx) {
      const width = Math.floor(widthPx)
      if (width > 0 && width !== plot.width) plot.setSize({ width, height: options.heightPx })
    },
    destroy: () => plot.destroy(),
  }
}

/** Colours are read once and not at each stroke: it makes the browser work out its styles. */
function readPalette(colour: LineColour) {
  const line = readColour(colour)
  return {
    line,
    area: readColour('--chart-band'),
    axis: readColour('--chart-axis'),
    grid: readColour('--chart-grid'),
    missing: { ground: readColour('--chart-missing'), line: readColour('--warn') },
    font: `11px ${getComputedStyle(document.body).fontFamily}`,
  }
}
