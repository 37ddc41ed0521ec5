import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hrefTo, hrefToStream, readRoute } from '../../web/console/app/router.ts'
import { findLanguage } from '../../web/console/app/settings.ts'
import { readRange, resolveRange, spanMs, toSearch } from '../../web/console/app/time-range.ts'

const NOW_MS = Date.parse('2026-11-22T10:00:00Z')

describe('the addresses of the console', () => {
  it('names each page by its hash, and what it is asked to show', () => {
    expect(readRoute('').page).toBe('overview')
    expect(readRoute('#/').page).toBe('overview')
    expect(readRoute('#/collector').page).toBe('collector')
    const streams = readRoute(hrefTo('streams', { q: 'room 1&2', account: 'tencent-main', sort: null }))
    expect(streams.page).toBe('streams')
    expect(Object.fromEntries(streams.search)).toEqual({ q: 'room 1&2', account: 'tencent-main' })
  })

  it('leads to the very stream that it names, whatever is in its key', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((key) => key.isWellFormed())
    fc.assert(
      fc.property(text, text, (account, key) => {
        const read = readRoute(hrefToStream(account, key, { last: '6h' }))
        expect(read).toMatchObject({ page: 'stream', account, key })
        expect(read.search.get('last')).toBe('6h')
      }),
    )
  })

  it('takes what leads nowhere for no page', () => {
    for (const hash of [
      '#/nothing',
      '#/streams/tencent-main',
      '#/streams/a/b/c',
      '#/collector/x',
      '#/streams/a/%E0%A4',
    ])
      expect(readRoute(hash).page, hash).toBe('unknown')
  })
})

describe('the time range in an address', () => {
  it('is the last hour unless it says otherwise', () => {
    for (const query of ['', 'last=2y', 'from=yesterday&to=today', 'from=2026-11-22T10:00:00Z&to=2026-11-22T09:00:00Z'])
      expect(readRange(new URLSearchParams(query)), query).toEqual({ kind: 'last', span: '1h' })
    expect(readRange(new URLSearchParams(), '24h')).toEqual({ kind: 'last', span: '24h' })
  })

  it('ends now when it is a stretch, and stands still when it has two ends', () => {
    const last = readRange(new URLSearchParams('last=6h'))
    expect(resolveRange(last, NOW_MS)).toEqual({ fromMs: NOW_MS - spanMs['6h'], toMs: NOW_MS })
    const fixed = readRange(new URLSearchParams('from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z'))
    expect(resolveRange(fixed, NOW_MS).toMs).toBe(Date.parse('2026-11-21T00:00:00Z'))
  })

  it('is read as it was written', () => {
    const instant = fc.integer({ min: 0, max: NOW_MS })
    fc.assert(
      fc.property(instant, instant, (one, other) => {
        fc.pre(one !== other)
        const range = { kind: 'fixed', fromMs: Math.min(one, other), toMs: Math.max(one, other) } as const
        const { from, to } = toSearch(range)
        expect(readRange(new URLSearchParams({ from: from ?? '', to: to ?? '' }))).toEqual(range)
      }),
    )
  })
})

describe('the language of the console', () => {
  it('is the first of the browser’s that there is, else English', () => {
    expect(findLanguage(['fr-FR', 'zh-TW', 'en'])).toBe('zh')
    expect(findLanguage(['en-US', 'zh'])).toBe('en')
    expect(findLanguage(['fr', 'zhx'])).toBe('en')
  })
})
