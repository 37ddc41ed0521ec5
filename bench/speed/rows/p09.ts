import { toHistoryRow } from './history-row.ts'

/** An hour over ingest, a row every five seconds. */
export const p09 = toHistoryRow('P9', 'pushSamples', {
  title: 'six hours of ingest',
  calls: 365,
  rows: 6500,
  theory: '363 calls, 5 758 rows',
})
