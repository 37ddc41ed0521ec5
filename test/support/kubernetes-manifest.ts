// Whether a manifest is what its kind asks for: types and required fields, and no field that the kind does not have.
// Kubernetes drops such fields in silence, which is how a misspelt security setting comes to nothing.
import { validate as validateDeployment } from 'kubernetes-models/_schemas/IoK8sApiAppsV1Deployment'
import { validate as validateStatefulSet } from 'kubernetes-models/_schemas/IoK8sApiAppsV1StatefulSet'
import { validate as validateAutoscaler } from 'kubernetes-models/_schemas/IoK8sApiAutoscalingV2HorizontalPodAutoscaler'
import { validate as validateConfigMap } from 'kubernetes-models/_schemas/IoK8sApiCoreV1ConfigMap'
import { validate as validatePod } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Pod'
import { validate as validateService } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Service'
import { validate as validateServiceAccount } from 'kubernetes-models/_schemas/IoK8sApiCoreV1ServiceAccount'
import { validate as validateIngress } from 'kubernetes-models/_schemas/IoK8sApiNetworkingV1Ingress'
import { validate as validateNetworkPolicy } from 'kubernetes-models/_schemas/IoK8sApiNetworkingV1NetworkPolicy'
import { validate as validateDisruptionBudget } from 'kubernetes-models/_schemas/IoK8sApiPolicyV1PodDisruptionBudget'
import { z } from 'zod'
import { customKinds } from './kubernetes-kinds.ts'

type Validate = (data: unknown) => boolean

const kinds: ReadonlyMap<string, Validate> = new Map([
  ['apps/v1/Deployment', validateDeployment],
  ['apps/v1/StatefulSet', validateStatefulSet],
  ['autoscaling/v2/HorizontalPodAutoscaler', validateAutoscaler],
  ['v1/ConfigMap', validateConfigMap],
  ['v1/Pod', validatePod],
  ['v1/Service', validateService],
  ['v1/ServiceAccount', validateServiceAccount],
  ['networking.k8s.io/v1/Ingress', validateIngress],
  ['networking.k8s.io/v1/NetworkPolicy', validateNetworkPolicy],
  ['policy/v1/PodDisruptionBudget', validateDisruptionBudget],
])

const kindShape = z.looseObject({ apiVersion: z.string(), kind: z.string() })
const failuresShape = z.array(z.looseObject({ instancePath: z.string(), keyword: z.string() }))

/** What is wrong with a manifest, one line each; empty when nothing is. */
export function listManifestProblems(manifest: unknown): readonly string[] {
  const { apiVersion, kind } = kindShape.parse(manifest)
  const name = `${apiVersion}/${kind}`
  const custom = customKinds.get(name)
  if (custom !== undefined) {
    const { error } = custom.safeParse(manifest)
    return (error?.issues ?? []).map(({ path, message }) => `${kind}/${path.join('/')}: ${message}`)
  }
  const validate = kinds.get(name)
  if (validate === undefined) return [`${name}: no schema is known`]
  const reading = new Reading()
  if (!validate(reading.watch(manifest, '')))
    return failuresShape
      .parse(Reflect.get(validate, 'errors'))
      .map(({ instancePath, keyword }) => `${kind}${instancePath}: ${keyword}`)
  return reading.listUnread().map((path) => `${kind}${path}: unknown field`)
}

/**
 * Which fields of an object are looked at. The schemas of kubernetes-models let fields pass that they do not name; but a
 * schema reads every field that it names and every entry of a map, so what nobody has read is unknown.
 */
class Reading {
  readonly #unread = new Set<string>()

  /** The same value; whoever reads it is seen. */
  watch(value: unknown, path: string): unknown {
    if (typeof value !== 'object' || value === null) return value
    const watched = new Map<PropertyKey, unknown>()
    for (const [key, part] of Object.entries(value)) {
      watched.set(key, this.watch(part, `${path}/${key}`))
      this.#unread.add(`${path}/${key}`)
    }
    return new Proxy(value, {
      get: (target, key) => {
        this.#unread.delete(`${path}/${String(key)}`)
        return watched.has(key) ? watched.get(key) : Reflect.get(target, key)
      },
    })
  }

  /** Paths that nobody has read, without those below them. */
  listUnread(): readonly string[] {
    return [...this.#unread].filter((path) => !this.#unread.has(path.slice(0, path.lastIndexOf('/'))))
  }
}
