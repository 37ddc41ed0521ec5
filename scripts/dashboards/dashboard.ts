// What a dashboard of Weir is made of, in as few words as it takes. grafana.ts knows how Grafana wants it.

/** One line, or one group of lines, of a panel. */
export interface Query {
  /** PromQL. Variables: `$namespace`, `$job`, `$account`, `$client`, and Grafana's `$__rate_interval` and `$__range`. */
  readonly expr: string
  /** Name of each line: text with `{{label}}`. In a table: the heading of the column. */
  readonly legend: string
}

/** How a panel shows its queries. */
export type PanelKind = 'lines' | 'areas' | 'number' | 'table'

/** Grafana's name of the unit of a panel's numbers. */
export type Unit = 'short' | 'percentunit' | 's' | 'bytes' | 'reqps' | 'cps' | 'ops'

/** One picture. */
export interface Panel {
  readonly title: string
  /** What it shows, what is normal, and where to look next. */
  readonly description: string
  readonly kind: PanelKind
  readonly unit: Unit
  readonly queries: readonly Query[]
  /** Columns of 24 that it takes. */
  readonly width: number
  /** From this value on it is orange, and from the second one red. */
  readonly warnFrom?: readonly [orange: number, red: number]
  /** Below this value it is red. For what is good when it is high. */
  readonly goodFrom?: number
  /** Top of the axis; what fits when left out. */
  readonly max?: number
}

/** Panels under one heading. */
export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

/** A choice at the top of a dashboard. */
export interface Variable {
  readonly name: 'namespace' | 'job' | 'account' | 'client'
  readonly label: string
  /** Metric among whose series the label's values are looked up. */
  readonly metric: string
}

/** A page of Grafana. */
export interface Dashboard {
  /** Lasting name, by which other dashboards link to it. */
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly variables: readonly Variable[]
  readonly rows: readonly Row[]
}

/** Where the installations are that are looked at. A Prometheus outside Kubernetes has no such label: All takes those too. */
const namespace: Variable = { name: 'namespace', label: 'Namespace', metric: 'weir_build_info' }
/** The installations that are looked at. */
const job: Variable = { name: 'job', label: 'Installation', metric: 'weir_build_info' }

/** Choices that dashboards share. */
export const variables = {
  namespace,
  job,
  account: { name: 'account', label: 'Account', metric: 'weir_quota_limit' },
  client: { name: 'client', label: 'Client', metric: 'weir_client_calls_total' },
} as const satisfies Record<string, Variable>

/** Answers that failed without it being the caller's fault. */
export const ourCodes = 'code=~"INTERNAL|OVERLOADED|ACCESS_UNAVAILABLE|QUOTA_EXHAUSTED|UPSTREAM_.+"'

/** The chosen installations, as conditions. */
export const installation = ['namespace=~"$namespace"', 'job=~"$job"']

/** A selector of series of the chosen installations. @param more further conditions */
export function here(metric: string, ...more: readonly string[]): string {
  return `${metric}{${[...installation, ...more].join(',')}}`
}

/** A selector of series of the chosen accounts. @param more further conditions */
export function ofAccount(metric: string, ...more: readonly string[]): string {
  return here(metric, 'account=~"$account"', ...more)
}

/** How much a counter grows in a second, summed up. @param by labels that stay apart */
export function rate(selector: string, by: string): string {
  return `sum by (${by}) (rate(${selector}[$__rate_interval]))`
}

/** How much a counter has grown over what the dashboard shows. @param by labels that stay apart */
export function grown(selector: string, by: string): string {
  return `sum by (${by}) (increase(${selector}[$__range]))`
}

/** A quantile of a histogram. @param buckets selector of its `_bucket` series @param by labels that stay apart */
export function quantile(share: number, buckets: string, by: string): string {
  return `histogram_quantile(${share}, ${rate(buckets, `le, ${by}`)})`
}
