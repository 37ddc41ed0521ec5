// Answers of use cases, put together from plain lists.
import type { ProviderId } from '#contract/provider.ts'
import { ListCursors, type ListScope, type PageRequest } from '#model/page.ts'
import type { PlaySample } from '#model/sample.ts'
import type { StreamNameParts } from '#model/stream.ts'
import type { Instant, TimeRange } from '#model/time-range.ts'
import {
  type Answer,
  type CapabilitySupport,
  type Freshness,
  type FreshPage,
  type Gap,
  type PlaySeries,
  type PublicCapability,
  publicCapabilities,
  type Series,
} from '#services/views.ts'

/** A value with its age. */
export function toAnswer<Value>(freshness: Freshness, value: Value): Answer<Value> {
  return { ...freshness, value }
}

/** A history. */
export function toSeries<Item>(
  freshness: Freshness,
  items: readonly Item[],
  { from, to }: TimeRange,
  missing: readonly Gap[] = [],
): Series<Item> {
  return { ...freshness, from, to, items, missing }
}

/** A playback history with its sum. */
export function toPlaySeries(
  freshness: Freshness,
  items: readonly PlaySample[],
  range: TimeRange,
  missing: readonly Gap[] = [],
): PlaySeries {
  const traffic = items.flatMap(({ trafficBytes }) => trafficBytes ?? [])
  const totalTrafficBytes = items.length > 0 && traffic.length === 0 ? null : traffic.reduce((sum, one) => sum + one, 0)
  return { ...toSeries(freshness, items, range, missing), totalTrafficBytes }
}

/** A page of a list that is all there. Its cursors are real ones. */
export function toPage<Item>(
  freshness: Freshness,
  scope: ListScope,
  all: readonly Item[],
  query: PageRequest,
): FreshPage<Item> {
  const cursors = new ListCursors(scope)
  const { size, place } = cursors.readPosition(query)
  const offset = Number(place?.[0] ?? 0)
  const items = all
    .slice(offset, offset + size)
    .map((item, index) => ({ item, cursor: cursors.write({ size, place: [offset + index + 1] }) }))
  return { ...freshness, items, hasNextPage: offset + size < all.length, totalCount: all.length }
}

/** Every capability, with why some are not there. */
export function listCapabilities(unsupported: Partial<Record<PublicCapability, string>>): readonly CapabilitySupport[] {
  return Object.keys(publicCapabilities)
    .filter((name): name is PublicCapability => name in publicCapabilities)
    .map((capability) => ({
      capability,
      supported: unsupported[capability] === undefined,
      reason: unsupported[capability] ?? null,
    }))
}

/** Samples inside a range. */
export function within<Sample extends { observedAt: Instant }>(
  samples: readonly Sample[] = [],
  { from, to }: TimeRange,
) {
  return samples.filter(({ observedAt }) => observedAt >= from && observedAt < to)
}

/** A key taken apart as its provider writes it. */
export function toNameParts(provider: ProviderId, key: string): StreamNameParts {
  if (provider === 'tencent') return { domain: null, app: null, name: key }
  const [domain = null, app = null, ...rest] = key.split('/')
  return { domain, app, name: rest.join('/') }
}
