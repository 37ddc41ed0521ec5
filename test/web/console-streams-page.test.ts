import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorTable } from '#model/errors.ts'
import { type LiveRow, toRoundMs } from '../../web/console/data/live-list.ts'
import { findPassing } from '../../web/console/data/passing.ts'
import { addMessages, findKinds, nothingFollowed } from '../../web/console/data/use-following.ts'
import { findAddress } from '../../web/console/pages/outside-address.ts'
import { readView, toUnzoomedText, toZoomed } from '../../web/console/pages/stream-view.ts'
import { chooseColumn, orderRows, readOrder, toOrderText } from '../../web/console/pages/streams-order.ts'

function rowOf(key: string, viewers: number | null): LiveRow {
  return { account: 'a', key, viewers, bandwidth: null, bitrate: null, frameRate: null, trend: [], isFromBefore: false }
}

describe('the order of streams', () => {
  const rows = [rowOf('Room10', 5), rowOf('room2', null), rowOf('other', 9), rowOf('room1', 5)]
  const keys = (found: readonly LiveRow[]) => found.map(({ key }) => key)

  it('finds a part of a key whatever its case, and leaves what it was given as it was', () => {
    expect(keys(orderRows(rows, ' ROOM1', readOrder('key')))).toEqual(['room1', 'Room10'])
    expect(keys(rows)).toEqual(['Room10', 'room2', 'other', 'room1'])
  })

  it('counts the numbers in names', () => {
    expect(keys(orderRows(rows, '', readOrder('key')))).toEqual(['other', 'room1', 'room2', 'Room10'])
    expect(keys(orderRows(rows, '', readOrder('-key')))).toEqual(['Room10', 'room2', 'room1', 'other'])
  })

  it('has the most viewers first unless asked otherwise, and what is not told last either way', () => {
    expect(keys(orderRows(rows, '', readOrder(null)))).toEqual(['other', 'room1', 'Room10', 'room2'])
    expect(keys(orderRows(rows, '', readOrder('viewers')))).toEqual(['room1', 'Room10', 'other', 'room2'])
    expect(readOrder('password')).toEqual(readOrder('-viewers'))
  })

  it('is turned round by choosing a column again', () => {
    const byRate = chooseColumn(readOrder(null), 'bitrate')
    expect(toOrderText(byRate)).toBe('-bitrate')
    expect(toOrderText(chooseColumn(byRate, 'bitrate'))).toBe('bitrate')
    expect(toOrderText(chooseColumn(byRate, 'key'))).toBe('key')
  })
})

describe('a round through the list', () => {
  it('asks for a page every five seconds at most, however many there are', () => {
    expect([1, 3, 17].map(toRoundMs)).toEqual([15_000, 15_000, 85_000])
  })
})

describe('the view of a stream', () => {
  const now = Date.UTC(2026, 10, 22, 12)

  it('follows only what ends now', () => {
    expect(readView(new URLSearchParams('last=6h&follow=1')).isFollowing).toBe(true)
    const fixed = 'from=2026-11-22T00:00:00Z&to=2026-11-22T01:00:00Z&follow=1'
    expect(readView(new URLSearchParams(fixed)).isFollowing).toBe(false)
  })

  it('remembers where a zoom began', () => {
    const range = { kind: 'fixed', fromMs: now - 7_200_000, toMs: now - 3_600_000 } as const
    const read = (text: string) => readView(new URLSearchParams({ unzoomed: text })).unzoomed
    expect(read(toUnzoomedText(range))).toEqual(range)
    expect(read('24h')).toEqual({ kind: 'last', span: '24h' })
    expect(read('nonsense')).toBeUndefined()
  })

  it('zooms to whole seconds, no shorter than a minute and not beyond now', () => {
    expect(toZoomed(now - 100_500, now - 30_200, now)).toEqual({
      kind: 'fixed',
      fromMs: now - 101_000,
      toMs: now - 30_000,
    })
    expect(toZoomed(now - 50_000, now - 48_000, now)).toEqual({
      kind: 'fixed',
      fromMs: now - 79_000,
      toMs: now - 19_000,
    })
    expect(toZoomed(now - 1_000, now + 600_000, now)).toMatchObject({ toMs: now })
  })
})

describe('following', () => {
  const push = (second: number, bitrate: number | null) =>
    ({
      kind: 'pushSample',
      data: {
        observedAt: new Date(second * 1000).toISOString(),
        frameRate: 25,
        bitrateBitsPerSecond: bitrate,
        clientIp: null,
        serverIp: null,
      },
    }) as const

  it('adds each sample once, in order, and keeps what it is not told of', () => {
    const first = addMessages(nothingFollowed, [push(5, 1), push(10, null)])
    const second = addMessages(first, [push(10, 7), push(15, 2)])
    expect([...second.push.times]).toEqual([5_000, 10_000, 15_000])
    expect([...(second.push.values[0] ?? [])]).toEqual([1, Number.NaN, 2])
    expect(second.play).toBe(first.play)
  })

  it('knows a stream that is not live from one of which nothing was told', () => {
    expect(nothingFollowed.live).toBeUndefined()
    expect(addMessages(nothingFollowed, [{ kind: 'liveStat', data: null }]).live).toBeNull()
  })

  it('counts what was missed, so that the histories are read again', () => {
    expect(addMessages(nothingFollowed, [{ kind: 'gap' }, push(5, 1)]).gaps).toBe(1)
  })

  it('asks for the events that the provider can tell', () => {
    expect(findKinds((capability) => capability !== 'SNAPSHOTS' && capability !== 'PLAY_SAMPLES')).toEqual([
      'pushSample',
      'liveStat',
      'streamState',
    ])
    expect(findKinds(() => false)).toEqual([])
  })
})

describe('trying again', () => {
  const codes = Object.keys(errorTable).filter((code): code is ErrorCode => Object.hasOwn(errorTable, code))
  const troubleOf = (code: ErrorCode, isRetryable: boolean) => ({ code, message: '', isRetryable, path: [] })

  it('is worth it for an error that passes, and not for one that stays', () => {
    const passing = troubleOf('UPSTREAM_TIMEOUT', true)
    expect(findPassing([troubleOf('NOT_FOUND', false), passing])).toBe(passing)
    expect(findPassing([troubleOf('NOT_FOUND', false)])).toBeUndefined()
    expect(findPassing([])).toBeUndefined()
  })

  it('is worth it for a missing piece where the gateway says that its code passes, and not at once', () => {
    const pieces = codes.map((code) => ({ from: '', to: '', message: '', code }))
    const passing = pieces.filter((piece) => findPassing([], [piece]) !== undefined).map(({ code }) => code)
    expect(passing).toEqual(pieces.map(({ code }) => code).filter((code) => errorTable[code].retryable))
    expect(findPassing([], pieces)?.retryAfterMs).toBe(15_000)
  })
})

describe('an address that a provider gives', () => {
  it('is a link only where a browser may follow it', () => {
    expect(findAddress('javascript:alert(1)')).toBeUndefined()
    expect(findAddress('data:text/html,x')).toBeUndefined()
    expect(findAddress('no address')).toBeUndefined()
    expect(findAddress(null)).toBeUndefined()
    expect(findAddress('http://a.example/1/f0.mp4')).toEqual({ href: 'http://a.example/1/f0.mp4', name: '1/f0.mp4' })
  })

  it('is named by the end of its path, cut where it is long', () => {
    expect(findAddress(`https://a.example/${'x'.repeat(60)}/f0.mp4`)?.name).toBe(`…${'x'.repeat(17)}/f0.mp4`)
    expect(findAddress('https://a.example/')?.name).toBe('a.example')
  })
})
