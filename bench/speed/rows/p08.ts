import { toHistoryRow } from './history-row.ts'

/** An hour over playback, minute by minute. */
export const p08 = toHistoryRow('P8', 'playSamples', {
  title: 'six hours of playback',
  calls: 64,
  rows: 600,
  theory: '63 calls, 479 rows',
})
