import { expect, test } from 'vitest'
import { splitAsked, toAskedHeaders } from '../../src/server/kept-asked.ts'

test.each([
  {
    operation: 'account+accounts',
    operationName: 'Names',
    saved: [
      { account: 'tencent-main', operation: 'listPushSamples', calls: 12 },
      { account: 'a.b_c', operation: 'getLiveStat', calls: 1 },
    ],
  },
  { operation: 'listAccounts', operationName: null, saved: [] },
])('what was asked is found again beside the headers that are sent: $operation', (asked) => {
  expect(splitAsked(['etag', '"1"', ...toAskedHeaders(asked), 'vary', 'accept'])).toEqual({
    sent: ['etag', '"1"', 'vary', 'accept'],
    asked,
  })
})

test('what somebody else has put there is no name of an operation', () => {
  const forged = toAskedHeaders({
    operation: 'a b\n',
    operationName: '"}',
    saved: [{ account: 'a b', operation: 'c', calls: -1 }],
  })
  expect(splitAsked(forged)).toEqual({ sent: [], asked: { operation: 'unknown', operationName: null, saved: [] } })
  expect(splitAsked(['etag', '"1"']).asked.operation).toBe('unknown')
})
