import { describe, expect, test } from 'vitest'
import { GatewayError, QuotaExhaustedError, UpstreamError } from '#model/errors.ts'
import { noTracer, type SpanFacts, type Tracer } from '#model/tracer.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { toAsk } from '#test/support/upstream-client.ts'
import { CallTeller, isConsumed, type Progress } from '#upstream/call-progress.ts'
import type { QuotaWait, SentCall } from '#upstream/upstream-observer.ts'

const watch = { left: () => undefined, ended: () => undefined }

function create() {
  const clock = new FakeClock()
  const calls: SentCall[] = []
  const waits: QuotaWait[] = []
  const spans: { name: string; facts: SpanFacts }[] = []
  const tracer: Tracer = {
    ...noTracer,
    isOn: true,
    follow: (_kind, name, facts, work) => {
      const span = { name, facts }
      spans.push(span)
      return work({
        tell: (more) => {
          span.facts = { ...span.facts, ...more }
        },
      })
    },
  }
  const observer = { called: (call: SentCall) => calls.push(call), waited: (wait: QuotaWait) => waits.push(wait) }
  const teller = new CallTeller({ account: 'main', clock, tracer, observer })
  const progress: Progress = { watch, attempts: 0 }
  const leave = () => {
    progress.leftAtMs = clock.monotonicMs()
  }
  const end = () => {
    progress.endedAtMs = clock.monotonicMs()
  }
  return { clock, calls, waits, spans, teller, progress, leave, end }
}

const refused = new UpstreamError('UPSTREAM_UNAVAILABLE', 'no')

describe('an attempt', () => {
  test('is told of with the time from its first byte to its answer, and for whom it was', async () => {
    const { clock, calls, teller, progress, leave, end } = create()
    const caller = { name: 'web', role: 'reader', accounts: 'all' } as const
    await teller.attempt('Get_LiveStat', toAsk({ caller, lane: 'background' }), progress, async () => {
      await clock.advance(500)
      leave()
      await clock.advance(80)
      end()
      // What is done with the answer.
      await clock.advance(900)
    })
    expect(calls).toEqual([
      { operation: 'Get_LiveStat', attempt: 1, outcome: 'OK', tookMs: 80, client: 'web', lane: 'background' },
    ])
  })

  test('is not told of when its bytes never left', async () => {
    const { calls, spans, teller, progress } = create()
    const make = () => Promise.reject(refused)
    await expect(teller.attempt('Get_LiveStat', toAsk(), progress, make)).rejects.toBe(refused)
    expect(calls).toEqual([])
    expect(spans).toHaveLength(1)
  })

  test('is told of by its own time and number, also when it leaves in the moment another one did', async () => {
    const { clock, calls, spans, teller, progress, leave, end } = create()
    const fail = async () => {
      leave()
      await clock.advance(30)
      end()
      throw refused
    }
    await expect(teller.attempt('Get_LiveStat', toAsk(), progress, fail)).rejects.toBe(refused)
    await expect(teller.attempt('Get_LiveStat', toAsk(), progress, () => Promise.reject(refused))).rejects.toBe(refused)
    await teller.attempt('Get_LiveStat', toAsk(), progress, async () => leave())
    await teller.attempt('Get_LiveStat', toAsk(), progress, async () => leave())
    expect(calls.map(({ attempt, outcome, tookMs }) => [attempt, outcome, tookMs])).toEqual([
      [1, 'UPSTREAM_UNAVAILABLE', 30],
      [3, 'OK', 0],
      [4, 'OK', 0],
    ])
    expect(spans.map(({ facts }) => facts['weir.attempt'])).toEqual([1, 2, 3, 4])
  })

  test('takes until now when it fails before its exchange has ended', async () => {
    const { clock, calls, teller, progress, leave, end } = create()
    await teller.attempt('Get_LiveStat', toAsk(), progress, async () => {
      leave()
      end()
    })
    await clock.advance(100)
    const fail = async () => {
      leave()
      await clock.advance(7)
      throw refused
    }
    await expect(teller.attempt('Get_LiveStat', toAsk(), progress, fail)).rejects.toBe(refused)
    expect(calls.map(({ tookMs }) => tookMs)).toEqual([0, 7])
  })

  test.each([
    ['UPSTREAM_CREDENTIAL', new UpstreamError('UPSTREAM_CREDENTIAL', 'no'), false],
    ['NOT_FOUND', new GatewayError('NOT_FOUND', 'no'), false],
    ['CLIENT_LEFT', new Error('the client left'), true],
    ['UPSTREAM_TIMEOUT', new UpstreamError('UPSTREAM_TIMEOUT', 'late'), true],
    ['INTERNAL', new TypeError('a mistake'), false],
  ] as const)('ends as %s', async (outcome, error, isLeft) => {
    const { calls, teller, progress, leave } = create()
    const leaving = new AbortController()
    if (isLeft) leaving.abort()
    const fail = async () => {
      leave()
      throw error
    }
    await expect(teller.attempt('Get', toAsk({ signal: leaving.signal }), progress, fail)).rejects.toBe(error)
    expect(calls).toMatchObject([{ outcome }])
  })

  test('may be told to nobody', async () => {
    const { clock, progress } = create()
    const teller = new CallTeller({ account: 'main', clock, tracer: noTracer, observer: undefined })
    expect(await teller.attempt('Get', toAsk(), progress, async () => 5)).toBe(5)
  })
})

describe('a wait for a start', () => {
  test('is told of by how long it took, to the span of its attempt too', async () => {
    const { clock, waits, spans, teller, progress } = create()
    const ask = toAsk({ lane: 'background' })
    await teller.attempt('Get', ask, progress, () => teller.wait(ask, progress, () => clock.advance(40)))
    expect(waits).toEqual([{ lane: 'background', waitedMs: 40, outcome: 'granted' }])
    expect(spans[0]?.facts['weir.quota.wait_ms']).toBe(40)
  })

  test.each([
    ['refused', new QuotaExhaustedError('none free', { retryAfterMs: 5 })],
    ['left', new UpstreamError('UPSTREAM_THROTTLED', 'a pause')],
    ['left', new Error('the client left')],
  ] as const)('ends as %s', async (outcome, error) => {
    const { waits, teller, progress } = create()
    await expect(teller.wait(toAsk(), progress, () => Promise.reject(error))).rejects.toBe(error)
    expect(waits).toEqual([{ lane: 'interactive', waitedMs: 0, outcome }])
  })
})

describe('what a provider may have handed out', () => {
  test('is that of a call that keeps its answer, from the moment it has left', () => {
    const { progress, leave } = create()
    const keep = async () => undefined
    expect(isConsumed({ keep }, progress)).toBe(false)
    leave()
    expect(isConsumed({ keep }, progress)).toBe(true)
    expect(isConsumed({}, progress)).toBe(false)
  })
})
