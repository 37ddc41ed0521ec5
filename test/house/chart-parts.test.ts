// What can be switched on beside the gateway itself.
import { beforeAll, describe, expect, test } from 'vitest'
import { findRefusal, renderChart } from '#test/support/chart.ts'
import { findHelm } from '#test/support/helm.ts'

const accounts = [
  { name: 'tencent-main', provider: 'tencent', credentials: { appId: 1_250_000_000, apiKey: '${TENCENT_API_KEY}' } },
]
const reader = { name: 'web', sha256: 'a'.repeat(64) }
const ops = { name: 'prometheus', sha256: 'b'.repeat(64), role: 'ops' }
const config = { access: { keys: [reader] }, accounts }
const shared = { ...config, redis: { url: 'redis://redis.data:6379' } }
const publicly = [
  { ipBlock: expect.objectContaining({ cidr: '0.0.0.0/0' }) },
  { ipBlock: expect.objectContaining({ cidr: '::/0' }) },
]
const tcp = (...ports: readonly (number | string)[]) => ports.map((port) => ({ port, protocol: 'TCP' }))
const dns = { ports: [{ port: 53, protocol: 'UDP' }, ...tcp(53), { port: 5353, protocol: 'UDP' }, ...tcp(5353)] }

beforeAll(async () => {
  await findHelm()
}, 240_000)

describe('a route', () => {
  const httpRoute = { enabled: true, parentRefs: [{ name: 'public' }], hostnames: ['live.example.com'] }
  const ingress = { enabled: true, hosts: ['live.example.com', 'cdn.example.com'] }

  test('of the Gateway API leads to the service', async () => {
    const { get, list } = await renderChart({ config, httpRoute, service: { port: 8080 } })
    expect(get('HTTPRoute').spec.rules[0].backendRefs).toEqual([{ name: 'release-weir', port: 8080 }])
    expect(list('Ingress')).toEqual([])
  })

  test('of an Ingress leads every host to the service', async () => {
    const { spec } = (await renderChart({ config, ingress })).get('Ingress')
    expect(spec.rules.map(({ host }: { host: string }) => host)).toEqual(ingress.hosts)
    expect(spec).not.toHaveProperty('ingressClassName')
  })

  test.each<[what: string, values: object, why: RegExp]>([
    ['both at once', { config, httpRoute, ingress }, /either ingress\.enabled or httpRoute\.enabled/],
    ['one to the sandbox', { ingress }, /need config or existingConfigSecret/],
    ['an Ingress without hosts', { config, ingress: { enabled: true } }, /ingress\.hosts is empty/],
    ['a route on no Gateway', { config, httpRoute: { enabled: true } }, /parentRefs is empty/],
    ['a host that is an address', { config, ingress: { enabled: true, hosts: ['https://a.example.com'] } }, /hosts/],
  ])('is refused: %s', async (_what, values, why) => {
    expect(await findRefusal(values)).toMatch(why)
  })
})

describe('scaling', () => {
  const autoscaling = { enabled: true, minReplicas: 2, maxReplicas: 3 }

  test('goes by CPU and by how late the event loop is, and leaves the number of pods alone', async () => {
    const values = { config: shared, autoscaling: { ...autoscaling, eventLoopDelay: { enabled: true } } }
    const { get } = await renderChart(values)
    expect(get('Deployment').spec).not.toHaveProperty('replicas')
    const { scaleTargetRef, metrics } = get('HorizontalPodAutoscaler').spec
    expect(scaleTargetRef).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'release-weir' })
    expect(metrics).toMatchObject([
      { resource: { name: 'cpu', target: { averageUtilization: 70 } } },
      { pods: { metric: { name: 'weir_event_loop_delay_seconds', selector: { matchLabels: { quantile: '0.99' } } } } },
    ])
  })

  test('scales a StatefulSet where the pods have claims', async () => {
    const { get } = await renderChart({ config: shared, autoscaling, persistence: { enabled: true } })
    expect(get('HorizontalPodAutoscaler').spec.scaleTargetRef.kind).toBe('StatefulSet')
    expect(get('StatefulSet').spec).not.toHaveProperty('replicas')
  })

  test.each<[maxReplicas: number, maxUnavailable: number]>([
    [3, 1],
    [4, 1],
    [5, 0],
  ])('starts new pods first only below the most that may share the quota: %i', async (maxReplicas, maxUnavailable) => {
    const redis = { ...shared.redis, maxReplicas }
    const { strategy } = (await renderChart({ config: { ...config, redis }, autoscaling })).get('Deployment').spec
    expect(strategy.rollingUpdate.maxUnavailable).toBe(maxUnavailable)
  })

  const hidden = { ...shared.redis, maxReplicas: '${MOST}' }
  test.each<[what: string, values: object, why: RegExp]>([
    ['without Redis', { config, autoscaling }, /needs config\.redis/],
    ['where the chart sees no settings', { existingConfigSecret: 'kept', autoscaling }, /has to see/],
    ['where the environment says how many', { config: { ...config, redis: hidden }, autoscaling }, /as a number/],
    [
      'beyond those that may share the quota',
      { config: shared, autoscaling: { ...autoscaling, maxReplicas: 4 } },
      /autoscaling\.maxReplicas 4 is above config\.redis\.maxReplicas \(3\)/,
    ],
    ['upside down', { config: shared, autoscaling: { ...autoscaling, minReplicas: 4 } }, /minReplicas is above/],
    ['by nothing', { config: shared, autoscaling: { ...autoscaling, cpu: { enabled: false } } }, /nothing to go by/],
    [
      'by the CPU of no request',
      { config: shared, autoscaling, resources: { requests: { cpu: null } } },
      /requests\.cpu/,
    ],
  ])('is refused %s', async (_what, values, why) => {
    expect(await findRefusal(values)).toMatch(why)
  })
})

describe('the network policy', () => {
  const egressOf = async (values: object) => (await renderChart(values)).get('NetworkPolicy').spec.egress

  test('lets out to DNS, to Redis and to the ports of the providers, at public addresses', async () => {
    expect(await egressOf({ config: shared })).toEqual([dns, { ports: tcp(6379) }, { ports: tcp(80), to: publicly }])
  })

  test.each<[url: string, ports: readonly number[]]>([
    ['rediss://user:pass@redis.data:6380/2', [6380]],
    ['redis://:${REDIS_PASSWORD}@redis.data', [6379]],
    ['redis://[2001:db8::1]:7000', [7000]],
    ['redis+cluster://a:7000,b:7001', [7000, 7001]],
    ['redis+sentinel://a,b:26380/main?db=1', [26_379, 26_380, 6379]],
    ['${REDIS_URL}', [6379, 26_379]],
  ])('finds the ports of %s', async (url, ports) => {
    const [, redis] = await egressOf({ config: { ...config, redis: { url } } })
    expect(redis).toEqual({ ports: tcp(...ports) })
  })

  test('goes by the endpoints and the issuer in the settings', async () => {
    const jwt = { issuer: 'i', audience: 'weir', jwksUrl: 'https://id.example.com:8443/keys' }
    const endpoints = { statistics: 'https://a.example.com/x', control: '${CONTROL}' }
    const own = { access: { jwt }, accounts: [{ ...accounts[0], endpoints }] }
    expect((await egressOf({ config: own }))[1].ports).toEqual(tcp(443, 8443, 80))
  })

  test('lets out to a collector of traces', async () => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.observability:4318' }
    expect(await egressOf({ config, environment })).toContainEqual({ ports: tcp(4318) })
  })

  const store = { enabled: true, store: { name: 'vault' } }
  const toRedis = { ports: tcp(6379, 26_379) }
  const toCollector = { ports: tcp(4318) }
  test.each<[what: string, values: object, rules: readonly object[]]>([
    ['a Secret', { config, environmentFromSecrets: ['kept'] }, [toRedis, toCollector]],
    ['an ExternalSecret', { config, externalSecret: { ...store, data: { REDIS_URL: { key: 'a' } } } }, [toRedis]],
    ['an ExternalSecret of other things', { config, externalSecret: { ...store, data: { KEY: { key: 'a' } } } }, []],
    ['a settings file of your own', { existingConfigSecret: 'kept' }, [toRedis, toCollector]],
    [
      'the settings, which say it',
      { config: shared, environmentFromSecrets: ['kept'] },
      [{ ports: tcp(6379) }, toCollector],
    ],
  ])('lets out to Redis and a collector whose address may be in %s', async (_what, values, rules) => {
    expect((await egressOf(values)).slice(1, -1)).toEqual(rules)
  })

  test('is never surprised by a Redis of the environment', async () => {
    expect(await findRefusal({ config, environment: { REDIS_URL: 'redis://a' } })).toMatch(/set config\.redis\.url/)
  })

  test('lets in only whom the values name, and the test of the chart', async () => {
    const from = [{ namespaceSelector: { matchLabels: { name: 'web' } } }]
    const { ingress } = (await renderChart({ config, networkPolicy: { from } })).get('NetworkPolicy').spec
    expect(ingress[0].ports).toEqual(tcp('http'))
    expect(ingress[0].from[0]).toEqual(from[0])
    expect(ingress[0].from[1].podSelector.matchLabels).toMatchObject({ 'app.kubernetes.io/component': 'test' })
  })

  test('leaves the providers to Cilium, which knows them by name', async () => {
    const networkPolicy = { cilium: { enabled: true, hosts: ['more.example.com'] } }
    const { get } = await renderChart({ config: shared, networkPolicy })
    expect(get('NetworkPolicy').spec.egress).toEqual([{ ports: tcp(6379) }])
    expect(get('CiliumNetworkPolicy').spec.egress[1]).toEqual({
      toFQDNs: ['more.example.com', 'fcgi.video.qcloud.com', 'statcgi.video.qcloud.com'].map((matchName) => ({
        matchName,
      })),
      toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }] }],
    })
  })

  test('of Cilium is refused where the settings hide the hosts', async () => {
    const values = { existingConfigSecret: 'kept', networkPolicy: { cilium: { enabled: true } } }
    expect(await findRefusal(values)).toMatch(/cilium\.hosts is empty/)
  })
})

describe('a bundled Redis', () => {
  const redis = { enabled: true, passwordSecret: { name: 'weir-redis' } }

  test('is found by Weir, with a password out of a Secret', async () => {
    const { get } = await renderChart({ config: { ...config, redis: { prefix: 'live' } }, redis, replicaCount: 2 })
    expect(JSON.parse(get('ConfigMap').data['weir.yaml'] ?? '').redis).toEqual({
      prefix: 'live',
      url: 'redis://:${WEIR_REDIS_PASSWORD}@release-weir-redis:6379',
    })
    expect(get('Deployment').spec.template.spec.containers[0].env).toContainEqual({
      name: 'WEIR_REDIS_PASSWORD',
      valueFrom: { secretKeyRef: { name: 'weir-redis', key: 'password' } },
    })
  })

  test('evicts nothing, writes down what it is told, and talks to Weir only', async () => {
    const { get } = await renderChart({ config, redis })
    const file = get('ConfigMap', 'release-weir-redis').data['redis.conf']
    for (const line of ['maxmemory-policy noeviction', 'appendonly yes', 'maxmemory 256mb'])
      expect(file).toContain(line)
    const { spec } = get('NetworkPolicy', 'release-weir-redis')
    expect(spec).not.toHaveProperty('egress')
    expect(spec.ingress[0].from[0].podSelector.matchLabels).toEqual(get('Deployment').spec.template.metadata.labels)
  })

  test.each<[what: string, values: object, why: RegExp]>([
    ['without a password', { config, redis: { enabled: true } }, /passwordSecret\.name is empty/],
    ['beside one of your own', { config: shared, redis }, /either redis\.enabled or config\.redis\.url/],
    ['where the chart sees no settings', { existingConfigSecret: 'kept', redis }, /redis\.enabled needs config/],
    ['that is neither', { config: { ...config, redis: { prefix: 'live' } } }, /config\.redis names no url/],
    ['without room', { config, redis: { ...redis, maxMemory: 'much' } }, /maxMemory/],
  ])('is refused %s', async (_what, values, why) => {
    expect(await findRefusal(values)).toMatch(why)
  })
})

describe('monitoring', () => {
  const serviceMonitor = { enabled: true, bearerKeySecret: { name: 'weir-prometheus' } }
  const watched = { ...config, access: { keys: [reader, ops] } }

  test('shows a key of role ops', async () => {
    const { get } = await renderChart({ config: watched, serviceMonitor })
    expect(get('ServiceMonitor').spec.endpoints[0]).toMatchObject({
      path: '/metrics',
      authorization: { type: 'Bearer', credentials: { name: 'weir-prometheus', key: 'key' } },
    })
  })

  test.each<[what: string, values: object, why: RegExp]>([
    ['without a key', { config: watched, serviceMonitor: { enabled: true } }, /bearerKeySecret\.name is empty/],
    ['with keys that may not', { config, serviceMonitor }, /needs a key of role ops/],
    ['of the sandbox', { serviceMonitor }, /needs config or existingConfigSecret/],
  ])('is refused %s', async (_what, values, why) => {
    expect(await findRefusal(values)).toMatch(why)
  })

  test('brings the rules and the dashboards as they are in their files', async () => {
    const switchedOn = { prometheusRule: { enabled: true, runbookBase: 'https://wiki.example.com/weir/' } }
    const { get, list } = await renderChart({ config, ...switchedOn, dashboards: { enabled: true } })
    const text = JSON.stringify(get('PrometheusRule').spec)
    expect(text).toContain('"alert":"WeirQuotaNearlySpent"')
    expect(text).toContain('https://wiki.example.com/weir/docs/runbook/WeirQuotaNearlySpent.md')
    expect(text).toContain('{{ $labels.account }}')
    const dashboards = list('ConfigMap').filter(({ metadata }) => metadata.labels['grafana_dashboard'] === '1')
    expect(dashboards.length).toBeGreaterThan(0)
    for (const { data } of dashboards)
      for (const dashboard of Object.values(data)) expect(JSON.parse(dashboard)).toHaveProperty('panels')
  })
})

test('an ExternalSecret becomes environment variables', async () => {
  const data = { TENCENT_API_KEY: { key: 'live/tencent', property: 'apiKey' } }
  const values = { config, externalSecret: { enabled: true, store: { name: 'vault' }, data } }
  const { get } = await renderChart(values)
  const { target } = get('ExternalSecret', 'release-weir-external').spec
  expect(get('Deployment').spec.template.spec.containers[0].envFrom).toEqual([{ secretRef: { name: target.name } }])
  expect(await findRefusal({ config, externalSecret: { enabled: true } })).toMatch(/store\.name is empty/)
})
