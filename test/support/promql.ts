// What a PromQL expression is about: which metrics, which of their labels.
import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'

/** A metric with the labels that an expression picks it by, or keeps of it. */
export interface MetricUse {
  readonly metric: string
  readonly labels: readonly string[]
}

/** An expression, taken apart. */
export interface Expression {
  /** Places that cannot be understood, with what stands there; none in a good expression. */
  readonly mistakes: readonly string[]
  readonly uses: readonly MetricUse[]
  /** Labels that the lines of its result have for sure; undefined where those of its metrics are left as they are. */
  readonly resultLabels: readonly string[] | undefined
}

/** Takes an expression apart. Variables of Grafana stand for themselves inside texts, and for some time inside brackets. */
export function readPromql(text: string): Expression {
  const plain = text.replaceAll('$__rate_interval', '5m').replaceAll('$__interval', '1m').replaceAll('$__range', '1h')
  const tree = parser.parse(plain)
  const mistakes: string[] = []
  const uses: MetricUse[] = []
  const textOf = (node: SyntaxNode) => plain.slice(node.from, node.to)
  const grouping = (node: SyntaxNode) => {
    const modifier = node.getChild('AggregateModifier')
    return modifier?.getChild('By') ? listLabels(modifier.getChild('GroupingLabels'), textOf) : undefined
  }

  function walk(node: SyntaxNode, kept: readonly string[]): void {
    if (node.type.isError) mistakes.push(`at ${node.from}: ${plain.slice(node.from, node.to + 20)}`)
    if (node.name === 'VectorSelector') {
      const name = node.getChild('Identifier')
      const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []
      const labels = matchers.flatMap((matcher) => matcher.getChildren('LabelName').map(textOf))
      uses.push({ metric: name ? textOf(name) : '', labels: [...new Set([...labels, ...kept])] })
    }
    const inner = node.name === 'AggregateExpr' ? (grouping(node) ?? kept) : kept
    for (let child = node.firstChild; child; child = child.nextSibling) walk(child, inner)
  }
  walk(tree.topNode, [])
  const all = [...new Set(listAggregates(tree.topNode).flatMap((node) => grouping(node) ?? []))]
  const hasAggregate = listAggregates(tree.topNode).length > 0
  return { mistakes, uses, resultLabels: hasAggregate ? all : undefined }
}

function listLabels(node: SyntaxNode | null | undefined, textOf: (node: SyntaxNode) => string): readonly string[] {
  return node?.getChildren('LabelName').map(textOf) ?? []
}

function listAggregates(node: SyntaxNode): readonly SyntaxNode[] {
  const found: SyntaxNode[] = node.name === 'AggregateExpr' ? [node] : []
  for (let child = node.firstChild; child; child = child.nextSibling) found.push(...listAggregates(child))
  return found
}
