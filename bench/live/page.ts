// The page of results, in Markdown.
import { rounded } from '../faults/figures/percentiles.ts'
import { layOut, toCount } from '../table.ts'
import type { FanOutFigures } from './fan-out.ts'
import type { LatencyFigures, Percentiles } from './latency.ts'
import type { MemoryFigures } from './memory.ts'
import { TICK_MS } from './rig.ts'

/** What was measured; what was not is left out. */
export interface LiveFigures {
  /** Machine, versions, date, command; sentences. */
  readonly surroundings: readonly string[]
  readonly fanOut?: FanOutFigures
  readonly latency?: readonly LatencyFigures[]
  readonly memory?: readonly MemoryFigures[]
}

/** What a figure is to be. */
interface Goal {
  readonly what: string
  readonly measured: number
  readonly unit?: string
  /** Left out where it is only told. */
  readonly most?: number
}

/** Between two samples of a stream while the reader of the provider is killed: the tick, and one more. */
const LONGEST_PAUSE_MS = 2 * TICK_MS

/** Writes it. */
export function writeLiveResults({ surroundings, fanOut, latency, memory }: LiveFigures): string {
  return `${[
    '# Results of the live bench',
    'Written by `npm run bench -- live --write`; [how to read it](../README.md#the-live-bench). Only figures of one run mean anything beside each other.',
    surroundings.map((line) => `- ${line}`).join('\n'),
    ...(fanOut === undefined ? [] : writeFanOut(fanOut)),
    ...(latency === undefined ? [] : ['## How long an event takes', toLatencyTable(latency)]),
    ...(memory === undefined ? [] : ['## Memory of a subscriber', toMemoryTable(memory)]),
  ].join('\n\n')}\n`
}

function writeFanOut(figures: FanOutFigures): readonly string[] {
  const { counts, withKills, kills, comparison, idleCalls, idleSeconds, complaints } = figures
  const [, few, crowd] = counts
  const goals: readonly Goal[] = [
    {
      what: 'calls of the crowd beyond those of one subscriber on each stream, in as many seconds (one is the edge of the count)',
      measured: Math.max(0, (crowd?.calls ?? Number.NaN) - (toRate(few) / 60) * (crowd?.seconds ?? Number.NaN)),
      most: 1,
    },
    { what: 'samples that reached subscribers', measured: comparison.heard },
    { what: 'of them again who had them', measured: comparison.repeated, most: 0 },
    { what: 'of them behind later ones', measured: comparison.disordered, most: 0 },
    { what: 'samples that others heard and one who was there did not', measured: comparison.missing, most: 0 },
    ...kills.map(({ replica, silentMs }, index) => ({
      what: `kill ${index + 1} (replica ${replica}): until somebody heard of a later sample`,
      measured: silentMs / 1000,
      unit: ' s',
      most: LONGEST_PAUSE_MS / 1000,
    })),
    {
      what: 'longest time between two samples of a stream, replica not killed',
      measured: comparison.longestPauseMs / 1000,
      unit: ' s',
      most: LONGEST_PAUSE_MS / 1000,
    },
    { what: 'subscribers whose replica was killed', measured: comparison.interrupted },
    { what: 'longest time between two samples of those', measured: comparison.longestAwayMs / 1000, unit: ' s' },
    { what: 'most samples that one of those missed who cannot say where it was', measured: comparison.mostMissedAway },
    {
      what: `calls in ${idleSeconds} s with nobody there`,
      measured: idleCalls,
      most: 0,
    },
  ]
  return [
    '## What subscribers cost the provider',
    layOut(
      [
        ['who', 'subscribers', 'streams', 'seconds', 'calls', 'calls a minute', 'calls while they came'],
        ...counts.map((count) => [
          count.who,
          toCount(count.subscribers),
          toCount(count.streams),
          String(count.seconds),
          String(count.calls),
          String(rounded(toRate(count))),
          String(count.joiningCalls),
        ]),
        [
          'the last, all of its stay, both kills included',
          toCount(crowd?.subscribers ?? 0),
          toCount(crowd?.streams ?? 0),
          String(withKills.seconds),
          String(withKills.calls),
          String(rounded(toRate(withKills))),
          '',
        ],
      ],
      (column) => column > 0,
    ),
    '## Each sample once, in order',
    layOut(
      [
        ['what', 'wanted', 'measured', 'verdict'],
        ...goals.map(({ what, measured, unit = '', most }) => [
          what,
          most === undefined ? '' : most === 0 ? '0' : `≤ ${most}${unit}`,
          `${rounded(measured, 2)}${unit}`,
          most === undefined ? '' : measured <= most ? 'met' : 'missed',
        ]),
      ],
      (column) => column === 1 || column === 2,
    ),
    ...(complaints.length > 0
      ? ['What was said besides:', complaints.map((line) => `- ${line.replaceAll(/\s+/g, ' ')}`).join('\n')]
      : []),
  ]
}

const toRate = (count: { readonly calls: number; readonly seconds: number } | undefined) =>
  count === undefined ? Number.NaN : (count.calls / count.seconds) * 60

function toLatencyTable(figures: readonly LatencyFigures[]): string {
  const toCells = (times: Percentiles | null) => (times === null ? ['', ''] : [toCount(times.p50), toCount(times.p99)])
  return layOut(
    [
      ['subscribers', 'streams', 'by', 'events', 'answered p50', 'p99', 'observed p50', 'p99'],
      ...figures.map((one) => [
        toCount(one.subscribers),
        toCount(one.streams),
        one.face,
        String(one.events),
        ...toCells(one.answeredMs),
        ...toCells(one.observedMs),
      ]),
    ],
    (column) => column !== 2,
  )
}

function toMemoryTable(figures: readonly MemoryFigures[]): string {
  const rows = figures.map((one, index) => {
    const before = figures[index - 1]
    const grown = before?.manner === one.manner ? one.subscribers - before.subscribers : 0
    const toEach = (of: 'heapBytes' | 'rssBytes') =>
      before === undefined || grown === 0 ? '' : toCount((one[of] - before[of]) / grown)
    const toMebibytes = (bytes: number) => String(rounded(bytes / 1024 / 1024))
    return [
      one.manner,
      toCount(one.subscribers),
      toMebibytes(one.heapBytes),
      toMebibytes(one.rssBytes),
      toEach('heapBytes'),
      toEach('rssBytes'),
    ]
  })
  return layOut(
    [['by', 'subscribers', 'heap MiB', 'resident MiB', 'heap bytes each', 'resident bytes each'], ...rows],
    (column) => column > 0,
  )
}
