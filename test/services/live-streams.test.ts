import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Meter } from '#contract/ask.ts'
import { UpstreamError } from '#model/errors.ts'
import type { Services } from '#services/services.ts'
import type { LiveStreamPageView } from '#services/views.ts'
import { createAsk, createFakeAccount, createTestServices } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

/** A provider whose list can be changed between any two calls, paged by position as providers do. */
function createLister(name: string, keys: string[]) {
  const lister = { name, keys, calls: 0, failing: false, beforeCall: () => {} }
  const account = createFakeAccount(
    {
      listLiveStreams: async ({ page, size, domain }) => {
        lister.calls += 1
        lister.beforeCall()
        if (lister.failing) throw new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection was refused')
        const listed = lister.keys.filter((key) => domain === null || key.endsWith(domain))
        const rows = listed.slice((page - 1) * size, page * size)
        return {
          streams: rows.map((key) => ({ key, reading: { onlineViewers: 1, bandwidthBitsPerSecond: 1e6, push: null } })),
          rowCount: rows.length,
          totals: { streamCount: listed.length, onlineViewers: listed.length, bandwidthBitsPerSecond: 5 },
        }
      },
    },
    { name },
  )
  return Object.assign(lister, { account })
}

async function walk(
  services: Services,
  clock: FakeClock,
  query: { accounts?: string[] | null; first?: number },
  between: () => Promise<void> | void = () => {},
) {
  const pages: LiveStreamPageView[] = []
  let after: string | undefined
  for (let guard = 0; guard < 1000; guard += 1) {
    const page = await services.listLiveStreams(
      { accounts: query.accounts ?? null, first: query.first, after },
      createAsk(clock),
    )
    pages.push(page)
    if (!page.hasNextPage) return pages
    after = page.items.at(-1)?.cursor
    await between()
  }
  throw new Error('the list never ends')
}

function keysOf(pages: readonly LiveStreamPageView[]): string[] {
  return pages.flatMap((page) => page.items.map(({ item }) => `${item.account}/${item.key}`))
}

const numbered = (count: number, prefix = 'room') => Array.from({ length: count }, (_, index) => `${prefix}${index}`)

describe('live streams', () => {
  it('pages 725 streams completely, in three provider calls', async () => {
    const clock = new FakeClock()
    const lister = createLister('main', numbered(725))
    const pages = await walk(createTestServices(clock, [lister.account]), clock, { first: 100 })
    const keys = keysOf(pages)
    expect(keys).toHaveLength(725)
    expect(new Set(keys).size).toBe(725)
    expect(pages[0]?.totalCount).toBe(725)
    expect(lister.calls).toBe(3)
  })

  it('shows each stream at most once and misses none that was there throughout, however the list changes between pages', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(1e6)), fc.integer({ min: 7, max: 90 }), async (dice, first) => {
        const clock = new FakeClock()
        const lister = createLister('main', numbered(650))
        const throughout = new Set(lister.keys)
        let born = 0
        const services = createTestServices(clock, [lister.account])
        const pages = await walk(services, clock, { first }, async () => {
          for (let change = 0; change < 10; change += 1) {
            const roll = dice.next().value
            if (roll % 2) lister.keys.splice(roll % lister.keys.length, 0, `born${born++}`)
            else for (const key of lister.keys.splice(roll % lister.keys.length, 1)) throughout.delete(key)
          }
          await clock.advance(dice.next().value % 20_000)
        })
        const keys = keysOf(pages)
        expect(new Set(keys).size).toBe(keys.length)
        for (const key of throughout) expect(keys).toContain(`main/${key}`)
      }),
      { numRuns: 15 },
    )
  })

  it('reads a list again when a stream ended between two of its provider pages', async () => {
    const clock = new FakeClock()
    const lister = createLister('main', numbered(601))
    lister.beforeCall = () => {
      if (lister.calls === 2) lister.keys.splice(0, 1)
    }
    const keys = keysOf(await walk(createTestServices(clock, [lister.account]), clock, { first: 300 }))
    for (const key of lister.keys) expect(keys).toContain(`main/${key}`)
  })

  it('does not read a list again because its count is off by a few', async () => {
    const clock = new FakeClock()
    const lister = createLister('main', numbered(725))
    lister.keys.splice(400, 0, 'room3')
    await walk(createTestServices(clock, [lister.account]), clock, { first: 50 })
    expect(lister.calls).toBe(3)
  })

  it('shows the pages that could be had, and names the account', async () => {
    const clock = new FakeClock()
    const lister = createLister('main', numbered(725))
    lister.beforeCall = () => {
      lister.failing = lister.calls === 2
    }
    const services = createTestServices(clock, [lister.account])
    const page = await services.listLiveStreams({ accounts: null, first: 300 }, createAsk(clock))
    expect(page.items).toHaveLength(300)
    expect(page.failures).toMatchObject([{ account: 'main', code: 'UPSTREAM_UNAVAILABLE' }])
    const again = await services.listLiveStreams({ accounts: null, first: 300 }, createAsk(clock))
    expect(again.failures).toEqual([])
    expect(again.totalCount).toBe(725)
    expect(lister.calls).toBe(4)
  })

  it('reads a list anew that lacked a page, and shows on the next page what came back', async () => {
    const clock = new FakeClock()
    const keys = Array.from({ length: 400 }, (_, index) => `room${String(index).padStart(3, '0')}`)
    const lister = createLister('main', keys)
    let isPageTwoDown = true
    lister.beforeCall = () => {
      lister.failing = isPageTwoDown && lister.calls % 2 === 0
    }
    const services = createTestServices(clock, [lister.account])
    const page = await services.listLiveStreams({ accounts: null, first: 300 }, createAsk(clock))
    expect(page).toMatchObject({ hasNextPage: true, stale: false, failures: [{ account: 'main' }] })
    isPageTwoDown = false
    await clock.advance(6000)
    const next = await services.listLiveStreams({ accounts: null, after: page.items.at(-1)?.cursor }, createAsk(clock))
    expect(next.failures).toEqual([])
    expect(next.items).toHaveLength(100)
    const whole = await services.listLiveStreams({ accounts: null, first: 300 }, createAsk(clock))
    expect(whole).toMatchObject({ totalCount: 400, stale: false, failures: [] })
  })

  it('falls back on the page it has when there is no older list', async () => {
    const clock = new FakeClock()
    const lister = createLister('main', numbered(3))
    const services = createTestServices(clock, [lister.account])
    await services.getLiveTotals('main', createAsk(clock))
    lister.failing = true
    await clock.advance(10_000)
    const page = await services.listAccountLiveStreams('main', { domain: null }, createAsk(clock))
    expect(page).toMatchObject({ stale: true, failures: [] })
    expect(page.items).toHaveLength(3)
  })

  it('reads a torn list again at most once per tick, and is content with one reading when the second fails', async () => {
    const clock = new FakeClock()
    const lister = createLister('main', numbered(900))
    lister.beforeCall = () => {
      if (lister.calls % 2 === 0) lister.keys.splice(0, 1)
      lister.failing = lister.calls > 4
    }
    const services = createTestServices(clock, [lister.account])
    const page = await services.listLiveStreams({ accounts: null, first: 300 }, createAsk(clock))
    expect(page.failures).toEqual([])
    expect(page.items).toHaveLength(300)
    const calls = lister.calls
    await clock.advance(4000)
    await services.listLiveStreams({ accounts: null, first: 300 }, createAsk(clock))
    expect(lister.calls).toBe(calls)
  })

  it('refuses before its second call a list that needs more calls than the operation may', async () => {
    const clock = new FakeClock()
    const lister = createLister('main', numbered(3000))
    const services = createTestServices(clock, [lister.account])
    const ask = createAsk(clock, { meter: new Meter(9) })
    await expect(services.listLiveStreams({ accounts: null }, ask)).rejects.toMatchObject({ code: 'QUERY_TOO_COMPLEX' })
    expect(lister.calls).toBe(1)
  })

  it('has one more page as long as an account has failed and there is a cursor to it', async () => {
    const clock = new FakeClock()
    const first = createLister('first', numbered(3))
    const second = createLister('second', numbered(2))
    first.failing = true
    const services = createTestServices(clock, [first.account, second.account])
    const pages = await walk(services, clock, {})
    expect(pages.map((page) => page.items.length)).toEqual([2, 0])
    expect(pages[1]?.failures).toHaveLength(1)
  })

  it('lists accounts in the order of the settings, and one that is down never hides the others', async () => {
    const clock = new FakeClock()
    const first = createLister('first', numbered(3))
    const second = createLister('second', numbered(3))
    first.failing = true
    const services = createTestServices(clock, [first.account, second.account])
    const page = await services.listLiveStreams({ accounts: null }, createAsk(clock))
    expect(keysOf([page])).toEqual(['second/room0', 'second/room1', 'second/room2'])
    expect(page.failures).toEqual([
      { account: 'first', code: 'UPSTREAM_UNAVAILABLE', message: 'the connection was refused' },
    ])
    expect(page.totalCount).toBeNull()
  })

  it('asks an account that failed on one page again on the next', async () => {
    const clock = new FakeClock()
    const first = createLister('first', numbered(3))
    const second = createLister('second', numbered(5))
    first.failing = true
    const services = createTestServices(clock, [first.account, second.account])
    const pages = await walk(services, clock, { first: 4 }, () => {
      first.failing = false
    })
    expect(keysOf(pages).toSorted()).toEqual([
      'first/room0',
      'first/room1',
      'first/room2',
      ...numbered(5).map((key) => `second/${key}`),
    ])
  })

  it('names unknown accounts and accounts that cannot list among the failures when they were named', async () => {
    const clock = new FakeClock()
    const lister = createLister('main', numbered(1))
    const mute = createFakeAccount({}, { name: 'mute' })
    const services = createTestServices(clock, [mute, lister.account])
    const all = await services.listLiveStreams({ accounts: null }, createAsk(clock))
    expect(all.failures).toEqual([])
    const named = await services.listLiveStreams({ accounts: ['mute', 'nobody', 'main'] }, createAsk(clock))
    expect(named.failures.map(({ account, code }) => [account, code])).toEqual([
      ['nobody', 'NOT_FOUND'],
      ['mute', 'CAPABILITY_UNSUPPORTED'],
    ])
    expect(keysOf([named])).toEqual(['main/room0'])
  })

  it('hides accounts the caller may not see, as if they did not exist', async () => {
    const clock = new FakeClock()
    const lister = createLister('main', numbered(1))
    const services = createTestServices(clock, [lister.account])
    const ask = createAsk(clock, { caller: { name: 'web', role: 'reader', accounts: new Set(['other']) } })
    expect((await services.listLiveStreams({ accounts: null }, ask)).items).toEqual([])
    const failure = (await services.listLiveStreams({ accounts: ['main'] }, ask)).failures[0]
    expect(failure).toMatchObject({ account: 'main', code: 'NOT_FOUND' })
    expect(lister.calls).toBe(0)
  })

  it('carries the page size of the first page in the cursor', async () => {
    const clock = new FakeClock()
    const services = createTestServices(clock, [createLister('main', numbered(90)).account])
    const page = await services.listLiveStreams({ accounts: null, first: 7 }, createAsk(clock))
    const next = await services.listLiveStreams({ accounts: null, after: page.items.at(-1)?.cursor }, createAsk(clock))
    expect(next.items).toHaveLength(7)
  })

  it('refuses a cursor of another field, account or filter, and any other text', async () => {
    const clock = new FakeClock()
    const lister = createLister('main', numbered(90))
    const services = createTestServices(clock, [lister.account])
    const page = await services.listAccountLiveStreams('main', { domain: null, first: 7 }, createAsk(clock))
    const after = page.items[0]?.cursor
    const refused = { code: 'INVALID_INPUT', argument: 'after' }
    await expect(services.listLiveStreams({ accounts: null, after }, createAsk(clock))).rejects.toMatchObject(refused)
    await expect(
      services.listAccountLiveStreams('main', { domain: 'x', after }, createAsk(clock)),
    ).rejects.toMatchObject(refused)
    for (const text of ['', 'x', 'bnVsbA', `${after}=`, 'e30', 'WzFd'])
      if (text !== '')
        await expect(
          services.listAccountLiveStreams('main', { domain: null, after: text }, createAsk(clock)),
        ).rejects.toMatchObject(refused)
  })

  it('takes totals from the page that the list already has', async () => {
    const clock = new FakeClock()
    const lister = createLister('main', numbered(4))
    const services = createTestServices(clock, [lister.account])
    await services.listLiveStreams({ accounts: null }, createAsk(clock))
    const totals = await services.getLiveTotals('main', createAsk(clock))
    expect(totals.value).toEqual({ streamCount: 4, onlineViewers: 4, bandwidthBitsPerSecond: 5 })
    expect(lister.calls).toBe(1)
  })
})
