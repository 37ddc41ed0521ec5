// Services over one account of live streams, with every provider call counted by kind.
import { UpstreamError } from '#model/errors.ts'
import type { StreamState } from '#model/stream.ts'
import { createServices } from '#services/create-services.ts'
import { createAsk, createFakeAccount, toServiceOptions } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

/** How long lists, states and readings live. */
export const TICK_MS = 5000
/** What a provider that is down answers. */
export const refused = () => new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection was refused')
/** Keys `room0` up. */
export const numbered = (count: number) => Array.from({ length: count }, (_, index) => `room${index}`)

/** An account with streams that come and go, a list paged by position, and the two calls for a single stream. */
export function createLiveRig(live: string[] = [], pageSize = 10) {
  const clock = new FakeClock()
  const readingOf = (key: string) => ({ onlineViewers: key.length, bandwidthBitsPerSecond: 1e6, push: null })
  const rig = {
    clock,
    live: new Set(live),
    offline: 'OFFLINE' as StreamState,
    calls: { list: 0, live: 0, status: 0 },
    /** Throws for a call that is to fail. */
    check: (_call: string): void => {},
    /** What every page of the list waits for. */
    beforeList: Promise.resolve(),
    get total() {
      return rig.calls.list + rig.calls.live + rig.calls.status
    },
  }
  const account = createFakeAccount(
    {
      listLiveStreams: async ({ page }, { meter }) => {
        meter.calls += 1
        rig.calls.list += 1
        rig.check(`list ${page}`)
        await rig.beforeList
        const rows = [...rig.live].slice((page - 1) * pageSize, page * pageSize)
        return {
          streams: rows.map((key) => ({ key, reading: readingOf(key) })),
          rowCount: rows.length,
          totals: { streamCount: rig.live.size, onlineViewers: null, bandwidthBitsPerSecond: null },
        }
      },
      getLiveReading: async ({ key }, { meter }) => {
        meter.calls += 1
        rig.calls.live += 1
        rig.check(`live ${key}`)
        return rig.live.has(key) ? readingOf(key) : null
      },
      getStreamStatus: async ({ key }, { meter }) => {
        meter.calls += 1
        rig.calls.status += 1
        rig.check(`status ${key}`)
        const state = rig.live.has(key) ? 'LIVE' : rig.offline
        return { state, ingest: null }
      },
    },
    { facts: { livePageSize: pageSize } },
  )
  const services = createServices(toServiceOptions(clock, [account]))
  const ref = (key: string) => ({ account: 'main', key })
  return Object.assign(rig, {
    account,
    services,
    readingOf,
    read: (key: string, ask = createAsk(clock)) => services.getLiveReading(ref(key), ask),
    stateOf: (key: string, ask = createAsk(clock)) => services.getStreamState(ref(key), ask),
    readAll: (keys: readonly string[], ask = () => createAsk(clock)) =>
      Promise.all(keys.map((key) => services.getLiveReading(ref(key), ask()))),
    /** Asks for the list as a list, so that it is kept. */
    list: () => services.listAccountLiveStreams('main', { domain: null }, createAsk(clock)),
    nextTick: () => clock.advance(TICK_MS),
  })
}
