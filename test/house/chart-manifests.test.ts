import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { providers } from '#providers/index.ts'
import { loadConfig } from '#src/config.ts'
import { chartFolder, findRefusal, type RenderedChart, renderChart, runHelm } from '#test/support/chart.ts'
import { findHelm } from '#test/support/helm.ts'
import { listManifestProblems } from '#test/support/kubernetes-manifest.ts'
import { readBlocks } from '#test/support/page-blocks.ts'

const run = promisify(execFile)
const project = join(import.meta.dirname, '..', '..')
const folder = join(import.meta.dirname, 'chart-values')
const names = await readdir(folder)

beforeAll(async () => {
  await findHelm()
}, 240_000)

async function readValues(name: string): Promise<unknown> {
  return parse(await readFile(join(folder, name), 'utf8'))
}

/** Rendered once, for every test that looks at it. */
const rendered = new Map<string, Promise<RenderedChart>>()

function renderSet(name: string): Promise<RenderedChart> {
  const chart = rendered.get(name) ?? readValues(name).then(renderChart)
  rendered.set(name, chart)
  return chart
}

/** Everything that the settings of the value sets take from the environment. */
const environment = {
  PATH: process.env['PATH'],
  TENCENT_API_KEY: 'tencent-key',
  CNC_API_KEY: 'cnc-key',
  REDIS_PASSWORD: 'redis-password',
  WEIR_REDIS_PASSWORD: 'redis-password',
  WEB_KEY_SHA256: 'c'.repeat(64),
}

/** What Weir finds in a pod of the chart: where it is to listen, and the settings; undefined where the chart has none. */
function podOf(chart: RenderedChart) {
  const [workload] = [...chart.list('Deployment'), ...chart.list('StatefulSet')].filter(
    ({ metadata }) => !metadata.name.endsWith('-redis'),
  )
  const variables: readonly { name: string; value: string }[] = workload?.spec.template.spec.containers[0].env
  const host = variables.find(({ name }) => name === 'HOST')?.value
  const [settings] = chart.list('ConfigMap').flatMap(({ data }) => data['weir.yaml'] ?? [])
  return { environment: { ...environment, HOST: host, PORT: '4000' }, readFile: () => settings }
}

describe.concurrent.each(names)('the values of %s', (name) => {
  test('pass the strict lint', async () => {
    const answer = await runHelm(['lint', chartFolder, '--strict'], await readValues(name))
    expect(answer).toContain('1 chart(s) linted, 0 chart(s) failed')
  })

  test('make manifests of known fields only', async () => {
    const { documents } = await renderSet(name)
    expect(documents.length).toBeGreaterThanOrEqual(5)
    expect(documents.flatMap((document) => listManifestProblems(document))).toEqual([])
  })

  test('make settings that Weir takes', async () => {
    const pod = podOf(await renderSet(name))
    expect(loadConfig({ ...pod, workingDirectory: '/app', providers })).toMatchObject(
      pod.readFile() === undefined
        ? { sandbox: true, server: { host: name === 'default.yaml' ? '127.0.0.1' : '0.0.0.0' } }
        : { sandbox: false, server: { host: '0.0.0.0', port: 4000 }, dataDirectory: '/data' },
    )
  })

  test('let nothing run as root, write to its image or talk to the cluster', async () => {
    const chart = await renderSet(name)
    const pods = [
      ...['Deployment', 'StatefulSet'].flatMap((kind) => chart.list(kind).map(({ spec }) => spec.template.spec)),
      ...chart.list('Pod').map(({ spec }) => spec),
    ]
    expect(pods.length).toBeGreaterThan(0)
    for (const pod of pods) {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      })
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        expect(container.resources.limits.memory).toEqual(expect.any(String))
      }
    }
  })

  test('select the pods that they make, and no others', async () => {
    const chart = await renderSet(name)
    const workloads = ['Deployment', 'StatefulSet'].flatMap((kind) => chart.list(kind))
    const pods = workloads.map(({ spec }) => spec.template.metadata.labels)
    const selectors = [
      ...workloads.map(({ spec }) => spec.selector.matchLabels),
      ...chart.list('Service').map(({ spec }) => spec.selector),
      ...chart.list('PodDisruptionBudget').map(({ spec }) => spec.selector.matchLabels),
      ...chart.list('NetworkPolicy').map(({ spec }) => spec.podSelector.matchLabels),
    ]
    for (const selector of selectors) {
      const selected = pods.filter((labels) => Object.entries(selector).every(([key, value]) => labels[key] === value))
      expect(selected).toHaveLength(1)
    }
  })
})

test('so does the values file that the documentation begins with', async () => {
  const page = await readFile(join(project, 'docs', 'kubernetes.md'), 'utf8')
  const [block] = readBlocks(page).filter(({ language }) => language === 'yaml')
  const chart = await renderChart(parse(block?.text ?? ''))
  expect(chart.documents.flatMap((document) => listManifestProblems(document))).toEqual([])
  expect(loadConfig({ ...podOf(chart), workingDirectory: '/app', providers }).accounts).toHaveLength(2)
})

test('the settings pass the check of Weir itself', async () => {
  const work = await mkdtemp(join(tmpdir(), 'weir-chart-'))
  try {
    const file = join(work, 'weir.yaml')
    const pod = podOf(await renderSet('ingress.yaml'))
    await writeFile(file, pod.readFile() ?? '')
    const { stdout } = await run('node', [join(project, 'src/main.ts'), '--check-config'], {
      cwd: work,
      env: { ...pod.environment, WEIR_CONFIG: file },
    })
    expect(stdout).toContain('the settings are good: 2 accounts, listening on 0.0.0.0:4000')
  } finally {
    await rm(work, { recursive: true, force: true })
  }
})

test('there are value sets for what the chart can do', () => {
  expect(names.length).toBeGreaterThanOrEqual(10)
})

test('a field that a kind does not have is noticed, however deep', () => {
  const metadata = { name: 'weir' }
  const container = { name: 'weir', securityContext: { readOnlyRootFileSystem: true } }
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [container] } }
  expect(listManifestProblems(pod)).toEqual([
    'Pod/spec/containers/0/securityContext/readOnlyRootFileSystem: unknown field',
  ])
  const labels = { a: 'b' }
  const monitor = { apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', metadata: { ...metadata, labels } }
  expect(
    listManifestProblems({ ...monitor, spec: { selector: { matchLabels: labels }, jobLabel: 'a', endpoint: [] } }),
  ).toEqual(expect.arrayContaining([expect.stringMatching(/^ServiceMonitor\/spec: .*endpoint/)]))
  expect(listManifestProblems({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 5 } })).toEqual([
    'ServiceAccount/metadata/name: type',
  ])
  expect(listManifestProblems({ apiVersion: 'v2', kind: 'Pod' })).toEqual(['v2/Pod: no schema is known'])
})

test('a misspelt value is refused, in every group of values', async () => {
  const groups = Object.entries(parse(await readFile(join(chartFolder, 'values.yaml'), 'utf8')))
  const open = ['environment', 'podAnnotations', 'podLabels', 'workloadAnnotations', 'nodeSelector', 'affinity']
  const misspelt = groups
    .filter(([name, value]) => !open.includes(name) && typeof value === 'object' && !Array.isArray(value))
    .map(([name]) => [name, { [name]: { enabeld: true } }] as const)
  expect(misspelt.length).toBeGreaterThan(15)
  const refusals = await Promise.all(misspelt.map(async ([name, values]) => [name, await findRefusal(values)] as const))
  for (const [name, refusal] of refusals) expect(refusal, name).toMatch(/enabeld/)
})

test('no group of values takes names that nobody has listed', async () => {
  const schema = z.json().parse(JSON.parse(await readFile(join(chartFolder, 'values.schema.json'), 'utf8')))
  const open: string[] = []
  // An object either lists its names and takes no others, or is a map, whose names are the operator's.
  function look(part: unknown, path: string): void {
    if (Array.isArray(part)) for (const [index, item] of part.entries()) look(item, `${path}/${index}`)
    const object = z.record(z.string(), z.unknown()).safeParse(part)
    if (!object.success) return
    const { type, properties, additionalProperties } = object.data
    if (type === 'object' && properties !== undefined && additionalProperties !== false) open.push(path)
    for (const [name, item] of Object.entries(object.data)) look(item, `${path}/${name}`)
  }
  look(schema, '')
  // The settings of an account are its provider's affair.
  expect(open).toEqual(['/properties/config/properties/accounts/items'])
})
