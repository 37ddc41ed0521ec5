import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { InvalidInputError } from '#model/errors.ts'
import {
  accountPath,
  checkQueryEncoding,
  domainArgument,
  pageArguments,
  readArguments,
  repeatableNameArgument,
  sampleArguments,
} from '#rest/schemas/arguments.ts'
import { pushSessionsBodySchema } from '#rest/schemas/push-session.ts'

const samples = z.strictObject(sampleArguments)
const range = { from: '2026-11-21T03:00:00Z', to: '2026-11-21T04:00:00Z' }

function findProblem(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

describe('times', () => {
  test('are read with any zone', () => {
    expect(readArguments(samples, { ...range, from: '2026-11-21T11:00:00.5+08:00' }).from).toBe(
      Date.UTC(2026, 10, 21, 3, 0, 0, 500),
    )
  })

  test.each(['2026-02-30T00:00:00Z', '2026-11-21', '2026-11-21T03:00:00', '1763694000', 'yesterday', ''])(
    'are refused as %j, with what is allowed',
    (from) => {
      expect(findProblem(() => readArguments(samples, { ...range, from }))).toBe(
        `from is "${from}"; allowed is an RFC 3339 time with a zone, such as 2026-11-21T04:00:00Z`,
      )
    },
  )

  test('that lost their + on the way are explained', () => {
    expect(findProblem(() => readArguments(samples, { ...range, to: '2026-11-21T11:00:00 08:00' }))).toContain(
      'in a query, + is written %2B',
    )
  })
})

describe('whole numbers', () => {
  test('are read', () => {
    expect(readArguments(samples, { ...range, everySeconds: '86400' }).everySeconds).toBe(86_400)
    expect(readArguments(z.strictObject(pageArguments), { first: '300' }).first).toBe(300)
  })

  test.each(['0', '86401', '-1', '1.5', '1e2', '0x10', ' 5', '', 'many', '9'.repeat(400)])(
    'are refused as %j',
    (text) => {
      const problem = findProblem(() => readArguments(samples, { ...range, everySeconds: text }))
      expect(problem).toMatch(/^everySeconds is ".*"; allowed is a whole number from 1 to 86400$/)
      expect(problem.length).toBeLessThan(200)
    },
  )
})

test('says which argument is missing', () => {
  expect(findProblem(() => readArguments(samples, { to: range.to }))).toBe(
    'from is missing; allowed is an RFC 3339 time with a zone, such as 2026-11-21T04:00:00Z',
  )
})

test('names every bad argument at once', () => {
  const problem = findProblem(() => readArguments(samples, { form: 'x', to: 'y' }))
  expect(problem).toContain('from is missing')
  expect(problem).toContain('to is "y"')
  expect(problem).toContain('form is no argument here; allowed are: from, to, everySeconds')
})

test('refuses arguments where there are none', () => {
  expect(findProblem(() => readArguments(z.strictObject({}), { first: '1' }))).toBe(
    'first is no argument here; allowed are: none',
  )
})

test('refuses an argument that is given twice', () => {
  expect(findProblem(() => readArguments(samples, { ...range, from: [range.from, range.from] }))).toContain(
    'from is given 2 times; allowed is once',
  )
})

test('refuses empty names', () => {
  expect(findProblem(() => readArguments(z.strictObject(domainArgument), { domain: '' }))).toContain('domain is empty')
  expect(findProblem(() => readArguments(accountPath, { account: '' }))).toContain('account is empty')
})

test('takes a name once, many times or not at all', () => {
  const schema = z.strictObject({ account: repeatableNameArgument('', 'a') })
  expect(readArguments(schema, { account: 'a' }).account).toEqual(['a'])
  expect(readArguments(schema, { account: ['a', 'b'] }).account).toEqual(['a', 'b'])
  expect(readArguments(schema, {}).account).toBeUndefined()
  expect(findProblem(() => readArguments(schema, { account: ['a', ''] }))).toContain('account.1 is empty')
})

describe('bodies', () => {
  test('must be objects', () => {
    for (const body of [undefined, null, [], 'x', 5])
      expect(findProblem(() => readArguments(pushSessionsBodySchema, body))).toBe(
        'body is no JSON object; allowed is an object with: keys, from, to',
      )
  })

  test('must hold keys as texts', () => {
    expect(findProblem(() => readArguments(pushSessionsBodySchema, { ...range, keys: 'a' }))).toContain(
      'keys is no list',
    )
    expect(findProblem(() => readArguments(pushSessionsBodySchema, { ...range, keys: [5] }))).toContain(
      'keys.0 is no text',
    )
    expect(findProblem(() => readArguments(pushSessionsBodySchema, range))).toContain('keys is no list')
  })
})

describe('percent-encoding of a query', () => {
  test.each(['/x', '/x?a=b', '/x?a=%20%26', '/x?', '/x?a=%F0%9F%8E%A5'])('passes in %s', (url) => {
    expect(() => checkQueryEncoding(url)).not.toThrow()
  })

  test.each(['/x?a=%', '/x?a=%zz', '/x?a=%ff', '/x?%c3=1'])('is refused in %s', (url) => {
    expect(findProblem(() => checkQueryEncoding(url))).toContain('query holds malformed percent-encoding')
  })
})
