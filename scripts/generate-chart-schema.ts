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
const setByChart = ['WEIR_CONFIG', 'HOST', 'PORT'] as const

const quantity = z.string().regex(/^\d+(\.\d+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/)
const text = z.string()
const texts = z.record(z.string(), z.string())
const secretName = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/)
/** Handed to Kubernetes as it is, which checks it. */
const kubernetes = z.record(z.string(), z.unknown())

const { server, accounts: _accounts, ...settings } = settingsSchema.shape
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
  image: z.strictObject({
    repository: z.string().min(1),
    tag: z.string().regex(/^[\w.-]{0,128}$/),
    digest: z.string().regex(/^(sha256:[0-9a-f]{64})?$/),
    pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']),
  }),
  imagePullSecrets: z.array(secretName),
  nameOverride: text,
  fullnameOverride: text,
  config: config.partial(),
  existingConfigSecret: z.union([z.literal(''), secretName]),
  environmentFromSecrets: z.array(secretName),
  environment: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.union([z.string(), z.number(), z.boolean()])),
  persistence: z.strictObject({
    enabled: z.boolean(),
    storageClassName: text,
    accessModes: z.array(z.enum(['ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany'])).min(1),
    size: quantity,
    existingClaim: text,
  }),
  ephemeralStorageLimit: quantity,
  service: z.strictObject({
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']),
    port: z.int().min(1).max(65_535),
    annotations: texts,
  }),
  serviceAccount: z.strictObject({ create: z.boolean(), name: text, annotations: texts }),
  podAnnotations: texts,
  podLabels: texts,
  resources: z.strictObject({ requests: kubernetes.optional(), limits: kubernetes.optional() }),
  nodeSelector: texts,
  tolerations: z.array(kubernetes),
  affinity: kubernetes,
  topologySpreadConstraints: z.array(kubernetes),
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
