import type { LookupFunction } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createSharedLookup } from '#upstream/shared-lookup.ts'

function start() {
  const asked: { readonly hostname: string; readonly answer: Parameters<LookupFunction>[2] }[] = []
  const lookup = createSharedLookup((hostname, _options, answer) => {
    asked.push({ hostname, answer })
  })
  const find = (hostname: string, all = true) =>
    new Promise((resolve) => lookup(hostname, { all }, (error, found) => resolve(error ?? found)))
  return { asked, find }
}

describe('a shared lookup', () => {
  it('asks once for a host while an answer is under way, and anew afterwards', async () => {
    const { asked, find } = start()
    const both = [find('one'), find('one')]
    expect(asked).toHaveLength(1)
    asked[0]?.answer(null, [{ address: '192.0.2.1', family: 4 }])
    for (const found of await Promise.all(both)) expect(found).toEqual([{ address: '192.0.2.1', family: 4 }])
    find('one').catch(() => undefined)
    expect(asked).toHaveLength(2)
  })

  it('keeps hosts and kinds of questions apart', () => {
    const { asked, find } = start()
    for (const found of [find('one'), find('two'), find('two', false)]) found.catch(() => undefined)
    expect(asked.map(({ hostname }) => hostname)).toEqual(['one', 'two', 'two'])
  })

  it('gives everybody the error', async () => {
    const { asked, find } = start()
    const both = [find('one'), find('one')]
    const error = new Error('not found')
    asked[0]?.answer(error, '')
    expect(await Promise.all(both)).toEqual([error, error])
  })
})
