// From a Deployment to a StatefulSet and back, before the eyes of a cluster: one that knows of a single workload.
import { createServer } from 'node:http'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { chartFolder, runHelm } from '#test/support/chart.ts'
import { findHelm } from '#test/support/helm.ts'

const failureShape = z.object({ stderr: z.string() })
const accounts = [{ name: 'a', provider: 'tencent', credentials: { appId: 1, apiKey: '${KEY}' } }]
const config = { access: { mode: 'open' }, accounts }
const shared = { ...config, redis: { url: 'redis://redis.data:6379', maxReplicas: 4 } }

beforeAll(async () => {
  await findHelm()
}, 240_000)

/** What the API of the cluster answers, by path. @param replicas of the only workload */
function listAnswers(resource: string, replicas: number): ReadonlyMap<string, unknown> {
  const version = { groupVersion: 'apps/v1', version: 'v1' }
  const kinds = new Map([
    ['deployments', 'Deployment'],
    ['statefulsets', 'StatefulSet'],
  ])
  const resources = [...kinds].map(([name, kind]) => ({ name, namespaced: true, kind, verbs: ['get'] }))
  const metadata = { name: 'release-weir', namespace: 'live' }
  return new Map<string, unknown>([
    ['/version', { major: '1', minor: '30', gitVersion: 'v1.30.0' }],
    ['/api', { kind: 'APIVersions', versions: ['v1'] }],
    ['/api/v1', { kind: 'APIResourceList', groupVersion: 'v1', resources: [] }],
    ['/apis', { kind: 'APIGroupList', groups: [{ name: 'apps', versions: [version], preferredVersion: version }] }],
    ['/apis/apps/v1', { kind: 'APIResourceList', groupVersion: 'apps/v1', resources }],
    [
      `/apis/apps/v1/namespaces/live/${resource}/release-weir`,
      { apiVersion: 'apps/v1', kind: kinds.get(resource), metadata, spec: { replicas } },
    ],
  ])
}

/** What Helm says of values over a cluster where there is such a workload already. */
async function upgrade(values: unknown, resource: string, replicas: number): Promise<string> {
  const answers = listAnswers(resource, replicas)
  const asked: string[] = []
  const cluster = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://cluster')
    asked.push(pathname)
    const answer = answers.get(pathname)
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? { kind: 'Status', apiVersion: 'v1', reason: 'NotFound', code: 404 }))
  })
  await new Promise<void>((done) => cluster.listen(0, '127.0.0.1', done))
  try {
    const { port } = z.object({ port: z.int() }).parse(cluster.address())
    const words = ['template', 'release', chartFolder, '--namespace', 'live', '--dry-run=server']
    return await runHelm([...words, '--kube-apiserver', `http://127.0.0.1:${port}`], values).catch(
      (error: unknown) => failureShape.parse(error).stderr,
    )
  } finally {
    cluster.close()
    expect(asked).toContain(`/apis/apps/v1/namespaces/live/${resource}/release-weir`)
  }
}

describe('the other kind of workload', () => {
  test.each<[what: string, values: object, resource: string]>([
    ['a Deployment', { config, persistence: { enabled: true } }, 'deployments'],
    ['a StatefulSet', { config }, 'statefulsets'],
    ['what is together more than may share the quota', { config: shared, replicaCount: 3 }, 'statefulsets'],
  ])('is not started beside %s', async (_what, values, resource) => {
    const said = await upgrade(values, resource, 2)
    expect(said).toContain('release-weir still has 2 pods')
    expect(said).toContain(`scale --replicas=0 ${resource.slice(0, -1)}/release-weir`)
    expect(said).toContain('wait for the pods to end and for quota.windowSeconds')
  })

  test.each<[what: string, values: object, resource: string, replicas: number]>([
    ['has no pods', { config, persistence: { enabled: true } }, 'deployments', 0],
    ['leaves room among those that may share the quota', { config: shared, replicaCount: 2 }, 'statefulsets', 2],
  ])('takes the place of one that %s', async (_what, values, resource, replicas) => {
    expect(await upgrade(values, resource, replicas)).not.toContain('still has')
  })
})
