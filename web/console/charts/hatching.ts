// What could not be had, as lines across it: told by more than a colour.
import type uPlot from 'uplot'

const DISTANCE_PX = 7

/** Colours of what could not be had. */
export interface HatchingColours {
  readonly ground: string
  readonly line: string
}

/** Hatches a piece of a plot from top to bottom. */
export function addHatching(plot: uPlot, fromMs: number, toMs: number, colours: HatchingColours): void {
  const { ctx, bbox } = plot
  const left = Math.max(bbox.left, plot.valToPos(fromMs, 'x', true))
  const right = Math.min(bbox.left + bbox.width, plot.valToPos(toMs, 'x', true))
  if (!(right > left)) return
  const distance = DISTANCE_PX * devicePixelRatio
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, bbox.top, right - left, bbox.height)
  ctx.clip()
  ctx.fillStyle = colours.ground
  ctx.fillRect(left, bbox.top, right - left, bbox.height)
  ctx.globalAlpha = 0.5
  ctx.strokeStyle = colours.line
  ctx.lineWidth = devicePixelRatio
  ctx.beginPath()
  for (let x = left - bbox.height; x < right; x += distance) {
    ctx.moveTo(x, bbox.top + bbox.height)
    ctx.lineTo(x + bbox.height, bbox.top)
  }
  ctx.stroke()
  ctx.restore()
}
