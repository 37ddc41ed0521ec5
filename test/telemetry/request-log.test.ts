import { describe, expect, it } from 'vitest'
import { createLogger } from '#telemetry/logger.ts'
import { createRequestLog, type LoggedRequest, type LoggedRequests } from '#telemetry/request-log.ts'

const made: LoggedRequest = {
  ...{ face: 'graphql', operation: 'accounts', operationName: 'Names', code: 'OK', status: 200, tookMs: 1.23456 },
  ...{ client: 'web', from: 'made', calls: 1, cached: 2, coalesced: 3, requestId: 'r-1' },
}

function create(requests: LoggedRequests = 'all', level: 'debug' | 'info' | 'error' = 'debug') {
  const lines: string[] = []
  const log = createLogger({ level }, { write: (line) => void lines.push(line) })
  const { answered } = createRequestLog(log, requests)
  return { answered, lines, read: () => lines.map((line): Record<string, unknown> => JSON.parse(line)) }
}

describe('the line of a request', () => {
  it('tells what was asked, by whom, what came of it and what it cost, and nothing else', () => {
    const { answered, read } = create()
    answered(made)
    const [{ time, pid, hostname, ...line } = {}] = read()
    expect(line).toEqual({
      ...{ level: 'info', msg: 'request', requestId: 'r-1', client: 'web' },
      ...{ face: 'graphql', operation: 'accounts', operationName: 'Names', code: 'OK', status: 200, tookMs: 1.235 },
      ...{ upstream: { calls: 1, cached: 2, coalesced: 3 }, from: 'made' },
    })
    expect([typeof time, typeof pid, typeof hostname]).toEqual(['string', 'number', 'string'])
  })

  it('leaves out what there is not: a name of the operation, a status on a WebSocket', () => {
    const { answered, read } = create()
    answered({ ...made, operationName: null, status: null, client: null })
    expect(Object.keys(read()[0] ?? {})).not.toEqual(expect.arrayContaining(['status']))
    expect(read()[0]).not.toHaveProperty('operationName')
    expect(read()[0]).toHaveProperty('client', null)
  })

  it.each([
    ['OK', 'info'],
    ['CLIENT_LEFT', 'info'],
    ['INVALID_INPUT', 'info'],
    ['UPSTREAM_TIMEOUT', 'info'],
    ['INTERNAL', 'warn'],
    ['QUOTA_EXHAUSTED', 'warn'],
  ] as const)('is a warning where the fault is ours alone: %s is %s', (code, level) => {
    const { answered, read } = create()
    answered({ ...made, code })
    expect(read()[0]).toMatchObject({ level, code })
  })

  it('is cleaned of what a token calls its holder', () => {
    const { answered, lines, read } = create()
    answered({ ...made, client: 'a\u001b[31m\u2028\n{"level":"fatal"}' })
    answered({ ...made, client: '0f1e2d3c4b5a69788796a5b4c3d2e1f0 x' })
    expect(lines.join('')).not.toMatch(/\\u001b|\\n|\u2028|0f1e2d3c/)
    expect(read()).toHaveLength(2)
  })

  it('is not written of who looks whether the process is well, but at debug, nor of who is refused for overload', () => {
    const { answered, read } = create('all', 'info')
    answered({ ...made, face: 'page', operation: 'health' })
    answered({ ...made, code: 'OVERLOADED', status: 503 })
    expect(read()).toEqual([])
    answered({ ...made, face: 'page', operation: 'health', code: 'INTERNAL' })
    expect(read()).toHaveLength(1)
  })

  it.each([
    ['all', ['memory', 'shared', 'made']],
    ['made', ['made']],
    ['none', []],
  ] as const)('is written as the setting has it: %s', (requests, expected) => {
    const { answered, read } = create(requests)
    for (const from of ['memory', 'shared', 'made'] as const) answered({ ...made, from })
    expect(read().map(({ from }) => from)).toEqual(expected)
  })
})
