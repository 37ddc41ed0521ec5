import { fastify } from 'fastify'
import { describe, expect, it } from 'vitest'
import { addHealthRoutes, type PartHealth } from '../../src/server/health-routes.ts'

function create(parts: PartHealth[], isOpen = true) {
  const app = fastify()
  addHealthRoutes(app, { isOpen: () => isOpen, listParts: () => parts })
  return app
}

describe('health', () => {
  it('is alive as long as it answers', async () => {
    const response = await create([], false).inject('/healthz')
    expect(response.statusCode).toBe(200)
    expect(response.headers['cache-control']).toBe('no-store')
  })

  it('is ready while it can answer, and says which part is degraded', async () => {
    const parts: PartHealth[] = [
      { name: 'providers', state: 'degraded', detail: '1 of 2 accounts are not answering well' },
      { name: 'store', state: 'ok' },
    ]
    const response = await create(parts).inject('/readyz')
    expect(response.statusCode).toBe(200)
    expect(response.json()).toEqual({ status: 'degraded', parts })
  })

  it('is not ready while it drains', async () => {
    const response = await create([], false).inject('/readyz')
    expect(response.statusCode).toBe(503)
    expect(response.json()).toMatchObject({ status: 'draining' })
  })
})
