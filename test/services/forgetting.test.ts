import { describe, expect, it } from 'vitest'
import { createMemoryCache } from '#cache/memory-cache.ts'
import type { CapabilityTable } from '#contract/capability.ts'
import type { PushSample } from '#model/sample.ts'
import { createServices } from '#services/create-services.ts'
import { createAsk, createFakeAccount, toServiceOptions } from '#test/support/fake-account.ts'
import { FakeClock, settle } from '#test/support/fake-clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const NOW = Date.UTC(2026, 10, 21, 11, 23, 45)

/** Services whose provider answers when the test lets it, and the memory they keep answers in. */
function createRig(capabilities: (answered: () => Promise<void>) => Partial<CapabilityTable>) {
  const clock = new FakeClock(NOW)
  let gate = Promise.resolve()
  const readKey = (key: string) => ({ domain: key.split('/')[0] ?? '', app: 'live', name: key })
  const account = createFakeAccount(
    capabilities(() => gate),
    { readKey },
  )
  const cache = createMemoryCache({ maxBytes: 1e8, clock })
  const services = createServices({ ...toServiceOptions(clock, [account]), cache })
  /** Begins something, clears the account while the provider is at it, and lets that end. */
  async function clearDuring(work: () => Promise<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    const running = work()
    await settle()
    cache.clear('main')
    resolve()
    await running
    await clock.advance(1)
  }
  return { clock, services, clearDuring }
}

describe('an account that is cleared while the provider is asked', () => {
  it('has nothing of a history come back with the end that was asked for', async () => {
    const stream = { account: 'main', key: 'room1' }
    let bitrate = 1
    const { clock, services, clearDuring } = createRig((answered) => ({
      listPushSamples: async ({ from, to }) => {
        await answered()
        const samples: PushSample[] = []
        for (let at = Math.ceil(from / 60_000) * 60_000; at < to; at += 60_000)
          samples.push({
            observedAt: at,
            frameRate: 25,
            bitrateBitsPerSecond: bitrate,
            clientIp: null,
            serverIp: 's',
          })
        return samples
      },
    }))
    const read = () => services.listPushSamples(stream, { from: NOW - HOUR_MS, to: NOW }, createAsk(clock))
    await read()
    bitrate = 2
    await clock.advance(6000)
    // Asks for the end alone, and answers with the beginning that was in hand.
    await clearDuring(read)
    const after = await read()
    expect(new Set(after.items.map((sample) => sample.bitrateBitsPerSecond))).toEqual(new Set([2]))
  })

  it('is asked again for what was under way', async () => {
    let calls = 0
    const { clock, services, clearDuring } = createRig((answered) => ({
      listRecordings: async () => {
        calls += 1
        await answered()
        return { recordings: [], rowCount: 0, totalCount: 0 }
      },
    }))
    const query = { first: 10, after: undefined }
    const read = () => services.listRecordings({ account: 'main', key: 'd/live/a' }, query, createAsk(clock))
    await clearDuring(read)
    await read()
    await read()
    expect(calls).toBe(2)
  })

  it('is asked again for the days of a report that were under way', async () => {
    let calls = 0
    const key = 'd.example/live/a'
    const { clock, services, clearDuring } = createRig((answered) => ({
      listPushSessions: async ({ lastDay }) => {
        calls += 1
        await answered()
        return { askedTo: lastDay + DAY_MS, droppedDomains: [], streams: [{ key, sessions: [] }] }
      },
    }))
    const query = { from: NOW - 5 * DAY_MS, to: NOW - 3 * DAY_MS, keys: [key] }
    const read = () => services.listManyPushSessions('main', query, createAsk(clock))
    await clearDuring(read)
    await read()
    await read()
    expect(calls).toBe(2)
  })
})
