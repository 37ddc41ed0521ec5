import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { findHelm } from '#test/support/helm.ts'

const run = promisify(execFile)
const chart = join(import.meta.dirname, '..', '..', 'helm', 'weir')

const failureShape = z.object({ stderr: z.string() })

const keyed = {
  config: {
    access: { keys: [{ name: 'web', sha256: 'a'.repeat(64) }] },
    accounts: [
      {
        name: 'tencent-main',
        provider: 'tencent',
        credentials: { appId: 1_250_000_000, apiKey: '${TENCENT_API_KEY}' },
      },
    ],
  },
}

let helm: string

beforeAll(async () => {
  helm = await findHelm()
}, 120_000)

/** What `helm template` makes of the values, or what it refuses them with. */
async function render(values: unknown): Promise<{ objects: readonly Kubernetes[] } | { refusal: string }> {
  const words = ['template', 'release', chart, '--namespace', 'live', '--values', '-']
  const child = run(helm, words, { maxBuffer: 16 * 1024 * 1024 })
  child.child.stdin?.end(JSON.stringify(values))
  try {
    const { stdout } = await child
    return { objects: parseAllDocuments(stdout).map((document) => kubernetesShape.parse(document.toJS())) }
  } catch (error) {
    return { refusal: failureShape.parse(error).stderr }
  }
}

const containerShape = z.object({
  image: z.string(),
  env: z.array(z.object({ name: z.string(), value: z.string() })),
  envFrom: z.array(z.object({ secretRef: z.object({ name: z.string() }) })).default([]),
  securityContext: z.unknown(),
  livenessProbe: z.object({ httpGet: z.object({ path: z.string() }) }),
  readinessProbe: z.object({ httpGet: z.object({ path: z.string() }) }),
})

const kubernetesShape = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string() }),
  data: z.record(z.string(), z.string()).default({}),
  automountServiceAccountToken: z.boolean().optional(),
  spec: z.record(z.string(), z.unknown()).default({}),
})
type Kubernetes = z.output<typeof kubernetesShape>

const deploymentShape = z.object({
  replicas: z.number(),
  strategy: z.object({
    type: z.string(),
    rollingUpdate: z.object({ maxUnavailable: z.number(), maxSurge: z.number() }).optional(),
  }),
  template: z.object({
    metadata: z.object({ annotations: z.record(z.string(), z.string()) }),
    spec: z.object({
      automountServiceAccountToken: z.boolean(),
      terminationGracePeriodSeconds: z.number(),
      securityContext: z.unknown(),
      containers: z.tuple([containerShape]),
      volumes: z.array(z.looseObject({ name: z.string() })),
    }),
  }),
})

async function renderAll(values: unknown) {
  const rendered = await render(values)
  if ('refusal' in rendered) throw new Error(rendered.refusal)
  const find = (kind: string) => rendered.objects.filter((object) => object.kind === kind)
  const [deployment] = find('Deployment')
  return { find, deployment: deploymentShape.parse(deployment?.spec) }
}

test('passes the strict lint', async () => {
  const child = run(helm, ['lint', chart, '--strict', '--values', '-'])
  child.child.stdin?.end(JSON.stringify(keyed))
  const { stdout } = await child
  expect(stdout).toContain('1 chart(s) linted, 0 chart(s) failed')
})

describe('with settings', () => {
  test('makes a deployment, a service, a service account and the settings', async () => {
    const { find } = await renderAll(keyed)
    for (const kind of ['Deployment', 'Service', 'ServiceAccount', 'ConfigMap'])
      expect(find(kind).map((object) => object.metadata.name)).toEqual(['release-weir'])
    expect(find('PersistentVolumeClaim')).toEqual([])
    expect(find('ServiceAccount')[0]?.automountServiceAccountToken).toBe(false)
  })

  test('hands the settings over as written, numbers and placeholders included', async () => {
    const { find } = await renderAll(keyed)
    const settings: unknown = JSON.parse(find('ConfigMap')[0]?.data['weir.yaml'] ?? '')
    expect(settings).toEqual({ ...keyed.config, dataDirectory: '/data' })
    expect(find('ConfigMap')[0]?.data['weir.yaml']).toContain('1250000000')
  })

  test('runs without root, without capabilities, on a read-only file system', async () => {
    const { deployment } = await renderAll(keyed)
    const pod = deployment.template.spec
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 10001,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(pod.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(pod.automountServiceAccountToken).toBe(false)
    expect(pod.terminationGracePeriodSeconds).toBe(30)
  })

  test('asks liveness and readiness where they are answered', async () => {
    const [container] = (await renderAll(keyed)).deployment.template.spec.containers
    expect(container.livenessProbe.httpGet.path).toBe('/healthz')
    expect(container.readinessProbe.httpGet.path).toBe('/readyz')
    expect(container.env).toContainEqual({ name: 'WEIR_CONFIG', value: '/etc/weir/weir.yaml' })
  })

  test('starts new pods when the settings change, and only then', async () => {
    const checksum = async (values: unknown) =>
      (await renderAll(values)).deployment.template.metadata.annotations['checksum/settings']
    const changed = { config: { ...keyed.config, log: { level: 'debug' } } }
    expect(await checksum(keyed)).toBe(await checksum({ ...keyed, replicaCount: 1 }))
    expect(await checksum(changed)).not.toBe(await checksum(keyed))
  })

  test('takes secrets from the environment of a Secret', async () => {
    const { deployment } = await renderAll({ ...keyed, environmentFromSecrets: ['provider-keys'] })
    expect(deployment.template.spec.containers[0].envFrom).toEqual([{ secretRef: { name: 'provider-keys' } }])
  })

  test('takes the whole settings file from a Secret', async () => {
    const { find, deployment } = await renderAll({ existingConfigSecret: 'weir-settings' })
    expect(find('ConfigMap')).toEqual([])
    expect(deployment.template.spec.volumes).toContainEqual({
      name: 'settings',
      secret: { secretName: 'weir-settings', items: [{ key: 'weir.yaml', path: 'weir.yaml' }] },
    })
  })

  test('keeps the data on a claim, one process after the other', async () => {
    const { find, deployment } = await renderAll({ ...keyed, persistence: { enabled: true } })
    expect(find('PersistentVolumeClaim')).toHaveLength(1)
    expect(deployment.strategy.type).toBe('Recreate')
    expect(deployment.template.spec.volumes).toContainEqual({
      name: 'data',
      persistentVolumeClaim: { claimName: 'release-weir' },
    })
  })

  test('names the image by digest where one is given', async () => {
    const digest = `sha256:${'b'.repeat(64)}`
    const { deployment } = await renderAll({ ...keyed, image: { repository: 'registry.example.com/weir', digest } })
    expect(deployment.template.spec.containers[0].image).toBe(`registry.example.com/weir@${digest}`)
  })

  test('runs several replicas over one Redis', async () => {
    const redis = { url: 'redis://redis:6379' }
    const { deployment } = await renderAll({ config: { ...keyed.config, redis }, replicaCount: 3 })
    expect(deployment.replicas).toBe(3)
  })
})

describe('an update', () => {
  const shared = (replicaCount: number, more: object = {}) => ({
    config: { ...keyed.config, redis: { url: 'redis://redis:6379', ...more } },
    replicaCount,
  })
  const newFirst = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }
  const oneAfterTheOther = { type: 'Recreate' }
  const oldFirst = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } }

  test.each<[what: string, values: object, strategy: object]>([
    ['starts a new pod first where one more may share the quota', shared(2), newFirst],
    ['does so for one pod too', shared(1), newFirst],
    ['ends an old pod first where no more may', shared(3), oldFirst],
    ['goes by the settings', shared(3, { maxReplicas: 4 }), newFirst],
    ['ends an old one first where the environment says how many', shared(2, { maxReplicas: '${MOST}' }), oldFirst],
    [
      'ends an old one first where a Secret says how many',
      { existingConfigSecret: 'weir-settings', replicaCount: 2 },
      oldFirst,
    ],
    ['ends the only pod before the next begins where nothing is shared', keyed, oneAfterTheOther],
    ['does so where sharing is taken back', { config: { ...keyed.config, redis: null } }, oneAfterTheOther],
    ['does so where only one may share', shared(1, { maxReplicas: 1 }), oneAfterTheOther],
    ['does so where nobody sees whether it is shared', { existingConfigSecret: 'weir-settings' }, oneAfterTheOther],
  ])('%s', async (_what, values, strategy) => {
    expect((await renderAll(values)).deployment.strategy).toEqual(strategy)
  })
})

describe('refuses', () => {
  const { config } = keyed
  const redis = { url: 'redis://redis:6379' }
  test.each<[what: string, values: unknown, why: RegExp]>([
    ['an unknown value', { ...keyed, replicas: 2 }, /replicas/],
    ['an unknown setting', { config: { ...config, cach: {} } }, /cach/],
    ['an unknown setting inside a section', { config: { ...config, upstream: { deadline: 5 } } }, /deadline/],
    ['a setting out of its range', { config: { ...config, queries: { maxDepth: 0 } } }, /maxDepth/],
    ['a port of its own', { config: { ...config, server: { port: 80 } } }, /port/],
    ['a variable that the chart sets', { ...keyed, environment: { PORT: 80 } }, /environment/],
    ['a text for a number', { ...keyed, replicaCount: 'two' }, /replicaCount/],
    ['a digest that is none', { ...keyed, image: { digest: 'latest' } }, /digest/],
    ['no accounts', { config: { access: config.access } }, /config\.accounts is empty/],
    ['an account without a name', { config: { ...config, accounts: [{ provider: 'tencent' }] } }, /name/],
    ['access that nobody decided on', { config: { accounts: config.accounts } }, /names no keys/],
    ['settings given twice', { ...keyed, existingConfigSecret: 'weir-settings' }, /either config or existing/],
    ['replicas that share nothing', { ...keyed, replicaCount: 2 }, /needs config\.redis/],
    ['replicas whose Redis is null', { config: { ...config, redis: null }, replicaCount: 2 }, /needs config\.redis/],
    ['more replicas than share by default', { config: { ...config, redis }, replicaCount: 4 }, /maxReplicas \(3\)/],
    [
      'more replicas than the settings name',
      { config: { ...config, redis: { ...redis, maxReplicas: 2 } }, replicaCount: 3 },
      /replicaCount 3 is above config\.redis\.maxReplicas \(2\)/,
    ],
    [
      'replicas on one claim',
      { existingConfigSecret: 'weir-settings', replicaCount: 2, persistence: { enabled: true } },
      /replicaCount 1/,
    ],
  ])('%s', async (_what, values, why) => {
    const rendered = await render(values)
    expect('refusal' in rendered ? rendered.refusal : 'accepted').toMatch(why)
  })
})

test('accepts a placeholder wherever a number may stand', async () => {
  const rendered = await render({ config: { ...keyed.config, cache: { maxBytes: '${CACHE_BYTES}' } } })
  expect(rendered).not.toHaveProperty('refusal')
})
