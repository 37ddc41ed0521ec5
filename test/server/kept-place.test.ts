import { describe, expect, it } from 'vitest'
import { findBodyLength, findFace } from '../../src/server/kept-place.ts'

describe('which requests a kept answer may be for', () => {
  it.each([
    ['/v1/live-streams?first=3', 'rest'],
    ['/v1/accounts/a/streams/events', undefined],
    ['/v1/accounts/a/streams/b/events', undefined],
    ['/v1/accounts/a/streams/b/events?after=1', undefined],
    ['/v1/accounts/a/streams/b?like=/events', 'rest'],
    ['/graphql', 'graphql'],
    ['/graphql?query={a}', 'graphql'],
    ['/graphiql', undefined],
    ['/healthz', undefined],
  ])('%s belongs to %s', (url, face) => {
    expect(findFace(url)).toBe(face)
  })

  it('are those whose body is of a length that is told and not too long, or that have none', () => {
    const length = (method: string, headers: Record<string, string>) => findBodyLength({ method, headers })
    expect(length('GET', {})).toBe(0)
    expect(length('POST', { 'content-length': '12' })).toBe(12)
    expect(length('POST', { 'content-length': '65537' })).toBeUndefined()
    expect(length('POST', {})).toBeUndefined()
    expect(length('POST', { 'transfer-encoding': 'chunked' })).toBeUndefined()
    expect(length('PUT', { 'content-length': '12' })).toBeUndefined()
  })

  it('are none that want events', () => {
    const events = { accept: 'text/event-stream' }
    expect(findBodyLength({ method: 'GET', headers: events })).toBeUndefined()
    expect(findBodyLength({ method: 'POST', headers: { ...events, 'content-length': '12' } })).toBeUndefined()
  })
})
