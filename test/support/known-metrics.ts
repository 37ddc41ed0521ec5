// The metrics that there are, by docs/metrics.md, which is made from the program and checked to be fresh.
import { readFileSync } from 'node:fs'
import { type Expression, readPromql } from './promql.ts'

/** What Prometheus, its operator or the bucket of a histogram adds. */
const addedLabels = ['namespace', 'job', 'pod', 'instance']

/** Metric → its labels. The series of a histogram are among them. */
export function readKnownMetrics(): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Map([['up', new Set(addedLabels)]])
  const page = readFileSync('docs/metrics.md', 'utf8')
  for (const [, name = '', type = '', labels = ''] of page.matchAll(/^\| `(weir_\w+)` \| (\w+) \| ([^|]*)\|/gm)) {
    const all = new Set([...addedLabels, ...[...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label)])
    if (type === 'histogram') {
      known.set(`${name}_bucket`, new Set([...all, 'le']))
      for (const series of ['sum', 'count']) known.set(`${name}_${series}`, all)
    } else known.set(name, all)
  }
  return known
}

/** What is wrong with an expression: its form, or metrics or labels that are not there. */
export function findMistakes(text: string, known: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const { mistakes, uses }: Expression = readPromql(text)
  const absent = uses.flatMap(({ metric, labels }) => {
    const there = known.get(metric)
    if (!there) return [`no metric ${metric}`]
    return labels.filter((label) => !there.has(label)).map((label) => `${metric} has no label ${label}`)
  })
  return [...mistakes, ...absent].map((mistake) => `${mistake} in ${text}`)
}
