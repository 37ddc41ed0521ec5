import { expect, test } from 'vitest'
import { toLatency } from '../../../bench/live/latency.ts'
import type { ProviderCall } from '../../../bench/live/provider-process.ts'

const call = (operation: string, key: string | null, answeredAtMs: number | null): ProviderCall => ({
  operation,
  key,
  arrivedAtMs: (answeredAtMs ?? 0) - 2,
  answeredAtMs,
})

test('the latency of a sample counts from the last answer before it that told of its stream', () => {
  const calls = [
    call('Get_LivePushStatHistory', 'a', 10_003),
    call('Get_LivePushStatHistory', 'b', 10_030),
    call('Live_Channel_GetStatus', 'a', 10_035),
    call('Get_LivePushStatHistory', 'a', 10_080),
    call('Get_LivePushStatHistory', 'a', null),
  ]
  const heard = [{ key: 'a', observedAtMs: 10_000, arrivedAtMs: 10_040 }]
  expect(toLatency(heard, calls)).toEqual({
    answeredMs: { p50: 37, p99: 37 },
    observedMs: { p50: 40, p99: 40 },
  })
})

test('samples of a list, which have no time of their own, count from the list alone', () => {
  const heard = [1, 2, 3].map((more) => ({ key: 'a', observedAtMs: 10_013, arrivedAtMs: 10_013 + more }))
  expect(toLatency(heard, [call('Get_LiveStat', null, 10_012)])).toEqual({
    answeredMs: { p50: 3, p99: 4 },
    observedMs: null,
  })
})
