import { createHash } from 'node:crypto'
import { fastify } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type AccessSettings, createAuthenticator } from '#access/authenticator.ts'
import { createClientLimit } from '#access/client-limit.ts'
import type { Role } from '#model/caller.ts'
import { buildErrorHandler } from '#rest/error-handler.ts'
import { createMetrics } from '#telemetry/metrics.ts'
import { createSnapshotMetrics } from '#telemetry/snapshot-metrics.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { addMetricsRoute } from '../../src/server/metrics-route.ts'
import { addRequestScope } from '../../src/server/request-scope.ts'

const toKey = (name: string, role: Role, accounts: 'all' | string[] = 'all') => ({
  name,
  role,
  accounts,
  sha256: createHash('sha256').update(`${name}-key`).digest('hex'),
})
const keys: AccessSettings = {
  mode: 'keys',
  keys: [toKey('web', 'reader'), toKey('team', 'ops'), toKey('guest', 'ops', ['b'])],
}

async function create(access: AccessSettings) {
  const clock = new FakeClock()
  const app = fastify()
  onTestFinished(() => app.close())
  app.setErrorHandler(buildErrorHandler({ error: () => undefined }))
  const { createAsk } = addRequestScope(app, {
    authenticator: createAuthenticator(access, { clock, failedKeysPerMinute: 10 }),
    clientLimit: createClientLimit({ requestsPerMinute: null, clock }),
    clock,
    deadlineMs: 10_000,
    maxProviderCalls: 1,
  })
  const metrics = createMetrics({ clock, log: { warn: () => undefined } })
  const snapshots = createSnapshotMetrics()
  metrics.addReadings(snapshots)
  for (const account of ['a', 'b'])
    snapshots.add({
      account,
      readTally: async () => ({ popped: 1, stored: 1, quarantined: 0, batchesUnknown: 0, messagesUnknown: 0 }),
      countUnread: async () => 0,
      readLagSeconds: () => 0,
      isLeaseHeld: () => true,
    })
  addMetricsRoute(app, { metrics, createAsk })
  return (name?: string) =>
    app.inject({ url: '/metrics', headers: name === undefined ? {} : { 'x-api-key': `${name}-key` } })
}

describe('/metrics', () => {
  test('gives the text of Prometheus to ops, never to be kept', async () => {
    const get = await create(keys)
    const response = await get('team')
    expect(response.statusCode).toBe(200)
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.body).toContain('weir_snapshot_popped_total{account="a"} 1\n')
  })

  test('needs a key, and one of role ops', async () => {
    const get = await create(keys)
    const [nobody, reader] = [await get(), await get('web')]
    expect([nobody.statusCode, nobody.json().code]).toEqual([401, 'UNAUTHENTICATED'])
    expect([reader.statusCode, reader.json().code]).toEqual([403, 'FORBIDDEN'])
    expect(reader.headers['content-type']).toContain('application/problem+json')
    expect(reader.body).not.toContain('weir_')
  })

  test('shows a key the accounts that it may see, and no others', async () => {
    const get = await create(keys)
    const { body } = await get('guest')
    expect(body).toContain('weir_snapshot_lease_held{account="b"} 1')
    expect(body).not.toContain('"a"')
  })

  test('is as open in open mode as everybody’s role says', async () => {
    const [open, shown] = [await create({ mode: 'open', role: 'ops' }), await create({ mode: 'open', role: 'reader' })]
    expect([(await open()).statusCode, (await shown()).statusCode]).toEqual([200, 403])
  })
})
