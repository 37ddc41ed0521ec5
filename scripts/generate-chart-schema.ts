// helm/weir/values.schema.json: what the chart's values may be. The part under `config` comes from Weir's own settings,
// so that the chart refuses what the process would refuse.
import { z } from 'zod'
import { namePattern } from '#src/config/names.ts'
import { accountBasicsSchema, settingsSchema } from '#src/config/schema.ts'

type JsonSchema = z.core.JSONSchema.BaseSchema

/** Types of values that hold no others. */
const leafTypes: ReadonlySet<unknown> = new Set(['integer', 'number', 'boolean', 'string'])

/** A place that the environment fills; what it fills in is checked at the start. */
const placeholder: JsonSchema = { type: 'string', pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}' }

/** What the chart sets itself. */
const setByChart = ['WEIR_CONFIG', 'WEIR_REDIS_PASSWORD', 'HOST', 'PORT'] as const

const quantity = z.string().regex(/^\d+(\.\d+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/)
const text = z.string()
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/
const texts = z.record(z.string(), z.string())
const secretName = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/)
/** Handed to Kubernetes as it is, which checks it. */
const kubernetes = z.record(z.string(), z.unknown())
const port = z.int().min(1).max(65_535)
const seconds = z.int().min(0).max(3600)
/** As Prometheus, Kubernetes and the Gateway API write it. */
const duration = z.string().regex(/^(\d+(ms|s|m|h))+$/)
const cidr = z.string().regex(/^([0-9.]{7,15}|[0-9A-Fa-f:.]{2,45})\/\d{1,3}$/)
const webAddress = z.string().regex(/^(https?:\/\/.+)?$/)
const hostName = z.string().regex(/^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/)
const secretKey = z.strictObject({ name: z.union([z.literal(''), secretName]), key: z.string().min(1) })
const image = z.strictObject({
  repository: z.string().min(1),
  tag: z.string().regex(/^[\w.-]{0,128}$/),
  digest: z.string().regex(/^(sha256:[0-9a-f]{64})?$/),
  pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']),
})
const resources = z.strictObject({ requests: kubernetes.optional(), limits: kubernetes.optional() })
const labelSelector = z.strictObject({
  matchLabels: texts.optional(),
  matchExpressions: z
    .array(
      z.strictObject({
        key: text,
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(text).optional(),
      }),
    )
    .optional(),
})
const peers = z.array(
  z.strictObject({
    namespaceSelector: labelSelector.optional(),
    podSelector: labelSelector.optional(),
    ipBlock: z.strictObject({ cidr, except: z.array(cidr).optional() }).optional(),
  }),
)
const spreading = z.enum(['ScheduleAnyway', 'DoNotSchedule', 'Off'])

const { server, accounts: _accounts, dataDirectory: _dataDirectory, ...settings } = settingsSchema.shape
const { host: _host, port: _port, ...serverSettings } = server.unwrap().shape

const config = z.strictObject({
  ...settings,
  server: z.strictObject(serverSettings),
  accounts: z.array(z.looseObject({ ...accountBasicsSchema.shape, name: z.string().regex(namePattern) })),
})

const values = z.strictObject({
  // Helm adds it for charts that are part of another one.
  global: kubernetes.optional(),
  replicaCount: z.int().min(1).max(100),
  image,
  imagePullSecrets: z.array(secretName),
  nameOverride: text,
  fullnameOverride: text,
  config: config.partial(),
  existingConfigSecret: z.union([z.literal(''), secretName]),
  environmentFromSecrets: z.array(secretName),
  environment: z.record(z.string().regex(variableName), z.union([z.string(), z.number(), z.boolean()])),
  externalSecret: z.strictObject({
    enabled: z.boolean(),
    refreshInterval: duration,
    store: z.strictObject({ kind: z.enum(['SecretStore', 'ClusterSecretStore']), name: text }),
    data: z.record(
      z.string().regex(variableName),
      z.strictObject({ key: z.string().min(1), property: text.optional(), version: text.optional() }),
    ),
  }),
  persistence: z.strictObject({
    enabled: z.boolean(),
    storageClassName: text,
    accessModes: z.array(z.enum(['ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany'])).min(1),
    size: quantity,
    existingClaim: text,
  }),
  ephemeralStorageLimit: quantity,
  host: z.enum(['0.0.0.0', '::']),
  service: z.strictObject({
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']),
    port,
    annotations: texts,
    externalTrafficPolicy: z.enum(['Local', 'Cluster']),
    scheme: z.enum(['', 'HTTP', 'HTTPS']),
  }),
  ingress: z.strictObject({
    enabled: z.boolean(),
    className: text,
    annotations: texts,
    hosts: z.array(hostName),
    tls: z.array(z.strictObject({ hosts: z.array(hostName).optional(), secretName: secretName.optional() })),
  }),
  httpRoute: z.strictObject({
    enabled: z.boolean(),
    annotations: texts,
    parentRefs: z.array(
      z.strictObject({
        group: text.optional(),
        kind: text.optional(),
        namespace: text.optional(),
        name: z.string().min(1),
        sectionName: text.optional(),
        port: port.optional(),
      }),
    ),
    hostnames: z.array(hostName),
    timeouts: z.strictObject({ request: duration.optional(), backendRequest: duration.optional() }),
  }),
  autoscaling: z.strictObject({
    enabled: z.boolean(),
    minReplicas: z.int().min(1).max(100),
    maxReplicas: z.int().min(1).max(100),
    cpu: z.strictObject({ enabled: z.boolean(), averageUtilization: z.int().min(1).max(1000) }),
    eventLoopDelay: z.strictObject({ enabled: z.boolean(), averageValue: quantity }),
    scaleDownStabilizationSeconds: seconds,
  }),
  podDisruptionBudget: z.strictObject({
    enabled: z.boolean(),
    maxUnavailable: z.union([z.int().min(0), z.string().regex(/^\d{1,3}%$/)]),
  }),
  networkPolicy: z.strictObject({
    enabled: z.boolean(),
    from: peers,
    providers: z.strictObject({ cidrs: z.array(cidr), ports: z.array(port) }),
    redis: z.strictObject({ to: peers, ports: z.array(port) }),
    dns: z.strictObject({ to: peers }),
    tracing: z.strictObject({ to: peers }),
    extraEgress: z.array(
      z.strictObject({
        to: peers.optional(),
        ports: z
          .array(
            z.strictObject({
              port: z.union([port, text]).optional(),
              endPort: port.optional(),
              protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
            }),
          )
          .optional(),
      }),
    ),
    cilium: z.strictObject({ enabled: z.boolean(), hosts: z.array(hostName), dnsLabels: texts }),
  }),
  redis: z.strictObject({
    enabled: z.boolean(),
    image,
    passwordSecret: secretKey,
    maxMemory: z.string().regex(/^\d+(Mi|Gi)$/),
    persistence: z.strictObject({ enabled: z.boolean(), storageClassName: text, size: quantity }),
    resources,
  }),
  serviceMonitor: z.strictObject({
    enabled: z.boolean(),
    interval: duration,
    scrapeTimeout: duration,
    labels: texts,
    bearerKeySecret: secretKey,
    tlsConfig: kubernetes,
  }),
  prometheusRule: z.strictObject({
    enabled: z.boolean(),
    labels: texts,
    runbookBase: webAddress,
  }),
  dashboards: z.strictObject({ enabled: z.boolean(), labels: texts, annotations: texts }),
  helmTest: z.strictObject({ enabled: z.boolean(), url: webAddress, caSecret: secretKey, keySecret: secretKey }),
  serviceAccount: z.strictObject({ create: z.boolean(), name: text, annotations: texts }),
  workloadAnnotations: texts,
  podAnnotations: texts,
  podLabels: texts,
  priorityClassName: text,
  resources,
  topologySpread: z.strictObject({ zones: spreading, nodes: spreading }),
  topologySpreadConstraints: z.array(kubernetes),
  nodeSelector: texts,
  tolerations: z.array(kubernetes),
  affinity: kubernetes,
  extraVolumes: z.array(kubernetes),
  extraVolumeMounts: z.array(kubernetes),
})

/** The text of helm/weir/values.schema.json. */
export function generateChartSchema(): string {
  const inner = z.toJSONSchema(config.partial(), {
    target: 'draft-07',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => allowPlaceholder(jsonSchema),
  })
  const outer = z.toJSONSchema(values, { target: 'draft-07', io: 'input' })
  const { $schema: _dialect, ...settingsPart } = inner
  // The chart writes the address of a Redis that it brings along.
  allowWithout(inner.properties?.['redis'], 'url')
  const { environment, ...others } = outer.properties ?? {}
  const schema = {
    ...outer,
    properties: {
      ...others,
      environment: {
        ...(typeof environment === 'object' ? environment : {}),
        not: { anyOf: setByChart.map((name) => ({ required: [name] })) },
      },
      config: settingsPart,
    },
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}

/** Lets the objects that the schema speaks of be without the property. */
function allowWithout(schema: JsonSchema | boolean | undefined, name: string): void {
  if (typeof schema !== 'object') return
  for (const branch of [schema, ...(schema.anyOf ?? [])]) {
    if (typeof branch === 'object' && branch.required) branch.required = branch.required.filter((key) => key !== name)
  }
}

/** Lets a leaf be a placeholder as well. Patterns that only JavaScript understands are left to the process. */
function allowPlaceholder(schema: JsonSchema): void {
  delete schema['allowed']
  if (schema.pattern !== undefined && /\(\?[=!<]/.test(schema.pattern)) delete schema.pattern
  const isPlainText = schema.type === 'string' && schema.pattern === undefined && schema.enum === undefined
  const isLeaf = leafTypes.has(schema.type) || schema.enum !== undefined
  if (!isLeaf || isPlainText) return
  const { description, default: standard, ...own } = schema
  const original: JsonSchema = own
  for (const key of Object.keys(schema)) delete schema[key]
  if (description !== undefined) schema.description = description
  if (standard !== undefined) schema.default = standard
  schema.anyOf = [original, { ...placeholder }]
}
