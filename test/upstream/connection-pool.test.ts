import { buildConnector } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { type HostileUpstream, startHostileUpstream } from '#test/support/hostile-upstream.ts'
import { type ConnectionLease, ConnectionPool } from '#upstream/connection-pool.ts'

let server: HostileUpstream
let pool: ConnectionPool

async function start(maxConnections: number): Promise<void> {
  server = await startHostileUpstream()
  pool = new ConnectionPool({
    origin: server.url,
    maxConnections,
    connector: buildConnector({ allowH2: false }),
  })
}

afterEach(async () => {
  await pool.close()
  await server.close()
})

/** Waits at the gate, as a quota does. */
function enter(lease: ConnectionLease): Promise<void> {
  return new Promise((resolve, reject) => {
    const tryIt = () => lease.tryEnter() && resolve()
    lease.watch({ opened: tryIt, failed: reject })
    tryIt()
  })
}

describe('a connection pool', () => {
  it('opens nothing before it is needed and no more than is needed', async () => {
    await start(4)
    expect(server.connections).toBe(0)
    const leases = [pool.lease(), pool.lease()]
    await Promise.all(leases.map(enter))
    for (const lease of leases) lease.release()
    const again = pool.lease()
    await enter(again)
    again.release()
    await expect.poll(() => server.connections).toBe(2)
  })

  it('hands a returned connection to the next in line', async () => {
    await start(1)
    const [first, second] = [pool.lease(), pool.lease()]
    await enter(first)
    const entered = enter(second)
    expect(second.connection).toBeUndefined()
    first.release()
    await entered
    expect(second.connection).toBeDefined()
    second.release()
    await expect.poll(() => server.connections).toBe(1)
  })

  it('replaces a connection that dies while nobody uses it, in the moment it is wanted too', async () => {
    await start(1)
    for (let round = 0; round < 3; round += 1) {
      const lease = pool.lease()
      await enter(lease)
      const { connection } = lease
      lease.release()
      connection?.destroy().catch(() => undefined)
    }
    const last = pool.lease()
    await enter(last)
    expect(last.connection?.isUp()).toBe(true)
    last.release()
  })

  it('opens nothing for one who has left', async () => {
    await start(1)
    const holder = pool.lease()
    await enter(holder)
    const leaver = pool.lease()
    leaver.release()
    holder.release()
    const lease = pool.lease()
    await enter(lease)
    lease.release()
    await expect.poll(() => server.connections).toBe(1)
  })

  it('takes a connection back from one that stays in line, for whoever is next', async () => {
    await start(1)
    const [first, second] = [pool.lease(), pool.lease()]
    await enter(first)
    first.watch({ opened: () => undefined, failed: () => undefined })
    first.leave()
    expect(first.connection).toBeUndefined()
    await enter(second)
    expect(first.tryEnter()).toBe(false)
    second.release()
    await enter(first)
    first.release()
    await expect.poll(() => server.connections).toBe(1)
  })

  it('has nothing to take back from one that has not entered, or has been released', async () => {
    await start(1)
    const lease = pool.lease()
    lease.leave()
    await enter(lease)
    lease.release()
    lease.leave()
    const next = pool.lease()
    await enter(next)
    next.release()
    await expect.poll(() => server.connections).toBe(1)
  })
})
