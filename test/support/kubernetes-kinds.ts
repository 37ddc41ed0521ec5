// The kinds of the chart that Kubernetes itself does not know: as much of their public API references as the chart may
// use. https://gateway-api.sigs.k8s.io/reference/spec, https://prometheus-operator.dev/docs/api-reference,
// https://external-secrets.io/latest/api/spec, https://docs.cilium.io/en/stable/network/kubernetes/policy
import { z } from 'zod'

const text = z.string().min(1)
const texts = z.record(z.string(), z.string())
const metadata = z.strictObject({ name: text, labels: texts, annotations: texts.optional() })
const port = z.int().min(1).max(65_535)
const portText = z.string().regex(/^\d{1,5}$/)
/** Of Prometheus. */
const duration = z.string().regex(/^(0|(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?)$/)
/** GEP-2257. */
const routeDuration = z.string().regex(/^([0-9]{1,5}(h|m|s|ms)){1,4}$/)
const matchLabels = z.strictObject({ matchLabels: texts })

const httpRoute = z.strictObject({
  apiVersion: z.literal('gateway.networking.k8s.io/v1'),
  kind: z.literal('HTTPRoute'),
  metadata,
  spec: z.strictObject({
    parentRefs: z
      .array(
        z.strictObject({
          group: text.optional(),
          kind: text.optional(),
          namespace: text.optional(),
          name: text,
          sectionName: text.optional(),
          port: port.optional(),
        }),
      )
      .min(1)
      .max(32),
    hostnames: z.array(text).max(16).optional(),
    rules: z.array(
      z.strictObject({
        matches: z.array(
          z.strictObject({
            path: z.strictObject({ type: z.literal('PathPrefix'), value: z.string().startsWith('/') }),
          }),
        ),
        backendRefs: z.array(z.strictObject({ name: text, port })),
        timeouts: z
          .strictObject({ request: routeDuration.optional(), backendRequest: routeDuration.optional() })
          .optional(),
      }),
    ),
  }),
})

const serviceMonitor = z.strictObject({
  apiVersion: z.literal('monitoring.coreos.com/v1'),
  kind: z.literal('ServiceMonitor'),
  metadata,
  spec: z.strictObject({
    selector: matchLabels,
    jobLabel: text.optional(),
    endpoints: z.array(
      z.strictObject({
        port: text,
        path: z.string().startsWith('/'),
        scheme: z.enum(['http', 'https']),
        interval: duration,
        scrapeTimeout: duration,
        authorization: z.strictObject({
          type: z.literal('Bearer'),
          credentials: z.strictObject({ name: text, key: text }),
        }),
        tlsConfig: z
          .strictObject({ serverName: text.optional(), insecureSkipVerify: z.boolean().optional() })
          .optional(),
      }),
    ),
  }),
})

const rule = z
  .strictObject({
    record: z
      .string()
      .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/)
      .optional(),
    alert: text.optional(),
    expr: text,
    for: duration.optional(),
    keep_firing_for: duration.optional(),
    labels: texts.optional(),
    annotations: texts.optional(),
  })
  .refine(({ record, alert }) => (record === undefined) !== (alert === undefined), 'either records or alerts')

const prometheusRule = z.strictObject({
  apiVersion: z.literal('monitoring.coreos.com/v1'),
  kind: z.literal('PrometheusRule'),
  metadata,
  spec: z.strictObject({
    groups: z.array(z.strictObject({ name: text, interval: duration.optional(), rules: z.array(rule).min(1) })).min(1),
  }),
})

const externalSecret = z.strictObject({
  apiVersion: z.literal('external-secrets.io/v1'),
  kind: z.literal('ExternalSecret'),
  metadata,
  spec: z.strictObject({
    refreshInterval: z.string().regex(/^(\d+(ms|s|m|h))+$/),
    secretStoreRef: z.strictObject({ kind: z.enum(['SecretStore', 'ClusterSecretStore']), name: text }),
    target: z.strictObject({ name: text, creationPolicy: z.enum(['Owner', 'Orphan', 'Merge', 'None']) }),
    data: z
      .array(
        z.strictObject({
          secretKey: text,
          remoteRef: z.strictObject({ key: text, property: text.optional(), version: text.optional() }),
        }),
      )
      .min(1),
  }),
})

const ciliumNetworkPolicy = z.strictObject({
  apiVersion: z.literal('cilium.io/v2'),
  kind: z.literal('CiliumNetworkPolicy'),
  metadata,
  spec: z.strictObject({
    endpointSelector: matchLabels,
    egress: z.array(
      z.strictObject({
        toEndpoints: z.array(matchLabels).optional(),
        toFQDNs: z.array(z.strictObject({ matchName: text })).optional(),
        toPorts: z.array(
          z.strictObject({
            ports: z.array(z.strictObject({ port: portText, protocol: z.enum(['TCP', 'UDP', 'ANY']) })),
            rules: z.strictObject({ dns: z.array(z.strictObject({ matchPattern: text })) }).optional(),
          }),
        ),
      }),
    ),
  }),
})

/** Schemas by `apiVersion/kind`; a field that they do not name is refused. */
export const customKinds: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ['gateway.networking.k8s.io/v1/HTTPRoute', httpRoute],
  ['monitoring.coreos.com/v1/ServiceMonitor', serviceMonitor],
  ['monitoring.coreos.com/v1/PrometheusRule', prometheusRule],
  ['external-secrets.io/v1/ExternalSecret', externalSecret],
  ['cilium.io/v2/CiliumNetworkPolicy', ciliumNetworkPolicy],
])
