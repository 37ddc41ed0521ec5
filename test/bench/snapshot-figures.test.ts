import { expect, test } from 'vitest'
import type { SnapshotPlace, SnapshotStore } from '#snapshot-store/snapshot-store.ts'
import { measureStore, toGrowthTable, toSizes, toSizeTable } from '../../bench/snapshot-figures.ts'

const page = { p50: 1, p99: 2 }
const pages = { streamFirst: page, streamDeep: page, accountFirst: page, accountDeep: page }
const figures = [
  { name: 'one', snapshots: 10_000, storedPerSecond: 1000, pages, bytesEach: 300 },
  {
    name: 'one',
    snapshots: 100_000,
    storedPerSecond: 500,
    pages: { ...pages, accountDeep: { p50: 7, p99: 9 } },
    bytesEach: 330,
  },
  { name: 'other', snapshots: 10_000, storedPerSecond: 1, pages, bytesEach: 1 },
]

test('sizes grow tenfold up to the largest', () => {
  expect(toSizes(1_000_000)).toEqual([10_000, 100_000, 1_000_000])
  expect(toSizes(99_999)).toEqual([10_000])
})

test('growth is told within one store only', () => {
  const rows = toGrowthTable(figures).split('\n').slice(2)
  expect(rows).toHaveLength(1)
  expect(rows[0]?.split('|').map((cell) => cell.trim())).toEqual([
    '',
    'one',
    '10 000 to 100 000',
    '2.00',
    '1.00',
    '1.00',
    '1.00',
    '7.00',
    '1.10',
    '',
  ])
  expect(toSizeTable(figures)).toContain('7.00 / 9.00')
})

test('a store is filled to each size with snapshots of its own, and read at its end and in its middle', async () => {
  const files = new Set<string>()
  const places: (SnapshotPlace | null)[] = []
  const store: Pick<SnapshotStore, 'add' | 'list'> = {
    add: async ({ messages, account, receivedAt }) =>
      messages.flatMap(({ file, ...message }) => {
        if (files.has(file)) return []
        files.add(file)
        return [{ ...message, id: file, account, receivedAt }]
      }),
    list: async ({ after, limit, account }) => {
      places.push(after)
      const snapshot = { id: '', account, key: '', takenAt: 0, width: 1, height: 1, url: null, receivedAt: 0 }
      return Array.from({ length: limit }, () => ({ snapshot, place: { orderedAt: 0, id: '' } }))
    },
  }
  const whole: SnapshotStore = { ...store, prune: async () => 0, close: async () => {} }
  const [measured] = await measureStore(
    { name: 'fake', store: whole, sizeBytes: async () => files.size * 100 },
    [10_000],
  )
  expect(measured).toMatchObject({ snapshots: 10_000, bytesEach: 100 })
  expect(files.size).toBe(10_000)
  expect(places.filter((place) => place === null)).toHaveLength(places.length / 2)
})
