// The fields of samples, as both faces write them.
import type { PlaySample, PushSample } from '#model/sample.ts'
import type { Column } from './row-form.ts'

/** Every field of `Row`. */
export type Columns<Row> = { readonly [Name in keyof Row]-?: Column<Row> }

/** Ingest measurements, in the order of `PushSample`. */
export const pushColumns: Columns<PushSample> = {
  observedAt: { key: 'observedAt', write: (out, row) => out.time(row.observedAt) },
  frameRate: { key: 'frameRate', write: (out, row) => out.number(row.frameRate) },
  bitrateBitsPerSecond: { key: 'bitrateBitsPerSecond', write: (out, row) => out.number(row.bitrateBitsPerSecond) },
  clientIp: { key: 'clientIp', write: (out, row) => out.text(row.clientIp) },
  serverIp: { key: 'serverIp', write: (out, row) => out.text(row.serverIp) },
}

/** Playback measurements, in the order of `PlaySample`. Viewers beyond what GraphQL can carry are refused. */
export const playColumns: Columns<PlaySample> = {
  observedAt: { key: 'observedAt', write: (out, row) => out.time(row.observedAt) },
  bandwidthBitsPerSecond: {
    key: 'bandwidthBitsPerSecond',
    write: (out, row) => out.number(row.bandwidthBitsPerSecond),
  },
  onlineViewers: { key: 'onlineViewers', write: (out, row) => out.count(row.onlineViewers) },
  trafficBytes: { key: 'trafficBytes', write: (out, row) => out.number(row.trafficBytes) },
}
