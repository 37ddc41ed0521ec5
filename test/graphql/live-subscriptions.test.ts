// What happens to a stream, to whoever subscribes to it, on a WebSocket and by server-sent events alike.
import { describe, expect, test } from 'vitest'
import { CapabilityUnsupportedError } from '#model/errors.ts'
import type { StreamEvent } from '#services/views.ts'
import { FakeServices, fetchedAt } from '#test/support/fake-services.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { type EventRig, startEvents } from './event-rig.ts'
import type { Message } from './socket-rig.ts'

/** The answers to an operation, one after the other. */
type Subscribe = (rig: EventRig, query: string) => Promise<() => Promise<Message>>

const transports: Readonly<Record<string, Subscribe>> = {
  'on a WebSocket': async (rig, query) => {
    const { send, next } = await rig.connect()
    send({ id: '1', type: 'subscribe', payload: { query } })
    return async () => (await next()).payload
  },
  'by server-sent events': async (rig, query) => {
    const { next } = await rig.ask({ query })
    await next()
    return async () => (await next())?.data
  },
}

const ref = { account: 'a', key: 'k' }
const iso = new Date(fetchedAt).toISOString()
const sample = { observedAt: fetchedAt, bandwidthBitsPerSecond: 5e6, onlineViewers: 3, trafficBytes: null }
const ingest = { frameRate: 25, bitrateBitsPerSecond: 2e6, clientIp: null, serverIp: '198.51.100.1' }
const reading = { onlineViewers: 3, bandwidthBitsPerSecond: null, push: ingest }

describe.each(Object.entries(transports))('%s', (_name, subscribe) => {
  async function watch(field: string, selection: string) {
    const rig = await startEvents({ services: new FakeServices({ a: { streams: { k: {} } } }) })
    const next = await subscribe(rig, `subscription { ${field}(account: "a", key: "k") { ${selection} } }`)
    await waitUntil('it is watched', async () => rig.services.count('watchStream') === 1)
    expect(rig.services.calls.at(-1)?.args).toEqual([ref, { kinds: [field] }])
    return {
      show: async (event: StreamEvent) => {
        rig.services.tell({ ...ref, key: 'other' }, event)
        rig.services.tell(ref, event)
        const { data, extensions } = await next()
        expect(extensions.upstream).toEqual({ calls: 0, cached: 0, coalesced: 0 })
        return data[field]
      },
    }
  }

  test('pushSample shows each measurement of the ingest', async () => {
    const { show } = await watch('pushSample', 'observedAt frameRate bitrateBitsPerSecond clientIp serverIp')
    const told = { kind: 'pushSample', sample: { observedAt: fetchedAt, ...ingest } } as const
    expect(await show({ ...told, place: '1-0' })).toEqual({ observedAt: iso, ...ingest })
    expect(await show({ ...told, place: '1-1' })).toEqual({ observedAt: iso, ...ingest })
  })

  test('playSample shows each measurement of the playback', async () => {
    const { show } = await watch('playSample', 'observedAt bandwidthBitsPerSecond onlineViewers trafficBytes')
    expect(await show({ kind: 'playSample', sample, place: null })).toEqual({ ...sample, observedAt: iso })
  })

  test('liveStat shows each reading, and null for a stream that is not live', async () => {
    const fields = 'onlineViewers bandwidthBitsPerSecond fetchedAt stale push { observedAt frameRate serverIp }'
    const { show } = await watch('liveStat', fields)
    expect(await show({ kind: 'liveStat', live: { ...reading, fetchedAt, stale: false }, place: null })).toEqual({
      ...{ onlineViewers: 3, bandwidthBitsPerSecond: null, fetchedAt: iso, stale: false },
      push: { observedAt: iso, frameRate: 25, serverIp: '198.51.100.1' },
    })
    expect(await show({ kind: 'liveStat', live: null, place: null })).toBeNull()
  })

  test('streamState shows what the stream is doing, and since when', async () => {
    const { show } = await watch('streamState', '__typename state stateSince stateSource')
    const change = { state: 'OFFLINE', stateSince: fetchedAt, stateSource: 'STATUS' } as const
    expect(await show({ kind: 'streamState', ...change, place: null })).toEqual({
      ...change,
      ...{ __typename: 'StreamStateChange', stateSince: iso },
    })
  })

  test('what the provider cannot tell is refused with the reason', async () => {
    const services = new FakeServices({ a: {} })
    services.fail('watchStream', new CapabilityUnsupportedError('no such call', { account: 'a' }))
    const next = await subscribe(
      await startEvents({ services }),
      `subscription { playSample(account: "a", key: "k") { observedAt } }`,
    )
    expect(await next()).toMatchObject({
      errors: [{ path: ['playSample'], extensions: { code: 'CAPABILITY_UNSUPPORTED', account: 'a' } }],
    })
  })
})
