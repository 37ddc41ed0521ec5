// What is cached in the comparison: values of the shapes that the gateway caches, made up, but always the same.
import type { PlaySample } from '#model/sample.ts'

/** Under 200 bytes of JSON. */
export interface SmallValue {
  readonly id: string
  readonly state: string
  readonly startedAt: number
  readonly reading: PlaySample
}

const DAY_START = Date.UTC(2026, 10, 1)
const MINUTE_MS = 60_000
const ROWS = 1440

/** One stream's state. */
export function toSmallValue(): SmallValue {
  return {
    id: 'show/stream',
    state: 'LIVE',
    startedAt: DAY_START,
    reading: toRow(0, createNumbers()),
  }
}

/** A day of one stream, minute by minute. */
export function toDay(): readonly PlaySample[] {
  const numbers = createNumbers()
  return Array.from({ length: ROWS }, (_, minute) => toRow(minute, numbers))
}

function toRow(minute: number, numbers: (below: number) => number): PlaySample {
  return {
    observedAt: DAY_START + minute * MINUTE_MS,
    bandwidthBitsPerSecond: 1_000_000 + numbers(9_000_000),
    onlineViewers: numbers(1000),
    trafficBytes: 1_000_000 + numbers(70_000_000),
  }
}

/** Whole numbers from 0 that look like chance (a linear congruential generator) and are the same in every run. */
function createNumbers(): (below: number) => number {
  let state = 20_261_121
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
