import { describe, expect, test } from 'vitest'
import type { PlaySample } from '#model/sample.ts'
import { toFreshnessFields, toSeriesFields } from '#rest/schemas/fields.ts'
import { playSampleForm, toPlaySample } from '#rest/schemas/play-sample.ts'
import { toSampleAnswer } from '#rest/series.ts'
import { createRowWriter } from '#rows/row-writer.ts'
import type { PlaySeries } from '#services/views.ts'
import { at, buildRestApp, RANGE } from './rest-app.ts'

const sample: PlaySample = {
  ...{ observedAt: at('03:30:00'), bandwidthBitsPerSecond: 12.5, onlineViewers: null, trafficBytes: 2 ** 53 },
}
const freshness = { fetchedAt: at('04:00:00'), freshUntil: at('04:00:05'), stale: false }
const series: PlaySeries = {
  ...{ ...freshness, from: at('03:00:00'), to: at('04:00:00'), missing: [], totalTrafficBytes: 2 ** 53 },
  items: [sample, { ...sample, observedAt: at('03:31:00'), onlineViewers: 7 }],
}
const createAnswer = (of: PlaySeries) => {
  const beside = { nextCursor: null, ...toSeriesFields(of), totalTrafficBytes: of.totalTrafficBytes }
  return toSampleAnswer(of, beside, {
    ...{ rows: createRowWriter({ maxBytes: 1e6 }), form: playSampleForm, toShown: toPlaySample },
  })
}
const tagOf = (of: PlaySeries) => createAnswer(of).written?.tagged.map(String).join('')

describe('a body that comes as bytes', () => {
  test('is the body as it is shown', () => {
    for (const items of [series.items, []]) {
      const { body, written } = createAnswer({ ...series, items })
      expect(String(written?.toJson())).toBe(JSON.stringify(body))
      expect(body.items).toEqual(items.map(toPlaySample))
    }
  })

  test('is put together out of what is kept', () => {
    const samples = Object.freeze(series.items)
    const slices = [0, 1].map((begin) => ({ samples, begin, end: begin + 1 }))
    expect(String(createAnswer({ ...series, slices }).written?.toJson())).toBe(
      JSON.stringify(createAnswer(series).body),
    )
  })

  test('has a tag that covers the data, and not its age', () => {
    const tag = tagOf(series)
    expect(tagOf({ ...series, fetchedAt: at('05:00:00'), freshUntil: at('05:00:05'), stale: true })).toBe(tag)
    for (const other of [
      { to: at('04:00:01') },
      { totalTrafficBytes: null },
      { items: series.items.slice(1) },
      { missing: [{ from: at('03:00:00'), to: at('03:05:00'), code: 'UPSTREAM_TIMEOUT' as const, message: 'late' }] },
    ])
      expect(tagOf({ ...series, ...other })).not.toBe(tag)
  })
})

test('more viewers than a row is written with are shown all the same', async () => {
  const playSamples = [{ ...sample, onlineViewers: 2 ** 31 }]
  const { app } = await buildRestApp({ 'tencent-main': { playSamples, streams: { a: { playSamples } } } })
  for (const url of ['/v1/accounts/tencent-main', '/v1/accounts/tencent-main/streams/a']) {
    const response = await app.inject(`${url}/play-samples?${RANGE}`)
    expect(response.json()).toMatchObject({
      ...{ items: playSamples.map(toPlaySample), nextCursor: null, ...toFreshnessFields(freshness) },
    })
    expect(response.headers.etag).toMatch(/^W\/"/)
  }
})
