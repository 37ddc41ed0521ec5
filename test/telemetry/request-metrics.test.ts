import fc from 'fast-check'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { type CountedRequest, createRequestMetrics } from '#telemetry/request-metrics.ts'

const one: CountedRequest = { face: 'rest', operation: 'listAccounts', code: 'OK', tookMs: 3, isLasting: false }

function create() {
  const registry = new Registry()
  const { answered } = createRequestMetrics(registry)
  const read = async (name: string) => {
    const text = await registry.metrics()
    const samples = [...text.matchAll(/^(\w+)\{(.*)\} (\S+)$/gm)].filter(([, found]) => found === name)
    return new Map(samples.map(([, , labels = '', value]) => [labels, Number(value)]))
  }
  return { answered, read, registry }
}

test('requests are counted by face, operation and code, from one reading to the next', async () => {
  const { answered, read } = create()
  answered(one)
  answered(one)
  answered({ ...one, code: 'NOT_FOUND' })
  const expected = new Map([
    ['face="rest",operation="listAccounts",code="OK"', 2],
    ['face="rest",operation="listAccounts",code="NOT_FOUND"', 1],
  ])
  expect(await read('weir_requests_total')).toEqual(expected)
  expect(await read('weir_requests_total')).toEqual(expected)
  answered({ ...one, face: 'graphql', operation: 'accounts' })
  expect((await read('weir_requests_total')).get('face="graphql",operation="accounts",code="OK"')).toBe(1)
})

test('their times fall into buckets whose counts add up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { minLength: 1 }), async (times) => {
      const { answered, read } = create()
      for (const tookMs of times) answered({ ...one, tookMs })
      const labels = 'face="rest",operation="listAccounts"'
      for (const [text, count] of await read('weir_request_duration_seconds_bucket')) {
        const bound = Number(/le="([^"]+)"/.exec(text)?.[1]?.replace('+Inf', 'Infinity'))
        expect(count).toBe(times.filter((ms) => ms / 1000 <= bound).length)
      }
      expect((await read('weir_request_duration_seconds_count')).get(labels)).toBe(times.length)
      const sum = times.reduce((all, ms) => all + ms / 1000, 0)
      expect((await read('weir_request_duration_seconds_sum')).get(labels)).toBeCloseTo(sum, 6)
    }),
    { numRuns: 30 },
  )
})

test('what goes on until somebody ends it is counted, and its time is not', async () => {
  const { answered, read } = create()
  answered({ ...one, operation: 'watchStream', tookMs: 3_600_000, isLasting: true })
  expect([...(await read('weir_requests_total')).values()]).toEqual([1])
  expect((await read('weir_request_duration_seconds_count')).size).toBe(0)
})

test('names without end make no series without end', async () => {
  const { answered, read } = create()
  for (let index = 0; index < 2000; index += 1) answered({ ...one, operation: `made${index}` })
  const counts = await read('weir_requests_total')
  expect(counts.size).toBeLessThanOrEqual(501)
  expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(2000)
  expect(counts.get('face="rest",operation="other",code="OK"')).toBeGreaterThan(1000)
})
