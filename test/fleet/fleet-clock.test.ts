import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { createFleetClock, type FleetClock } from '#fleet/fleet-clock.ts'
import { type FleetLink, LinkDownError, type LinkState } from '#fleet/fleet-link.ts'
import { createRedisLink } from '#fleet/redis-link.ts'
import { systemClock } from '#model/clock.ts'
import { FakeClock, settle } from '#test/support/fake-clock.ts'
import { openTestRedis } from '#test/support/redis-server.ts'

/** A link to a store whose clock is the fake one's steady time and an offset; each way takes as long as the other. */
class ClockLink implements FleetLink {
  offsetMs = 1_800_000_000_000
  wayMs = 0
  reads = 0
  private connection = 0
  private isUp = false
  private listener: () => void = () => undefined
  private readonly clock: FakeClock

  constructor(clock: FakeClock) {
    this.clock = clock
  }

  connect(): void {
    this.connection += 1
    this.isUp = true
    this.listener()
  }

  lose(): void {
    this.isUp = false
    this.listener()
  }

  state(): LinkState {
    return { health: this.isUp ? 'up' : 'silent', connection: this.connection, sinceMs: 0, confirmedAtMs: 0 }
  }

  onChange(listener: () => void): () => void {
    this.listener = listener
    return () => {
      this.listener = () => undefined
    }
  }

  async readTimeMs(): Promise<number> {
    this.reads += 1
    if (!this.isUp) throw new LinkDownError('down')
    await this.clock.delay(this.wayMs)
    const timeMs = this.offsetMs + this.clock.monotonicMs()
    await this.clock.delay(this.wayMs)
    return timeMs
  }

  evaluate = () => Promise.reject(new LinkDownError('not asked for'))
  get = () => Promise.reject(new LinkDownError('not asked for'))
  getMany = () => Promise.reject(new LinkDownError('not asked for'))
  set = () => Promise.reject(new LinkDownError('not asked for'))
  close = () => Promise.resolve()
}

let fleetClock: FleetClock | undefined
afterEach(() => fleetClock?.close())

async function connectAt(wallMs: number, wayMs = 0) {
  const clock = new FakeClock(wallMs)
  const link = new ClockLink(clock)
  link.wayMs = wayMs
  fleetClock = createFleetClock({ link, clock })
  link.connect()
  await clock.advance(2 * wayMs)
  return { clock, link, fleet: fleetClock, trueMs: () => link.offsetMs + clock.monotonicMs() }
}

describe('the fleet clock', () => {
  test('knows nothing before the first connection, and all at once with it', async () => {
    const clock = new FakeClock()
    const link = new ClockLink(clock)
    fleetClock = createFleetClock({ link, clock })
    await clock.advance(20_000)
    expect(fleetClock.toFleet(clock.now())).toBeUndefined()
    expect(fleetClock.fromFleet(link.offsetMs)).toBeUndefined()
    expect(link.reads).toBe(0)
    link.connect()
    await clock.advance(0)
    expect(fleetClock.toFleet(clock.now())).toBe(link.offsetMs + clock.monotonicMs())
  })

  test('converts both ways whatever this process takes for the time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -4e12, max: 4e12 }),
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.integer({ min: 0, max: 100 }),
        async (wallMs, apartMs, wayMs) => {
          const { clock, fleet, trueMs } = await connectAt(wallMs, wayMs)
          expect(fleet.toFleet(clock.now() + apartMs)).toBe(trueMs() + apartMs)
          expect(fleet.fromFleet(trueMs() + apartMs)).toBe(clock.now() + apartMs)
          fleet.close()
        },
      ),
      { numRuns: 50 },
    )
  })

  test('is not moved by a step of the wall clock', async () => {
    const { clock, fleet, trueMs } = await connectAt(1_700_000_000_000)
    clock.stepWall(-3_600_000)
    await clock.advance(1234)
    expect(fleet.toFleet(clock.now())).toBe(trueMs())
    expect(fleet.fromFleet(trueMs())).toBe(clock.now())
  })

  test('is measured again every five seconds, and serves on from the last time while the link is down', async () => {
    const { clock, link, fleet, trueMs } = await connectAt(1_700_000_000_000)
    link.offsetMs += 40
    await clock.advance(5000)
    expect(fleet.toFleet(clock.now())).toBe(trueMs())
    link.lose()
    await clock.advance(60_000)
    expect(fleet.toFleet(clock.now())).toBe(trueMs())
  })

  test('is measured at once over a new connection: behind it may be another server', async () => {
    const { clock, link, fleet, trueMs } = await connectAt(1_700_000_000_000)
    link.lose()
    link.offsetMs -= 500
    link.connect()
    await clock.advance(0)
    expect(fleet.toFleet(clock.now())).toBe(trueMs())
  })

  test('leaves "never" what it is, also before anything is known', async () => {
    const clock = new FakeClock()
    fleetClock = createFleetClock({ link: new ClockLink(clock), clock })
    for (const never of [8.64e15, Number.POSITIVE_INFINITY, -8.64e15]) {
      expect(fleetClock.toFleet(never)).toBe(never)
      expect(fleetClock.fromFleet(never)).toBe(never)
    }
  })

  test('leaves no timer behind', async () => {
    const { clock, link, fleet } = await connectAt(0)
    fleet.close()
    await settle()
    expect(clock.waiting).toBe(0)
    const { reads } = link
    link.lose()
    link.connect()
    await clock.advance(0)
    expect(link.reads).toBe(reads)
  })

  test('agrees with a real Redis', async () => {
    const redis = await openTestRedis()
    const log = { info: () => undefined, warn: () => undefined }
    const link = createRedisLink({ url: redis.url, prefix: redis.prefix, clock: systemClock, log })
    fleetClock = createFleetClock({ link, clock: systemClock })
    try {
      await expect.poll(() => fleetClock?.toFleet(Date.now())).toBeDefined()
      const before = await link.readTimeMs()
      const fleetNow = fleetClock.toFleet(Date.now()) ?? 0
      const after = await link.readTimeMs()
      // Half the way of the measurement may be wrong.
      expect(fleetNow).toBeGreaterThan(before - 200)
      expect(fleetNow).toBeLessThan(after + 200)
    } finally {
      await link.close()
      await redis.close()
    }
  })
})
