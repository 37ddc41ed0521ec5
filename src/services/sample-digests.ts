// What answers make of kept samples: groups and sums, made once of each kept window and shared for as long as it is kept.
import type { PlaySample, PushSample } from '#model/sample.ts'
import { findIndex, type Timed } from './history-kept.ts'
import { joinSlices } from './history-series.ts'
import { groupPlaySamples, groupPushSamples } from './sample-groups.ts'
import type { SampleSlice } from './views.ts'

/**
 * Widths of which the groups of one kept window are held. They are not counted as memory, and so never more groups than
 * the window has samples.
 */
const MOST_WIDTHS = 3

/** What is made of kept samples. */
export class SampleDigests {
  readonly push = new SampleGroups<PushSample>(groupPushSamples)
  readonly play = new SampleGroups<PlaySample>(groupPlaySamples)
  readonly traffic = new TrafficSums()
}

/** Samples of one kind in groups. */
class SampleGroups<Sample extends Timed> {
  private readonly group: (samples: readonly Sample[], widthMs: number) => readonly Sample[]
  private readonly made = new WeakMap<readonly Sample[], Map<number, readonly Sample[]>>()

  constructor(group: SampleGroups<Sample>['group']) {
    this.group = group
  }

  /**
   * Slices of windows as slices of their groups. A group that a slice holds a part of is made of that part.
   * @param windowMs width of the windows, which are aligned to the epoch like the groups
   */
  toSlices(slices: readonly SampleSlice<Sample>[], widthMs: number, windowMs: number): readonly SampleSlice<Sample>[] {
    if (windowMs % widthMs !== 0) return toWhole(this.group(joinSlices(slices), widthMs))
    return slices.flatMap((slice) => this.cut(slice, widthMs))
  }

  private cut({ samples, begin, end }: SampleSlice<Sample>, widthMs: number): readonly SampleSlice<Sample>[] {
    if (begin === 0 && end === samples.length) return toWhole(this.find(samples, widthMs))
    const startOf = (index: number) => Math.floor((samples[index]?.observedAt ?? 0) / widthMs) * widthMs
    const isCutAt = (index: number) => index > 0 && index < samples.length && startOf(index - 1) === startOf(index)
    // Where the first whole group begins, and where the last one ends.
    const first = isCutAt(begin) ? findIndex(samples, startOf(begin) + widthMs) : begin
    const last = isCutAt(end) ? findIndex(samples, startOf(end)) : end
    if (first > last) return toWhole(this.group(samples.slice(begin, end), widthMs))
    const groups = first < last ? this.find(samples, widthMs) : []
    return [
      ...toWhole(this.group(samples.slice(begin, first), widthMs)),
      ...(first < last
        ? [
            {
              samples: groups,
              begin: findIndex(groups, startOf(first)),
              end: findIndex(groups, startOf(last - 1) + widthMs),
            },
          ]
        : []),
      ...toWhole(this.group(samples.slice(last, end), widthMs)),
    ]
  }

  /** All groups of a kept window. */
  private find(samples: readonly Sample[], widthMs: number): readonly Sample[] {
    const known = this.made.get(samples) ?? new Map<number, readonly Sample[]>()
    const made = known.get(widthMs) ?? Object.freeze(this.group(samples, widthMs))
    // The one that was wanted last stands last.
    known.delete(widthMs)
    known.set(widthMs, made)
    let held = known.values().reduce((sum, groups) => sum + groups.length, 0)
    for (const [width, groups] of known) {
      if (known.size <= MOST_WIDTHS && held <= samples.length) break
      known.delete(width)
      held -= groups.length
    }
    this.made.set(samples, known)
    return made
  }
}

/** Traffic over play samples. */
class TrafficSums {
  private readonly made = new WeakMap<readonly PlaySample[], number | null>()

  /** Bytes over all samples; null when there are samples and none of them carries traffic. */
  sum(slices: readonly SampleSlice<PlaySample>[]): number | null {
    if (slices.length === 0) return 0
    const sums = slices.map((slice) => this.find(slice)).filter((bytes) => bytes !== null)
    return sums.length === 0 ? null : sums.reduce((total, bytes) => total + bytes, 0)
  }

  private find({ samples, begin, end }: SampleSlice<PlaySample>): number | null {
    if (begin > 0 || end < samples.length) return sumTraffic(samples, begin, end)
    const known = this.made.get(samples)
    if (known !== undefined) return known
    const made = sumTraffic(samples, begin, end)
    this.made.set(samples, made)
    return made
  }
}

function toWhole<Sample>(samples: readonly Sample[]): readonly SampleSlice<Sample>[] {
  return samples.length === 0 ? [] : [{ samples, begin: 0, end: samples.length }]
}

function sumTraffic(samples: readonly PlaySample[], begin: number, end: number): number | null {
  let total: number | null = null
  for (let index = begin; index < end; index += 1) {
    const bytes = samples[index]?.trafficBytes
    if (bytes !== undefined && bytes !== null) total = (total ?? 0) + bytes
  }
  return total
}
