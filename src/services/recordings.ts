// Recorded files of a stream, oldest first. The provider's list grows at its end, and files expire at its beginning,
// so a cursor names the file beside its position. A range is found by bisecting the pages: the provider's own filter by
// day would cost a call a day.
import type { Ask } from '#contract/ask.ts'
import type { Capabilities, RecordingPage } from '#contract/capability.ts'
import { GatewayError } from '#model/errors.ts'
import { ListCursors } from '#model/page.ts'
import type { Recording } from '#model/recording.ts'
import { FOREVER, type Instant, type TimeRange } from '#model/time-range.ts'
import type { Asker } from './ask.ts'
import { combineFreshness, PLAY_PACE_MS } from './freshness.ts'
import { type ConnectedAccount, requireCapability } from './provider-registry.ts'
import { toOpenRange } from './range.ts'
import type { Answer, FreshPage, RangedPageRequest } from './views.ts'

/** No file is longer: the provider begins a new one every half hour. The bisection goes by starts, and looks back this far. */
const LONGEST_RECORDING_MS = 12 * 3_600_000

/** See `Services.listRecordings`. */
export async function listRecordings(
  asker: Asker,
  account: ConnectedAccount,
  key: string,
  query: RangedPageRequest,
  ask: Ask,
): Promise<FreshPage<Recording>> {
  const book = new RecordingBook(asker, account, key, ask)
  const range = toOpenRange(query, asker.clock.now())
  const isBounded = range.from !== -FOREVER || range.to !== FOREVER
  const cursors = new ListCursors(['Stream.recordings', account.name, key, query.from ?? null, query.to ?? null])
  const { size, place } = cursors.readPosition(query)

  const items: { cursor: string; item: Recording }[] = []
  let index = place ? await book.findPlaceAfter(place) : await book.findFirst(range.from)
  let hasNextPage = false
  let isCutShort = false
  for (; ; index += 1) {
    const found = await findOrStop(book, index, items.length > 0)
    if (found === 'failed') {
      hasNextPage = true
      isCutShort = true
      break
    }
    if (!found || startOf(found.recording) >= range.to) break
    const { recording } = found
    index = found.index
    if (isBounded && !overlaps(recording, range)) continue
    if (items.length === size) {
      hasNextPage = true
      break
    }
    items.push({ cursor: cursors.write({ size, place: [index, recording.id] }), item: recording })
  }
  const freshness = book.freshness()
  // A page that was cut short is not worth keeping.
  const freshUntil = isCutShort ? freshness.fetchedAt : freshness.freshUntil
  return { items, hasNextPage, totalCount: isBounded ? null : book.totalCount, ...freshness, freshUntil }
}

/** A provider page that cannot be had ends a page that already holds something: what is left is the next page's. */
async function findOrStop(book: RecordingBook, index: number, holdsSome: boolean) {
  try {
    return await book.findFrom(index)
  } catch (error) {
    if (holdsSome && error instanceof GatewayError && error.code !== 'QUERY_TOO_COMPLEX') return 'failed'
    throw error
  }
}

/** The provider's list as one long row, read a page at a time and only where it is looked at. */
class RecordingBook {
  private readonly pages = new Map<number, Answer<RecordingPage>>()
  private readonly asker: Asker
  private readonly account: ConnectedAccount
  private readonly key: string
  private readonly asking: Ask
  private readonly pageSize: number
  private readonly fetchPage: Capabilities['listRecordings']

  /** @throws CapabilityUnsupportedError */
  constructor(asker: Asker, account: ConnectedAccount, key: string, ask: Ask) {
    this.asker = asker
    this.account = account
    this.key = key
    this.asking = ask
    this.pageSize = account.connection.facts.recordingPageSize
    this.fetchPage = requireCapability(account, 'listRecordings')
  }

  /** The first recording at a position or behind it; undefined past the end. A page may hold rows that are none. */
  async findFrom(index: number): Promise<{ readonly index: number; readonly recording: Recording } | undefined> {
    const number = Math.floor(index / this.pageSize)
    const { value } = await this.page(number)
    const recording = value.recordings[index % this.pageSize]
    // A row that the provider repeats is one file.
    if (recording && value.recordings.findIndex(({ id }) => id === recording.id) < index % this.pageSize)
      return this.findFrom(index + 1)
    if (recording) return { index, recording }
    return value.rowCount < this.pageSize ? undefined : this.findFrom((number + 1) * this.pageSize)
  }

  /** The first position of the page that can hold a file reaching into what comes after `from`. */
  async findFirst(from: Instant): Promise<number> {
    if (from === -FOREVER) return 0
    const first = await this.page(0)
    let low = 0
    let high = Math.max(0, Math.ceil((first.value.totalCount ?? first.value.rowCount) / this.pageSize) - 1)
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const { value } = await this.page(middle)
      // A page past the end is not too old: the provider told more files than it has.
      const isPastEnd = value.rowCount === 0
      if (isPastEnd || value.recordings.some((recording) => startOf(recording) > from - LONGEST_RECORDING_MS))
        high = middle
      else low = middle + 1
    }
    return low * this.pageSize
  }

  /** The position behind the one a cursor names. Files that expired since have moved it forward. */
  async findPlaceAfter(place: readonly (string | number | null)[]): Promise<number> {
    const [index, id] = place
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0) return 0
    for (const page of [Math.floor(index / this.pageSize), Math.floor(index / this.pageSize) - 1]) {
      if (page < 0) continue
      const { value } = await this.page(page)
      // The last of several with that id: rows may be repeated.
      const found = value.recordings.findLastIndex((recording) => recording.id === id)
      if (found >= 0) return page * this.pageSize + found + 1
    }
    return index + 1
  }

  /** Length of the whole list, when the provider told it. */
  get totalCount(): number | null {
    return [...this.pages.values()].at(-1)?.value.totalCount ?? null
  }

  freshness() {
    return combineFreshness([...this.pages.values()], this.asker.clock.now())
  }

  private async page(number: number): Promise<Answer<RecordingPage>> {
    const known = this.pages.get(number)
    if (known) return known
    const { key, pageSize, fetchPage } = this
    const page = await this.asker.ask<RecordingPage>(
      {
        account: this.account.name,
        operation: 'listRecordings',
        parts: [key, number, pageSize],
        fetch: (shared) => fetchPage({ key, page: number + 1, size: pageSize }, shared),
        freshUntil: (_page, fetchedAt) => fetchedAt + PLAY_PACE_MS,
        sizeOf: ({ recordings }) => 200 + recordings.length * 400,
      },
      this.asking,
    )
    this.pages.set(number, page)
    return page
  }
}

/** A file without a start is placed by its end; one without either has no place, and ends no range. */
function startOf(recording: Recording): Instant {
  return recording.startedAt ?? recording.endedAt ?? -FOREVER
}

/** A file of no length counts where it stands, and so does one that ends before it starts. */
function overlaps(recording: Recording, range: TimeRange): boolean {
  if (recording.startedAt === null && recording.endedAt === null) return false
  const start = startOf(recording)
  const end = Math.max(recording.endedAt ?? start, start)
  return start < range.to && (end > range.from || start >= range.from)
}
