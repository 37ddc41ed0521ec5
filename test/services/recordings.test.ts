import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UpstreamError } from '#model/errors.ts'
import type { Recording } from '#model/recording.ts'
import { createAsk, createFakeAccount, createTestServices } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const MINUTE_MS = 60_000
const NOW = Date.UTC(2026, 10, 21, 4)
const stream = { account: 'main', key: 'room1' }

function toRecording(index: number, from: number, minutes: number): Recording {
  return {
    id: `9${String(index).padStart(18, '0')}`,
    startedAt: from,
    endedAt: from + minutes * MINUTE_MS,
    durationMs: minutes * MINUTE_MS,
    sizeBytes: 1,
    url: null,
  }
}

/** Half-hour files, one after the other, the last one ending now. */
function createArchive(clock: FakeClock, count: number, pageSize = 100) {
  const archive = {
    files: Array.from({ length: count }, (_, index) => toRecording(index, NOW - (count - index) * 30 * MINUTE_MS, 30)),
    calls: 0,
    failingPage: 0,
  }
  const account = createFakeAccount(
    {
      listRecordings: async ({ page, size }) => {
        archive.calls += 1
        if (page === archive.failingPage) throw new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection was refused')
        const recordings = archive.files.slice((page - 1) * size, page * size)
        return { recordings, rowCount: recordings.length, totalCount: archive.files.length }
      },
    },
    { facts: { recordingPageSize: pageSize } },
  )
  return Object.assign(archive, { services: createTestServices(clock, [account]) })
}

describe('recordings', () => {
  it('pages oldest first without losing or doubling one, whatever the page size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(350),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 100 }),
        async (count, first, pageSize) => {
          const clock = new FakeClock(NOW)
          const { services, files } = createArchive(clock, count, pageSize)
          const ids: string[] = []
          let after: string | undefined
          for (;;) {
            const page = await services.listRecordings(stream, { first, after }, createAsk(clock))
            ids.push(...page.items.map(({ item }) => item.id))
            expect(page.totalCount).toBe(count)
            if (!page.hasNextPage) break
            after = page.items.at(-1)?.cursor
          }
          expect(ids).toEqual(files.map((file) => file.id))
        },
      ),
      { numRuns: 40 },
    )
  })

  it('goes on behind the last file shown when older files expired in between', async () => {
    const clock = new FakeClock(NOW)
    const archive = createArchive(clock, 120, 50)
    const page = await archive.services.listRecordings(stream, { first: 60 }, createAsk(clock))
    archive.files.splice(0, 20)
    await clock.advance(61_000)
    const next = await archive.services.listRecordings(
      stream,
      { first: 60, after: page.items.at(-1)?.cursor },
      createAsk(clock),
    )
    expect(next.items[0]?.item.id).toBe(archive.files[40]?.id)
  })

  it('gives the files that overlap a range, in a number of calls that grows with the logarithm', async () => {
    const clock = new FakeClock(NOW)
    const archive = createArchive(clock, 10_000)
    const from = NOW - 3 * 24 * 60 * MINUTE_MS + 10 * MINUTE_MS
    const to = from + 120 * MINUTE_MS
    const page = await archive.services.listRecordings(stream, { from, to, first: 300 }, createAsk(clock))
    expect(page.items.map(({ item }) => item)).toEqual(
      archive.files.filter((file) => (file.endedAt ?? 0) > from && (file.startedAt ?? 0) < to),
    )
    expect(page.items).toHaveLength(5)
    expect(page.totalCount).toBeNull()
    expect(archive.calls).toBeLessThanOrEqual(9)
  })

  it('keeps a file of no length, and one that ends before it starts', async () => {
    const clock = new FakeClock(NOW)
    const archive = createArchive(clock, 2)
    const odd = { ...toRecording(9, NOW - 5 * MINUTE_MS, -5), durationMs: null }
    archive.files.push(toRecording(8, NOW - 6 * MINUTE_MS, 0), odd)
    const page = await archive.services.listRecordings(
      stream,
      { from: NOW - 10 * MINUTE_MS, to: NOW },
      createAsk(clock),
    )
    expect(page.items.map(({ item }) => item.id)).toEqual([archive.files[1]?.id, archive.files[2]?.id, odd.id])
  })

  it('shows a file once that the provider repeats, and comes to the end', async () => {
    const clock = new FakeClock(NOW)
    const archive = createArchive(clock, 3)
    const [one, two, three] = archive.files
    if (one && two && three) archive.files = [one, one, two, two, three]
    const ids: string[] = []
    let after: string | undefined
    for (let guard = 0; guard < 10; guard += 1) {
      const page = await archive.services.listRecordings(stream, { first: 1, after }, createAsk(clock))
      ids.push(...page.items.map(({ item }) => item.id))
      if (!page.hasNextPage) break
      after = page.items.at(-1)?.cursor
    }
    expect(ids).toEqual([one?.id, two?.id, three?.id])
  })

  it('ends a page before a provider page that cannot be had, and goes on there', async () => {
    const clock = new FakeClock(NOW)
    const archive = createArchive(clock, 150)
    archive.failingPage = 2
    const page = await archive.services.listRecordings(stream, { first: 120 }, createAsk(clock))
    expect(page.items).toHaveLength(100)
    expect(page.hasNextPage).toBe(true)
    const after = page.items.at(-1)?.cursor
    await expect(archive.services.listRecordings(stream, { after }, createAsk(clock))).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    })
    archive.failingPage = 0
    const next = await archive.services.listRecordings(stream, { after }, createAsk(clock))
    expect(next.items).toHaveLength(50)
  })

  it('leaves a file without times out of a range, and goes on behind it', async () => {
    const clock = new FakeClock(NOW)
    const archive = createArchive(clock, 150)
    archive.files[99] = { ...toRecording(99, 0, 0), startedAt: null, endedAt: null, durationMs: null }
    const whole = { from: NOW - 365 * 24 * 60 * MINUTE_MS, to: NOW }
    const page = await archive.services.listRecordings(stream, { ...whole, first: 300 }, createAsk(clock))
    expect(page.items).toHaveLength(149)
    const all = await archive.services.listRecordings(stream, { first: 300 }, createAsk(clock))
    expect(all.items).toHaveLength(150)
  })

  it('finds a long file beneath shorter ones that follow it', async () => {
    const clock = new FakeClock(NOW)
    const archive = createArchive(clock, 400)
    const long = toRecording(900, archive.files[3]?.startedAt ?? 0, 450)
    archive.files[3] = long
    const from = (long.startedAt ?? 0) + 400 * MINUTE_MS
    const page = await archive.services.listRecordings(stream, { from, to: from + MINUTE_MS }, createAsk(clock))
    expect(page.items.map(({ item }) => item.id)).toContain(long.id)
  })

  it('asks again after 60 s, not before', async () => {
    const clock = new FakeClock(NOW)
    const archive = createArchive(clock, 5)
    const first = await archive.services.listRecordings(stream, {}, createAsk(clock))
    expect(first.freshUntil - first.fetchedAt).toBe(60_000)
    await clock.advance(59_000)
    await archive.services.listRecordings(stream, {}, createAsk(clock))
    expect(archive.calls).toBe(1)
    await clock.advance(1000)
    await archive.services.listRecordings(stream, {}, createAsk(clock))
    expect(archive.calls).toBe(2)
  })

  it('refuses a range that ends before it begins', async () => {
    const clock = new FakeClock(NOW)
    const { services } = createArchive(clock, 1)
    await expect(services.listRecordings(stream, { from: NOW, to: NOW - 1 }, createAsk(clock))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      argument: 'from',
    })
  })
})
