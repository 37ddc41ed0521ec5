// Fills a snapshot store and looks, at each size on the way, how fast it is and how much room it takes.
import type { SnapshotMessage } from '#model/snapshot.ts'
import type { SnapshotPlace, SnapshotStore } from '#snapshot-store/snapshot-store.ts'
import { percentile } from './faults/figures/percentiles.ts'
import { layOut, toCount } from './table.ts'

/** A store that is measured. */
export interface MeasuredStore {
  readonly name: string
  readonly store: SnapshotStore
  /** Bytes that it takes, on the disk or in memory. */
  sizeBytes(): Promise<number>
}

/** How long a page took, milliseconds. */
export interface PageTimes {
  readonly p50: number
  readonly p99: number
}

/** What a store was like when it held so many. */
export interface SizeFigures {
  readonly name: string
  readonly snapshots: number
  /** Snapshots stored per second, since the size before. */
  readonly storedPerSecond: number
  readonly pages: Readonly<Record<PageName, PageTimes>>
  readonly bytesEach: number
}

const pageNames = ['streamFirst', 'streamDeep', 'accountFirst', 'accountDeep'] as const
type PageName = (typeof pageNames)[number]

const ACCOUNT = 'main'
/** Streams that pictures are taken of. */
const STREAMS = 100
/** Messages of one answer of the provider, at most. */
const BATCH = 100
/** One picture per stream in that time. */
const STEP_MS = 10_000
const FIRST_AT = Date.UTC(2026, 0, 1)
const PAGE_SIZE = 50
const READS = 300
/** Of pages that take long, fewer will do. */
const READS_LIMIT_MS = 10_000
const FEWEST_READS = 30
const everything = { from: 0, to: 8.64e15 }

/** The sizes at which it is measured: ten times as many each, up to the largest. @param largest ≥ 10 000 */
export function toSizes(largest: number): readonly number[] {
  const sizes: number[] = []
  for (let size = 10_000; size <= largest; size *= 10) sizes.push(size)
  return sizes
}

/** Fills one store up to the last of the sizes. */
export async function measureStore(measured: MeasuredStore, sizes: readonly number[]): Promise<readonly SizeFigures[]> {
  const { name, store } = measured
  const emptyBytes = await measured.sizeBytes()
  const figures: SizeFigures[] = []
  let stored = 0
  for (const size of sizes) {
    const before = stored
    const startedAtMs = performance.now()
    for (; stored < size; stored += BATCH) await addBatch(store, stored)
    const storedPerSecond = ((stored - before) / (performance.now() - startedAtMs)) * 1000
    const middle = { orderedAt: toTakenAt(size / 2), id: '' }
    const stream = (read: number) => toKey(read)
    const pages = {
      streamFirst: await readPages(store, stream, null),
      streamDeep: await readPages(store, stream, middle),
      accountFirst: await readPages(store, () => null, null),
      accountDeep: await readPages(store, () => null, middle),
    }
    const bytesEach = ((await measured.sizeBytes()) - emptyBytes) / stored
    figures.push({ name, snapshots: stored, storedPerSecond, pages, bytesEach })
  }
  return figures
}

async function addBatch(store: SnapshotStore, from: number): Promise<void> {
  const messages = Array.from({ length: BATCH }, (_, index) => toMessage(from + index))
  const added = await store.add({ account: ACCOUNT, receivedAt: toTakenAt(from) + STEP_MS, messages })
  if (added.length !== BATCH) throw new Error('a new snapshot was not stored')
}

async function readPages(
  store: SnapshotStore,
  toStream: (read: number) => string | null,
  after: SnapshotPlace | null,
): Promise<PageTimes> {
  const times: number[] = []
  const giveUpAtMs = performance.now() + READS_LIMIT_MS
  for (let read = 0; read < READS && (read < FEWEST_READS || performance.now() < giveUpAtMs); read += 1) {
    const query = { account: ACCOUNT, key: toStream(read), range: everything, after, limit: PAGE_SIZE }
    const startedAtMs = performance.now()
    const rows = await store.list(query)
    times.push(performance.now() - startedAtMs)
    if (rows.length !== PAGE_SIZE) throw new Error('a page was not full')
  }
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) }
}

/** All streams have their pictures taken at the same time. */
const toTakenAt = (index: number) => FIRST_AT + Math.floor(index / STREAMS) * STEP_MS
const toKey = (index: number) => `8888_room${index % STREAMS}`

function toMessage(index: number): SnapshotMessage {
  const [key, takenAt] = [toKey(index), toTakenAt(index)]
  const time = new Date(takenAt).toISOString().slice(0, 19).replaceAll(':', '-')
  const file = `http://shots-1250000000.cos.example.com/${key}/${time}-1280x720.jpg`
  return { key, file, takenAt, width: 1280, height: 720, url: file }
}

/** One line for each store and size. */
export function toSizeTable(figures: readonly SizeFigures[]): string {
  const rows = figures.map(({ name, snapshots, storedPerSecond, pages, bytesEach }) => [
    name,
    toCount(snapshots),
    toCount(storedPerSecond),
    ...pageNames.map((page) => toTimes(pages[page])),
    toCount(bytesEach),
  ])
  const heads = ['store', 'snapshots', 'stored 1/s', 'stream', 'stream, deep', 'account', 'account, deep', 'bytes each']
  return layOut([heads, ...rows], (column) => column > 0)
}

/** What ten times as many cost: one line for each store and step. */
export function toGrowthTable(figures: readonly SizeFigures[]): string {
  const rows = figures.flatMap((larger, index) => {
    const smaller = figures[index - 1]
    if (smaller === undefined || smaller.name !== larger.name) return []
    const ratios = pageNames.map((page) => (larger.pages[page].p50 / smaller.pages[page].p50).toFixed(2))
    return [
      [
        larger.name,
        `${toCount(smaller.snapshots)} to ${toCount(larger.snapshots)}`,
        (smaller.storedPerSecond / larger.storedPerSecond).toFixed(2),
        ...ratios,
        (larger.bytesEach / smaller.bytesEach).toFixed(2),
      ],
    ]
  })
  const heads = ['store', 'grown', 'storing', 'stream', 'stream, deep', 'account', 'account, deep', 'bytes each']
  return layOut([heads, ...rows], (column) => column > 1)
}

const toTimes = ({ p50, p99 }: PageTimes) => `${p50.toFixed(2)} / ${p99.toFixed(2)}`
