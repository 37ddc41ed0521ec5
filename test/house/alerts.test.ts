// The rules are read as they are meant: by what there is, and, where promtool is at hand, by what it makes of them.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { findProgram } from '#test/support/find-program.ts'
import { findMistakes, readKnownMetrics } from '#test/support/known-metrics.ts'
import { readPromql } from '#test/support/promql.ts'

const run = promisify(execFile)
const folder = 'helm/weir/rules'
const file = join(folder, 'weir.rules.yaml')
const base = 'https://weir.example/docs/runbook/'

const recordShape = z.strictObject({ record: z.string().regex(/^weir:\w+:\w+$/), expr: z.string() })
const alertShape = z.strictObject({
  alert: z.string().regex(/^Weir[A-Z]\w+$/),
  expr: z.string(),
  for: z.string().regex(/^\d+m$/),
  keep_firing_for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']), reason: z.string().optional() }),
  annotations: z.strictObject({ summary: z.string(), description: z.string().min(40), runbook_url: z.string() }),
})
const shape = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(z.union([recordShape, alertShape])) })),
})

const rules = shape.parse(parse(readFileSync(file, 'utf8'))).groups.flatMap((group) => group.rules)
const records = rules.flatMap((rule) => ('record' in rule ? [rule] : []))
const alerts = rules.flatMap((rule) => ('alert' in rule ? [rule] : []))
const known = new Map(readKnownMetrics())
for (const { record, expr } of records) known.set(record, new Set(readPromql(expr).resultLabels))

test('every alert there should be is there', () => {
  expect([...new Set(alerts.map(({ alert }) => alert))].toSorted()).toEqual([
    'WeirBatchesUnknown',
    'WeirCollectorLag',
    'WeirDown',
    'WeirEventLoopSlow',
    'WeirProviderDown',
    'WeirQuotaNearlySpent',
    'WeirRedisAway',
    'WeirStaleServed',
  ])
})

test('ask only for metrics and labels that there are', () => {
  expect(rules.flatMap(({ expr }) => findMistakes(expr, known))).toEqual([])
})

test('alerts of one name are told apart', () => {
  const names = alerts.map(({ alert, labels }) => `${alert} ${labels.severity} ${labels.reason ?? ''}`)
  expect(new Set(names).size).toBe(names.length)
  for (const { alert, labels } of alerts)
    if (alerts.filter((other) => other.alert === alert).length > 1)
      expect([alert, labels.reason]).not.toContain(undefined)
})

describe.each(alerts)('$alert $labels.reason', ({ alert, expr, annotations }) => {
  test('has a page of the runbook', () => {
    expect(annotations.runbook_url).toBe(`${base}${alert}.md`)
    expect(readFileSync(`docs/runbook/${alert}.md`, 'utf8')).toMatch(new RegExp(`^# ${alert}\n`))
  })

  test('tells of labels that it has', () => {
    const { resultLabels, uses } = readPromql(expr)
    const there = resultLabels ?? uses.flatMap(({ metric }) => [...(known.get(metric) ?? [])])
    const text = annotations.summary + annotations.description
    for (const [, label] of text.matchAll(/\$labels\.(\w+)/g)) expect(there).toContain(label)
  })
})

describe('promtool', async () => {
  const promtool = await findProgram('promtool')
  // It comes with Prometheus, which not every machine has; the tests above need nothing.
  test.skipIf(promtool === undefined)('finds nothing wrong with the rules', async () => {
    const { stdout } = await run(promtool ?? '', ['check', 'rules', '--lint-fatal', file])
    expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`)
  })

  test.skipIf(promtool === undefined)('sees each alert fire when it should, and not when it should not', async () => {
    const tests = readdirSync(join(folder, 'tests')).map((name) => join(folder, 'tests', name))
    const text = tests.map((path) => readFileSync(path, 'utf8')).join('\n')
    for (const { alert, labels } of alerts) {
      const fired = [...text.matchAll(/ALERTS\{(alertname="\w+",alertstate="firing",[^}]*)\}/g)].map(
        ([, facts]) => facts,
      )
      const isTested = fired.some(
        (facts) => facts?.includes(`"${alert}"`) && (!labels.reason || facts.includes(`reason="${labels.reason}"`)),
      )
      expect([alert, labels.reason, isTested]).toEqual([alert, labels.reason, true])
    }
    const { stdout } = await run(promtool ?? '', ['test', 'rules', ...tests])
    expect(stdout).toContain('SUCCESS')
  })
})
