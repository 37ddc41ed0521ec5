import { describe, expect, it } from 'vitest'
import { createConnections } from '#access/connections.ts'
import type { Caller } from '#model/caller.ts'

const toCaller = (name: string): Caller => ({ name, role: 'reader', accounts: 'all' })

describe('connections that stay open', () => {
  it('are so many of one client and so many in all, until one gives its place back', () => {
    const connections = createConnections({ perProcess: 3, perClient: 2 })
    const open = (name: string) => connections.open(toCaller(name), '192.0.2.1')
    const close = open('web')
    open('web')
    expect(() => open('web')).toThrow('this client has 2 connections open')
    open('app')
    expect(() => open('other')).toThrow('this gateway has 3 connections open')
    close()
    expect(() => open('other')).not.toThrow()
  })

  it('are counted while they are open, and refusals for good', () => {
    const connections = createConnections({ perProcess: 1, perClient: 1 })
    const close = connections.open(toCaller('web'), '192.0.2.1')
    expect(() => connections.open(toCaller('app'), '192.0.2.1')).toThrow()
    expect([connections.count(), connections.countRefused()]).toEqual([1, 1])
    close()
    close()
    expect([connections.count(), connections.countRefused()]).toEqual([0, 1])
  })
})
