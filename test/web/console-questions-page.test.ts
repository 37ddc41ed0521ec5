import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { accountsOperation } from '../../web/console/data/fleet.ts'
import { defineOperation } from '../../web/console/data/graphql.ts'
import * as overviewOperations from '../../web/console/data/overview-operations.ts'
import { toDelayMs } from '../../web/console/data/poll.ts'
import * as streamOperations from '../../web/console/data/stream-operations.ts'
import { findTrouble, readGraphqlError, readProblem } from '../../web/console/data/trouble.ts'
import { leaveForGraphiql, quote, toGraphqlCurl, toRestCurl } from '../../web/console/parts/as-curl.ts'

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'))
const operations = [accountsOperation, ...Object.values({ ...overviewOperations, ...streamOperations })].filter(
  (value) => typeof value === 'object' && value !== null && 'text' in value,
)

describe('the questions of the console', () => {
  it.each(operations.map(({ name, text }) => [name, text] as const))('are of the schema: %s', (_name, text) => {
    expect(validate(schema, parse(text))).toEqual([])
  })

  it('have names, by which they are sent', () => {
    expect(() => defineOperation('{ accounts { name } }')).toThrow()
    expect(new Set(operations.map(({ name }) => name)).size).toBe(operations.length)
  })
})

describe('a question for others to ask', () => {
  const operation = { name: 'Stream', text: 'query Stream($key: String!) { stream(account: "a", key: $key) { name } }' }
  const asked = { operation, variables: { key: 'it\'s "$(touch x)" `y` \\ 直播' }, rest: "/v1/accounts/a/streams/it's" }

  it('reaches the gateway from a shell as it was', () => {
    // The shell itself says what its words are, and what is said to the program.
    const script = `curl() { printf '%s\\0' "$@"; cat; }\nWEIR_KEY=known\n${toGraphqlCurl(asked, 'http://gateway', true)}`
    const words = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0')
    expect(words).toContain('http://gateway/graphql')
    expect(words.at(-1)).toBe('authorization: Bearer known')
    // Everybody on the machine can read the words of a program.
    expect(words.slice(0, -1).join(' ')).not.toContain('known')
    expect(JSON.parse(words.at(-2) ?? '')).toEqual({
      query: operation.text,
      operationName: 'Stream',
      variables: asked.variables,
    })
  })

  it('names the REST address where there is one, and no key where none is in use', () => {
    expect(toRestCurl(asked, 'http://gateway', false)).toBe(`curl --silent ${quote(`http://gateway${asked.rest}`)}`)
    expect(toRestCurl({ ...asked, events: true }, 'http://gateway', true)).toContain('--no-buffer')
    expect(toRestCurl({ operation, variables: {} }, 'http://gateway', true)).toBeUndefined()
  })

  it('opens in GraphiQL beside what is open there', () => {
    const kept = new Map([['graphiql:tabState', '{"tabs":[{"id":"mine"}],"activeTabIndex":0}']])
    leaveForGraphiql(asked, {
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, value) => void kept.set(name, value),
    })
    const state = JSON.parse(kept.get('graphiql:tabState') ?? '')
    expect(state).toMatchObject({ activeTabIndex: 1, tabs: [{ id: 'mine' }, { query: operation.text }] })
    expect(kept.get('graphiql:query')).toBe(operation.text)
  })
})

describe('what went wrong', () => {
  it('is found at its place in the answer', () => {
    const error = {
      message: 'no',
      path: ['accounts', 1, 'quota', 'spenders'],
      extensions: { code: 'FORBIDDEN', retryable: false, requestId: 'r' },
    }
    const troubles = [readGraphqlError(error)]
    expect(findTrouble(troubles, 'accounts', 1, 'quota')).toMatchObject({ code: 'FORBIDDEN', requestId: 'r' })
    expect(findTrouble(troubles, 'accounts', 0)).toBeUndefined()
  })

  it('is not understood when it is none of the gateway’s', () => {
    expect(readGraphqlError({ message: 'x', extensions: { code: 'NEW' } }).code).toBe('UNEXPECTED')
    expect(readGraphqlError(null)).toMatchObject({ code: 'UNEXPECTED', path: [] })
    expect(readProblem({ title: 'nothing' })).toBeUndefined()
  })

  it('is tried again more and more slowly, and no sooner than the gateway asks for', () => {
    expect([0, 1, 2, 3, 9].map((failures) => toDelayMs(5_000, failures))).toEqual([
      5_000, 5_000, 10_000, 20_000, 30_000,
    ])
    // What is asked for once a minute is missed as much as anything.
    expect([1, 9].map((failures) => toDelayMs(60_000, failures))).toEqual([5_000, 30_000])
    expect(toDelayMs(5_000, 1, 45_000)).toBe(45_000)
    expect(toDelayMs(Number.POSITIVE_INFINITY, 1)).toBe(2_000)
  })
})
