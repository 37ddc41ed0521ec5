import { describe, expect, it } from 'vitest'
import { readReport, writeScript } from '../../../bench/speed/wrk.ts'

describe('the script of the load', () => {
  it('sends one body as it is', () => {
    const script = writeScript({ headers: { 'x-api-key': 'k' }, bodies: ['{"query":"{ a }"}'] })
    expect(script).toContain('wrk.headers["x-api-key"] = "k"')
    expect(script).toContain(String.raw`wrk.body = "{\034query\034:\034{ a }\034}"`)
    expect(script).not.toContain('function request()')
  })

  it('sends several in turn', () => {
    expect(writeScript({ headers: {}, bodies: ['one', 'two'] })).toContain('local bodies = {"one", "two"}')
  })

  it('writes what could end a text of Lua by its number, byte by byte', () => {
    expect(writeScript({ headers: {}, bodies: ['\\"\né'] })).toContain(String.raw`"\092\034\010\195\169"`)
  })
})

describe('what the load tells', () => {
  it('is read off its last line', () => {
    const told = '{"requests":300,"durationMicros":2000000,"p50Micros":1500,"p99Micros":9000,"failures":1}'
    expect(readReport(`Running 2s test\n\nfigures ${told}\n`)).toEqual({
      requests: 300,
      requestsPerSecond: 150,
      p50Ms: 1.5,
      p99Ms: 9,
      failures: 1,
    })
  })

  it('is not made up where there is none', () => {
    expect(() => readReport('unable to connect')).toThrow('unable to connect')
  })
})
