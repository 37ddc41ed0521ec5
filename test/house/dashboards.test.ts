// The dashboards ask for what is there, and Grafana can show them.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Gateway, startGateway } from '#test/support/gateway.ts'
import { findMistakes, readKnownMetrics } from '#test/support/known-metrics.ts'
import { readPromql } from '#test/support/promql.ts'

const folder = 'helm/weir/dashboards'
const datasource = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') })
const box = z.object({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1).max(24), h: z.int().min(1) })
const heading = z.object({ id: z.int(), type: z.literal('row'), title: z.string().min(1), gridPos: box })
const panel = z.object({
  id: z.int(),
  type: z.enum(['timeseries', 'stat', 'table']),
  title: z.string().min(1),
  description: z.string().min(10),
  datasource,
  gridPos: box,
  targets: z
    .array(z.object({ refId: z.string(), datasource, expr: z.string(), legendFormat: z.string().min(1) }))
    .min(1),
  fieldConfig: z.object({ defaults: z.object({ unit: z.string().min(1) }) }),
})
const shape = z.object({
  uid: z.string().regex(/^weir-\w+$/),
  title: z.string(),
  schemaVersion: z.number(),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), type: z.string(), definition: z.string().optional() })),
  }),
  annotations: z.object({ list: z.array(z.object({ datasource, expr: z.string() })) }),
  panels: z.array(z.union([panel, heading])),
})

const dashboards = readdirSync(folder).map((file) => {
  const text = readFileSync(join(folder, file), 'utf8')
  const json: unknown = JSON.parse(text)
  return { file, text, model: shape.parse(json) }
})
const listPanels = ({ panels }: z.output<typeof shape>) => panels.flatMap((each) => ('targets' in each ? [each] : []))
const listExpressions = (model: z.output<typeof shape>) => [
  ...listPanels(model).flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...model.annotations.list.map(({ expr }) => expr),
]

const known = readKnownMetrics()

test('there are three, with lasting names of their own', () => {
  expect(dashboards.map(({ file }) => file)).toEqual(['account.json', 'client.json', 'overview.json'])
  expect(dashboards.map(({ model }) => model.uid)).toEqual(['weir-account', 'weir-client', 'weir-overview'])
})

describe.each(dashboards)('$file', ({ text, model }) => {
  test('asks only for metrics and labels that there are', () => {
    expect(listExpressions(model).flatMap((expr) => findMistakes(expr, known))).toEqual([])
  })

  test('looks only at the chosen installations', () => {
    for (const expr of listExpressions(model))
      for (const { metric, labels } of readPromql(expr).uses)
        expect([metric, labels]).toEqual([metric, expect.arrayContaining(['namespace', 'job'])])
  })

  test('names lines after labels that they have', () => {
    for (const { targets, title } of listPanels(model))
      for (const { expr, legendFormat } of targets) {
        const { resultLabels, uses } = readPromql(expr)
        const there = resultLabels ?? uses.flatMap(({ metric }) => [...(known.get(metric) ?? [])])
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
          expect([title, there]).toEqual([title, expect.arrayContaining([label])])
      }
  })

  test('lets one choose from labels that there are', () => {
    const choices = model.templating.list.filter(({ type }) => type === 'query')
    expect(choices.length).toBeGreaterThanOrEqual(2)
    for (const { name, definition } of choices) {
      const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(definition ?? '') ?? []
      expect(label).toBe(name)
      expect(findMistakes(selector, known)).toEqual([])
      for (const { metric } of readPromql(selector).uses) expect(known.get(metric)).toContain(label)
    }
    const used = [...text.matchAll(/\$(\w+)|\$\{(\w+)\}/g)].map(([, bare, braced]) => bare ?? braced ?? '')
    const names = model.templating.list.map(({ name }) => name)
    expect(used.filter((name) => !name.startsWith('__') && !names.includes(name))).toEqual([])
  })

  test('puts every panel in a place of its own', () => {
    expect(new Set(model.panels.map(({ id }) => id)).size).toBe(model.panels.length)
    const places = model.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_none, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
    )
    expect(new Set(places).size).toBe(places.length)
    expect(Math.max(...model.panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24)
  })
})

describe('a running gateway', () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway({ tencent: { snapshots: { collect: true } } })
  })
  afterAll(() => gateway?.close())

  test('shows every metric that a dashboard asks for', async () => {
    const text = await (await gateway.get('/metrics')).text()
    const shown = new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name = '']) => name))
    const asked = dashboards.flatMap(({ model }) =>
      listExpressions(model).flatMap((expr) => readPromql(expr).uses.map(({ metric }) => metric)),
    )
    expect(asked.length).toBeGreaterThan(80)
    expect(asked.filter((name) => !shown.has(name.replace(/_bucket$/, '')))).toEqual([])
  })
})
