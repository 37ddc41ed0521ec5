import { beforeAll, describe, expect, test } from 'vitest'
import { findRefusal, renderChart } from '#test/support/chart.ts'
import { findHelm } from '#test/support/helm.ts'

const key = { name: 'web', sha256: 'a'.repeat(64) }
const keyed = {
  config: {
    access: { keys: [key] },
    accounts: [
      {
        name: 'tencent-main',
        provider: 'tencent',
        credentials: { appId: 1_250_000_000, apiKey: '${TENCENT_API_KEY}' },
      },
    ],
  },
}

beforeAll(async () => {
  await findHelm()
}, 240_000)

describe('without values', () => {
  test('makes what a pod needs, and a budget and a policy beside it', async () => {
    const { documents, get } = await renderChart({})
    for (const kind of ['Deployment', 'Service', 'ServiceAccount', 'PodDisruptionBudget', 'NetworkPolicy'])
      expect(get(kind).metadata.name).toBe('release-weir')
    expect(documents).toHaveLength(5)
  })

  test('runs the sandbox on the loopback of its pod, where it may be open', async () => {
    const { get } = await renderChart({})
    const [container] = get('Deployment').spec.template.spec.containers
    expect(container.env).toContainEqual({ name: 'WEIR_CONFIG', value: '' })
    expect(container.env).toContainEqual({ name: 'HOST', value: '127.0.0.1' })
    for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe])
      expect(probe.exec.command.slice(0, 2)).toEqual(['node', '--eval'])
    expect(get('NetworkPolicy').spec.egress).toHaveLength(1)
  })
})

describe('with settings', () => {
  test('makes a deployment, a service, a service account and the settings', async () => {
    const { get, list } = await renderChart(keyed)
    for (const kind of ['Deployment', 'Service', 'ServiceAccount', 'ConfigMap']) expect(list(kind)).toEqual([get(kind)])
    expect(get('ServiceAccount')['automountServiceAccountToken']).toBe(false)
  })

  test('hands the settings over as written, numbers and placeholders included', async () => {
    const { data } = (await renderChart(keyed)).get('ConfigMap')
    const settings: unknown = JSON.parse(data['weir.yaml'] ?? '')
    expect(settings).toEqual({ ...keyed.config, dataDirectory: '/data' })
    expect(data['weir.yaml']).toContain('1250000000')
  })

  test('runs without root, without capabilities, on a read-only file system', async () => {
    const pod = (await renderChart(keyed)).get('Deployment').spec.template.spec
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
  })

  test('is given longer to end than it takes', async () => {
    const pod = (await renderChart(keyed)).get('Deployment').spec.template.spec
    expect(pod.terminationGracePeriodSeconds).toBe(30)
  })

  test('asks liveness and readiness where they are answered', async () => {
    const [container] = (await renderChart(keyed)).get('Deployment').spec.template.spec.containers
    expect(container.startupProbe.httpGet.path).toBe('/healthz')
    expect(container.livenessProbe.httpGet.path).toBe('/healthz')
    expect(container.readinessProbe.httpGet.path).toBe('/readyz')
    expect(container.env).toContainEqual({ name: 'WEIR_CONFIG', value: '/etc/weir/weir.yaml' })
  })

  test('starts new pods when the settings change, and only then', async () => {
    const checksum = async (values: unknown) =>
      (await renderChart(values)).get('Deployment').spec.template.metadata.annotations['checksum/settings']
    const changed = { config: { ...keyed.config, log: { level: 'debug' } } }
    expect(await checksum(keyed)).toBe(await checksum({ ...keyed, replicaCount: 1 }))
    expect(await checksum(changed)).not.toBe(await checksum(keyed))
  })

  test('listens on IPv6 where there is nothing else', async () => {
    const [container] = (await renderChart({ ...keyed, host: '::' })).get('Deployment').spec.template.spec.containers
    expect(container.env).toContainEqual({ name: 'HOST', value: '::' })
  })

  test('takes secrets from the environment of a Secret', async () => {
    const { get } = await renderChart({ ...keyed, environmentFromSecrets: ['provider-keys'] })
    expect(get('Deployment').spec.template.spec.containers[0].envFrom).toEqual([
      { secretRef: { name: 'provider-keys' } },
    ])
  })

  test('takes the whole settings file from a Secret', async () => {
    const { get, list } = await renderChart({ existingConfigSecret: 'weir-settings' })
    expect(list('ConfigMap')).toEqual([])
    expect(get('Deployment').spec.template.spec.volumes).toContainEqual({
      name: 'settings',
      secret: { secretName: 'weir-settings', items: [{ key: 'weir.yaml', path: 'weir.yaml' }] },
    })
  })

  test('gives each pod a claim of its own, which the next one of its name finds again', async () => {
    const redis = { url: 'redis://redis:6379' }
    const values = { config: { ...keyed.config, redis }, replicaCount: 3, persistence: { enabled: true } }
    const { get, list } = await renderChart(values)
    expect(list('Deployment')).toEqual([])
    const { spec } = get('StatefulSet')
    expect(spec).toMatchObject({ replicas: 3, updateStrategy: { type: 'RollingUpdate' } })
    expect(spec.volumeClaimTemplates[0]).toMatchObject({
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'] },
    })
    expect(spec.template.spec.containers[0].volumeMounts).toContainEqual({ name: 'data', mountPath: '/data' })
    expect(spec.template.spec.volumes).not.toContainEqual(expect.objectContaining({ name: 'data' }))
  })

  test('takes a claim that is there already, for one pod', async () => {
    const values = { ...keyed, persistence: { enabled: true, existingClaim: 'kept' } }
    const { spec } = (await renderChart(values)).get('StatefulSet')
    expect(spec).not.toHaveProperty('volumeClaimTemplates')
    expect(spec.template.spec.volumes).toContainEqual({ name: 'data', persistentVolumeClaim: { claimName: 'kept' } })
  })

  test('names the image by digest where one is given', async () => {
    const digest = `sha256:${'b'.repeat(64)}`
    const { get } = await renderChart({ ...keyed, image: { repository: 'registry.example.com/weir', digest } })
    expect(get('Deployment').spec.template.spec.containers[0].image).toBe(`registry.example.com/weir@${digest}`)
  })

  test('spreads the pods over zones and nodes, unless told otherwise', async () => {
    const spread = async (values: object) =>
      (await renderChart({ ...keyed, ...values })).get('Deployment').spec.template.spec.topologySpreadConstraints
    expect(await spread({})).toMatchObject([
      { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
      { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
    ])
    expect(await spread({ topologySpread: { zones: 'Off', nodes: 'Off' } })).toBeUndefined()
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
    ['starts a new pod first where that one and one that drains may share the quota', shared(1), newFirst],
    ['goes by the settings', shared(3, { maxReplicas: 5 }), newFirst],
    ['ends an old pod first where only one more may', shared(2), oldFirst],
    ['does so by the settings', shared(3, { maxReplicas: 4 }), oldFirst],
    ['does so where no more may', shared(3), oldFirst],
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
    const { spec } = (await renderChart(values)).get('Deployment')
    expect(spec.strategy).toEqual(strategy)
    // A pod that drains has ended before the next one is told to.
    expect(spec.minReadySeconds).toBeGreaterThanOrEqual(spec.template.spec.terminationGracePeriodSeconds)
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
      {
        existingConfigSecret: 'weir-settings',
        replicaCount: 2,
        persistence: { enabled: true, existingClaim: 'kept' },
      },
      /replicaCount 1/,
    ],
    ['a data directory of its own', { config: { ...config, dataDirectory: '/mine' } }, /dataDirectory/],
  ])('%s', async (_what, values, why) => {
    expect(await findRefusal(values)).toMatch(why)
  })
})

test('accepts a placeholder wherever a number may stand', async () => {
  const values = { config: { ...keyed.config, cache: { maxBytes: '${CACHE_BYTES}' } } }
  expect(await findRefusal(values)).toBe('accepted')
})
