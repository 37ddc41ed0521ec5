// Samples grouped into buckets aligned to the epoch.
import type { PlaySample, PushSample } from '#model/sample.ts'
import type { Instant } from '#model/time-range.ts'

/** Averages rates, keeps the last seen addresses; `observedAt` is the bucket's start, which may lie before the range. */
export function groupPushSamples(samples: readonly PushSample[], widthMs: number): readonly PushSample[] {
  return group(samples, widthMs).map(([observedAt, bucket]) => ({
    observedAt,
    frameRate: average(bucket.map((sample) => sample.frameRate)),
    bitrateBitsPerSecond: average(bucket.map((sample) => sample.bitrateBitsPerSecond)),
    clientIp: lastOf(bucket.map((sample) => sample.clientIp)),
    serverIp: lastOf(bucket.map((sample) => sample.serverIp)),
  }))
}

/** Averages bandwidth and viewers (rounded), sums traffic. */
export function groupPlaySamples(samples: readonly PlaySample[], widthMs: number): readonly PlaySample[] {
  return group(samples, widthMs).map(([observedAt, bucket]) => {
    const viewers = average(bucket.map((sample) => sample.onlineViewers))
    return {
      observedAt,
      bandwidthBitsPerSecond: average(bucket.map((sample) => sample.bandwidthBitsPerSecond)),
      onlineViewers: viewers === null ? null : Math.round(viewers),
      trafficBytes: sum(bucket.map((sample) => sample.trafficBytes)),
    }
  })
}

/** Buckets that hold samples, in order of time. @param samples in order of time */
function group<Sample extends { readonly observedAt: Instant }>(
  samples: readonly Sample[],
  widthMs: number,
): readonly (readonly [Instant, readonly Sample[]])[] {
  const buckets: [Instant, Sample[]][] = []
  for (const sample of samples) {
    const start = Math.floor(sample.observedAt / widthMs) * widthMs
    const last = buckets.at(-1)
    if (last?.[0] === start) last[1].push(sample)
    else buckets.push([start, [sample]])
  }
  return buckets
}

function sum(values: readonly (number | null)[]): number | null {
  const measured = values.filter((value) => value !== null)
  return measured.length === 0 ? null : measured.reduce((total, value) => total + value, 0)
}

function average(values: readonly (number | null)[]): number | null {
  const measured = values.filter((value) => value !== null)
  return measured.length === 0 ? null : measured.reduce((total, value) => total + value, 0) / measured.length
}

function lastOf(values: readonly (string | null)[]): string | null {
  return values.findLast((value) => value !== null) ?? null
}
