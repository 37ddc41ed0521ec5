// How an installation of the chart is watched, beside others: its rules, its dashboards, its test.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { z } from 'zod'
import { renderChart } from '#test/support/chart.ts'
import { findProgram } from '#test/support/find-program.ts'
import { findHelm } from '#test/support/helm.ts'

const run = promisify(execFile)
const accounts = [{ name: 'a', provider: 'tencent', credentials: { appId: 1, apiKey: '${KEY}' } }]
const config = { access: { keys: [{ name: 'prometheus', sha256: 'b'.repeat(64), role: 'ops' }] }, accounts }
const serviceMonitor = { enabled: true, bearerKeySecret: { name: 'weir-prometheus' } }
const prometheusRule = { enabled: true }
const promtool = await findProgram('promtool')

beforeAll(async () => {
  await findHelm()
}, 240_000)

test('the job is the name of the Service, so that two releases are two', async () => {
  const { get } = await renderChart({ config, serviceMonitor })
  expect(get('ServiceMonitor').spec).not.toHaveProperty('jobLabel')
})

describe('the rules of the chart', () => {
  test('name no page of a runbook that nobody has said the place of', async () => {
    const text = JSON.stringify((await renderChart({ config, prometheusRule })).get('PrometheusRule').spec)
    expect(text).toContain('"alert":"WeirDown"')
    expect(text).not.toMatch(/runbook_url|weir\.example/)
  })

  test('ask for the very installation whose ServiceMonitor the chart makes', async () => {
    const { get } = await renderChart({ config, serviceMonitor, prometheusRule })
    const text = JSON.stringify(get('PrometheusRule').spec)
    expect(text).toContain(JSON.stringify('absent(up{namespace="live",job="release-weir"})').slice(1, -1))
    expect(text).not.toContain('absent_over_time(weir_build_info')
  })

  test.skipIf(promtool === undefined)('tell of its absence for as long as it lasts, beside others', async () => {
    const { get } = await renderChart({ config, serviceMonitor, prometheusRule })
    const folder = await mkdtemp(join(tmpdir(), 'weir-rules-'))
    const own = 'namespace="live",job="release-weir"'
    const other = { series: 'weir_build_info{namespace="live",job="other"}', values: '1x400' }
    const fires = {
      expr: 'ALERTS{alertname="WeirDown",alertstate="firing"}',
      eval_time: '30h',
      exp_samples: [
        {
          labels: `ALERTS{alertname="WeirDown",alertstate="firing",reason="all",severity="critical",${own}}`,
          value: 1,
        },
      ],
    }
    const states = [[], [{ series: `up{${own}}`, values: '0x400' }]]
    const up = { series: 'up{namespace="live",job="other"}', values: '1x400' }
    try {
      await writeFile(join(folder, 'rules.yaml'), stringify(get('PrometheusRule').spec))
      const tests = states.map((series) => ({
        interval: '5m',
        input_series: [other, up, ...series],
        promql_expr_test: [fires],
      }))
      await writeFile(
        join(folder, 'test.yaml'),
        stringify({ rule_files: ['rules.yaml'], evaluation_interval: '5m', tests }),
      )
      const { stdout } = await run(promtool ?? '', ['test', 'rules', join(folder, 'test.yaml')])
      expect(stdout).toContain('SUCCESS')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

const dashboardShape = z.object({
  uid: z.string(),
  title: z.string(),
  templating: z.object({ list: z.array(z.looseObject({ name: z.string(), current: z.unknown().optional() })) }),
})

/** The dashboards that the chart makes: file → model. */
async function renderDashboards(values: object) {
  const chart = await renderChart({ config, dashboards: { enabled: true }, ...values })
  return chart
    .list('ConfigMap')
    .flatMap(({ data }) => Object.entries(data))
    .filter(([file]) => file.endsWith('.json'))
    .map(([file, text]) => ({ file, model: dashboardShape.parse(JSON.parse(text)) }))
}

describe('the dashboards of the chart', () => {
  test('have names of their own in each release', async () => {
    const both = [...(await renderDashboards({})), ...(await renderDashboards({ fullnameOverride: 'other' }))]
    for (const { uid } of both.map(({ model }) => model)) expect(uid).toMatch(/^weir-[a-z]+-[0-9a-f]{8}$/)
    const names = both.flatMap(({ file, model: { uid, title } }) => [file, uid, title])
    expect(names).toHaveLength(18)
    expect(new Set(names).size).toBe(18)
  })

  test('begin with the release that is watched', async () => {
    const choice = (name: string, text: string) => ({ name, current: { text: [text], value: [text] } })
    for (const { model } of await renderDashboards({ serviceMonitor })) {
      expect(model.templating.list).toContainEqual(expect.objectContaining(choice('namespace', 'live')))
      expect(model.templating.list).toContainEqual(expect.objectContaining(choice('job', 'release-weir')))
    }
  })
})

describe('helm test', () => {
  const encrypted = { ...config, server: { tls: { certificateFile: '/tls/tls.crt', keyFile: '/tls/tls.key' } } }

  test('asks the Service', async () => {
    const { spec } = (await renderChart({ config })).get('Pod', 'release-weir-test')
    expect(spec.containers[0].env).toEqual([{ name: 'WEIR_URL', value: 'http://release-weir:80' }])
    expect(spec).not.toHaveProperty('volumes')
  })

  test('asks a name that the certificate has, and believes an authority of your own', async () => {
    const helmTest = { url: 'https://live.example.com', caSecret: { name: 'authority' } }
    const { spec } = (await renderChart({ config: encrypted, helmTest })).get('Pod', 'release-weir-test')
    expect(spec.containers[0].env).toEqual([
      { name: 'WEIR_URL', value: 'https://live.example.com' },
      { name: 'NODE_EXTRA_CA_CERTS', value: '/etc/weir-ca/ca.crt' },
    ])
    expect(spec.containers[0].volumeMounts).toEqual([{ name: 'ca', mountPath: '/etc/weir-ca', readOnly: true }])
    expect(spec.volumes[0].secret).toEqual({ secretName: 'authority', items: [{ key: 'ca.crt', path: 'ca.crt' }] })
  })

  test('is left out where no certificate can be for the name of the Service', async () => {
    expect((await renderChart({ config: encrypted })).list('Pod')).toEqual([])
  })
})
