// docs/metrics.md: every metric, from the very parts that measure.
import { systemClock } from '#model/clock.ts'
import { createTelemetryParts } from '#src/telemetry-parts.ts'
import { createLogger } from '#telemetry/logger.ts'
import type { MetricDescription } from '#telemetry/metrics.ts'

/** What labels say, in words for a reader. A label that is missing here fails the check. */
const labelMeanings: Readonly<Record<string, string>> = {
  account: 'name of an account, as the settings have it',
  attempt: '`first` or `retry`',
  by: 'what saved a call: `cache`, or `sharing` a call that was under way',
  client: 'name of a key, or of the caller of a token; at most 200, then `other`',
  code: '`OK`, an [error code](errors.md), or `CLIENT_LEFT`',
  event: 'kind of event that watchers are told of',
  face: '`graphql`, `rest` or `page`',
  freshness: '`fresh` or `stale`',
  from: 'where an answer came from; the metric says which',
  interface: "the provider's name of the call",
  kind: 'kind of garbage collection',
  lane: '`interactive`, or `background` for what nobody waits for',
  node: 'version of Node.js',
  operation: 'name of a route or of root fields; of an answer or a call, what was asked of the account',
  outcome: '`OK`, an [error code](errors.md), or `CLIENT_LEFT`',
  quantile: '`0.5` or `0.99`',
  reason: '`overload`, `client_limit`, `connections` or `access`',
  space: 'part of the heap',
  tier: '`memory`, `redis` or `none`',
  version: 'version of Weir',
}

/** Every metric of a gateway in which nothing happens. */
async function describeMetrics(): Promise<readonly MetricDescription[]> {
  const parts = createTelemetryParts({
    config: { accounts: [], redis: null, log: { level: 'silent', requests: 'none' } },
    version: '',
    clock: systemClock,
    log: createLogger({ level: 'silent' }),
    tracer: undefined,
  })
  parts.watch({
    accounts: [],
    replicas: { isWell: () => undefined },
    connections: { count: () => 0, countRefused: () => 0 },
    line: { countRefused: () => 0 },
    front: undefined,
  })
  try {
    return await parts.metrics.describe()
  } finally {
    parts.close()
  }
}

/** The text of docs/metrics.md. */
export async function generateMetricsDocs(): Promise<string> {
  const metrics = await describeMetrics()
  const rows = metrics.map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  )
  const labels = [...new Set(metrics.flatMap((metric) => metric.labels))].toSorted().map((label) => {
    const meaning = labelMeanings[label]
    if (meaning === undefined)
      throw new Error(`scripts/generate-metrics-docs.ts does not say what the label ${label} means`)
    return `| \`${label}\` | ${meaning} |`
  })
  return `# Metrics

<!-- Made from src/telemetry by "npm run generate". Do not edit. -->

\`GET /metrics\` answers keys of role \`ops\` in the text format of Prometheus. Series with the label \`account\` are shown to
keys that may see that account. Every process tells of itself: what all replicas did is the sum over them. Where a quota
stands is no such sum: \`weir_quota_limit\` and \`weir_quota_used\` are what each replica knows of all. What cannot be read
within 2 s is absent, and the log says why.

Counters of an account begin at 0 when the process starts, for the labels that alerts look for. No label holds what a client
has made up: no stream, no path, no address.

| Metric | Type | Labels | What it says |
| --- | --- | --- | --- |
${rows.join('\n')}

| Label | What it says |
| --- | --- |
${labels.join('\n')}
`
}
