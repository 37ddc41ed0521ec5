// A line the size of a word: pure arithmetic, drawn elsewhere.

/** Size of the line, in pixels. */
export const SPARK_SIZE = { width: 84, height: 20 } as const
/** Room for half the line's width. */
const EDGE = 1.5

/** Few values fill a part only: it grows from the right, and does not shrink from the first moment on. */
const FEWEST_STEPS = 12
/** The height is no less than this share of the highest value: what hardly moves is not made to look as if it did. */
const LEAST_SPAN = 0.05

/**
 * The path of values that stand at equal distances, the last at the right; NaN breaks it. The height is what they span, and
 * the line is in its middle.
 */
export function toSparkPath(values: ArrayLike<number>): string {
  let lowest = Number.POSITIVE_INFINITY
  let highest = Number.NEGATIVE_INFINITY
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? Number.NaN
    if (value < lowest) lowest = value
    if (value > highest) highest = value
  }
  const middle = (lowest + highest) / 2
  // Of zeros alone a span would be none.
  const span = Math.max(highest - lowest, highest * LEAST_SPAN, Number.EPSILON)
  const step = (SPARK_SIZE.width - 2 * EDGE) / Math.max(FEWEST_STEPS, values.length - 1)
  const toX = (index: number) => SPARK_SIZE.width - EDGE - (values.length - 1 - index) * step
  const toY = (value: number) => SPARK_SIZE.height / 2 - ((value - middle) / span) * (SPARK_SIZE.height - 2 * EDGE)
  let path = ''
  let isDrawn = false
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? Number.NaN
    if (Number.isNaN(value)) isDrawn = false
    else {
      path += `${isDrawn ? 'L' : 'M'}${toX(index).toFixed(1)} ${toY(value).toFixed(1)}`
      // One value alone is a dot.
      if (!isDrawn && Number.isNaN(values[index + 1] ?? Number.NaN)) path += 'h.1'
      isDrawn = true
    }
  }
  return path
}
