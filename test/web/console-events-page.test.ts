import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEventParser } from '../../web/console/data/event-parser.ts'
import { toEnding, toMessage } from '../../web/console/data/stream-messages.ts'

const stream =
  'retry: 3000\n\n' +
  'id: 1-0\nevent: pushSample\ndata: {"observedAt":"2026-11-22T10:00:00Z","frameRate":25}\n\n' +
  ': still here\n\n' +
  'id: 2-0\r\nevent: liveStat\r\ndata: null\r\n\r\n' +
  'event: 直播\ndata: {"a":\ndata: 1}\n\n'

const events = [
  { event: 'pushSample', data: '{"observedAt":"2026-11-22T10:00:00Z","frameRate":25}', lastEventId: '1-0' },
  { event: 'liveStat', data: 'null', lastEventId: '2-0' },
  { event: '直播', data: '{"a":\n1}', lastEventId: '2-0' },
]

describe('a stream of events', () => {
  it('gives the same events however it was cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.toSorted((one, other) => one - other), stream.length]
        const parser = createEventParser()
        const found = places.slice(1).flatMap((end, index) => parser.push(stream.slice(places[index], end)))
        expect(found).toEqual(events)
        expect(parser.retryMs).toBe(3000)
      }),
    )
  })

  it('goes on from the place where the one before it ended', () => {
    const parser = createEventParser('7-1')
    expect(parser.push('event: gap\ndata: {}\n\n')).toEqual([{ event: 'gap', data: '{}', lastEventId: '7-1' }])
  })

  it('holds back what is not whole', () => {
    expect(createEventParser().push('event: pushSample\ndata: {}\n')).toEqual([])
  })
})

describe('an event of a stream', () => {
  const event = (name: string, data: string) => ({ event: name, data, lastEventId: '' })

  it('is a message of its kind', () => {
    expect(toMessage(event('liveStat', 'null'))).toEqual({ kind: 'liveStat', data: null })
    expect(toMessage(event('gap', '{}'))).toMatchObject({ kind: 'gap' })
  })

  it('is left aside when a later gateway has invented it, and when it is no JSON', () => {
    expect(toMessage(event('weather', '{}'))).toBeUndefined()
    expect(toMessage(event('pushSample', '{'))).toBeUndefined()
  })

  it('says why the stream ends', () => {
    const problem = {
      code: 'RATE_LIMITED',
      title: 'Too many',
      detail: 'reads too slowly',
      retryable: true,
      retryAfterMs: 9,
    }
    expect(toEnding(event('problem', JSON.stringify(problem)))).toEqual({
      code: 'RATE_LIMITED',
      message: 'reads too slowly',
      isRetryable: true,
      retryAfterMs: 9,
    })
    expect(toEnding(event('problem', 'nonsense'))?.code).toBe('UNEXPECTED')
    expect(toEnding(event('snapshot', '{}'))).toBeUndefined()
  })
})
