// How finely a history is asked for: more points than a screen can show are only bytes to read.

/** Widths of groups in seconds that people think in. */
const widths = [5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400] as const
/** Points that a pixel can show: its lowest and its highest. */
const POINTS_PER_PIXEL = 2
/** A window that is drawn wider by less than this asks for nothing anew. */
const PIXEL_STEP = 240

/**
 * The `everySeconds` to ask for so that a chart gets at most two points a pixel; null: as measured.
 * @param rangeMs length of the range that the chart shows
 * @param widthPx width it is drawn with
 * @param tickMs how far apart samples are as measured
 */
export function chooseEverySeconds(rangeMs: number, widthPx: number, tickMs: number): number | null {
  const pixels = Math.max(PIXEL_STEP, Math.floor(widthPx / PIXEL_STEP) * PIXEL_STEP)
  const finestMs = rangeMs / (POINTS_PER_PIXEL * pixels)
  if (finestMs <= tickMs) return null
  const width = widths.find((seconds) => seconds * 1000 >= finestMs && (seconds * 1000) % tickMs === 0)
  return width ?? widths[widths.length - 1] ?? null
}
