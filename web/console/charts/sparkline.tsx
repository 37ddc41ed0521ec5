// A line the size of a word. Drawn as a path: a table has dozens, and they come and go as it is scrolled.
import { SPARK_SIZE, toSparkPath } from './spark-path.ts'
import './sparkline.css'

/** The figure beside it says where it ends, so that it is nothing for ears. */
export function Sparkline({ values }: { values: ArrayLike<number> }) {
  return (
    <svg class="sparkline" viewBox={`0 0 ${SPARK_SIZE.width} ${SPARK_SIZE.height}`} {...SPARK_SIZE} aria-hidden="true">
      <path d={toSparkPath(values)} />
    </svg>
  )
}
