// A plot as a part of the page: it is made when its place is shown, drawn anew when what it shows changes, and gone with it.
import { useEffect, useRef } from 'preact/hooks'
import { language, shownTheme } from '../app/settings.ts'
import { createPlot, type LineColour, type Plot, type PlotView } from './plot.ts'

/** What the cursor points at, in words. */
export interface PointedWords {
  readonly time: string
  readonly value: string
}

/** What a plot is made of, and what it tells. */
export interface PlotUse {
  readonly heightPx: number
  readonly colour: LineColour
  /** Plots of the same name share the cursor. */
  readonly syncKey: string
  readonly format: (value: number) => string
  readonly onZoom: (fromMs: number, toMs: number) => void
  readonly onReset: () => void
  /** Describes where the cursor stands. @param index of the sample nearest to it, in the data of the view */
  readonly describe: (atMs: number, index: number | null) => PointedWords
}

/**
 * Draws `view` into an element while the component is shown.
 * @returns the plot, and the index of the sample that the cursor is on
 */
export function usePlot(
  area: { readonly current: HTMLElement | null },
  view: PlotView,
  use: PlotUse,
): { readonly plot: { readonly current: Plot | null }; readonly pointed: { current: number | null } } {
  const plot = useRef<Plot>(null)
  const pointed = useRef<number | null>(null)
  // What the plot calls back with is of the last drawing, and the plot of the first.
  const latest = useRef(use)
  latest.current = use
  const { heightPx, colour, syncKey } = use
  const { data, fromMs, toMs, missing } = view

  useEffect(() => {
    const element = area.current
    if (!element) return
    let end = () => {}
    // Each plot is made and drawn in a task of its own: a page has several, and must not stand still meanwhile.
    const making = setTimeout(() => {
      const tip = document.createElement('div')
      tip.className = 'lane-tip'
      tip.hidden = true
      const made = createPlot({
        element,
        heightPx,
        colour,
        syncKey,
        format: (value) => latest.current.format(value),
        onZoom: (from, to) => latest.current.onZoom(from, to),
        onReset: () => latest.current.onReset(),
        onCursor: ({ atMs, index, leftPx, widthPx }) => {
          pointed.current = index
          tip.hidden = atMs === null
          if (atMs !== null) fillTip(tip, latest.current.describe(atMs, index), leftPx, widthPx)
        },
      })
      made.over.append(tip)
      plot.current = made
      // The width is told with the event: to ask for it would make the browser lay out the page.
      const watcher = new ResizeObserver(([entry]) => {
        if (entry) requestAnimationFrame(() => made.fit(entry.contentRect.width))
      })
      watcher.observe(element)
      end = () => {
        watcher.disconnect()
        made.destroy()
        plot.current = null
      }
    })
    return () => {
      clearTimeout(making)
      end()
    }
  }, [heightPx, colour, syncKey])

  useEffect(() => {
    const drawing = setTimeout(() => plot.current?.show({ data, fromMs, toMs, missing }))
    return () => clearTimeout(drawing)
  }, [data, fromMs, toMs, missing, heightPx, colour, syncKey])

  const look = `${shownTheme.value} ${language.value}`
  useEffect(() => {
    // The style sheet has changed by the next frame.
    const frame = requestAnimationFrame(() => plot.current?.repaint())
    return () => cancelAnimationFrame(frame)
  }, [look])

  return { plot, pointed }
}

function fillTip(tip: HTMLElement, { time, value }: PointedWords, leftPx: number, widthPx: number): void {
  const words = document.createElement('strong')
  words.textContent = value
  tip.replaceChildren(words, time)
  // Beside the cursor, on the side where there is room.
  tip.style.transform = `translate(calc(${leftPx}px ${leftPx > widthPx / 2 ? '- 100% - 10px' : '+ 10px'}), 0)`
}
