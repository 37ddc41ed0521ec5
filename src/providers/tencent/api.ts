// The six reads of Tencent's `common_access` interface: what is asked, and what is made of the answer. It knows
// nothing of signatures, pacing or repeats.
import type { Ask } from '#contract/ask.ts'
import type { Capabilities } from '#contract/capability.ts'
import { fieldOf, isNothing, type PayloadObject, toCount } from '#contract/payload.ts'
import type { UpstreamCall } from '#contract/upstream-call.ts'
import {
  fromTimeRange,
  toLiveStream,
  toLiveTotals,
  toPlaySample,
  toPushSample,
  toSeries,
  toStreamStatus,
} from './convert.ts'
import { byStart, toRecording } from './convert-recording.ts'
import { openEnvelope, readRows } from './envelope.ts'
import { buildRequest } from './request.ts'
import type { TencentSettings } from './settings.ts'
import { readFreshBatch } from './snapshot-queue.ts'

/** Most streams on a page of Get_LiveStat. */
export const LIVE_PAGE_SIZE = 300
/** Most files on a page of Live_Tape_GetFilelist. */
export const RECORDING_PAGE_SIZE = 100
/** The screenshot queue, the only documented one. */
const SCREENSHOT_QUEUE = 100

// Verdicts that say "nothing there", which is an answer.
const HAS_NOT_LIVE_STREAM = 1301
const QUERY_DATA_IS_EMPTY = 10003
const NEVER_PUSHED = 20601
const NO_SUCH_CHANNEL = 20301
const emptyStatistics: ReadonlySet<number> = new Set([HAS_NOT_LIVE_STREAM, QUERY_DATA_IS_EMPTY])
const emptyRecordings: ReadonlySet<number> = new Set([QUERY_DATA_IS_EMPTY, NEVER_PUSHED, NO_SUCH_CHANNEL])
const neverSeen: ReadonlySet<number> = new Set([NEVER_PUSHED])

/** The operations of one account. */
export function createOperations(
  call: UpstreamCall,
  settings: TencentSettings,
): Omit<Capabilities, 'listPushSessions'> {
  return {
    async listLiveStreams({ domain, page, size }, ask) {
      const values = { page, size, key: null, domain }
      const request = buildRequest(settings, 'Get_LiveStat', values, (role, raw) => {
        const { fields } = openEnvelope(role, raw, emptyStatistics)
        return { ...readItems(fields, 'stream_info', toLiveStream), totals: toLiveTotals(fields), fields }
      })
      const { items, rowCount, totals, fields } = note(ask, await call(request, ask))
      const streams = [...new Map(items.map((stream) => [stream.key, stream])).values()]
      // An empty first page says that nothing is live; an empty later one only that the list ends before it.
      const isIdle = isNothing(fields) && page === 1
      return { streams, rowCount, totals: isIdle ? { ...totals, streamCount: 0 } : totals }
    },

    async getLiveReading({ key }, ask) {
      const values = { page: 1, size: LIVE_PAGE_SIZE, key, domain: null }
      const request = buildRequest(settings, 'Get_LiveStat', values, (role, raw) =>
        readItems(openEnvelope(role, raw, emptyStatistics).fields, 'stream_info', toLiveStream),
      )
      const { items } = note(ask, await call(request, ask))
      return items.findLast((stream) => stream.key === key)?.reading ?? null
    },

    async getStreamStatus({ key }, ask) {
      const request = buildRequest(settings, 'Live_Channel_GetStatus', { key }, (role, raw) => {
        const { ret, fields } = openEnvelope(role, raw, neverSeen)
        return ret === NEVER_PUSHED ? { state: 'NEVER_SEEN' as const, ingest: null } : toStreamStatus(fields)
      })
      return call(request, ask)
    },

    async listPushSamples({ key, ...range }, ask) {
      const values = { ...fromTimeRange(range), key }
      const request = buildRequest(settings, 'Get_LivePushStatHistory', values, (role, raw) =>
        readItems(openEnvelope(role, raw, emptyStatistics).fields, 'stream_info', toPushSample),
      )
      return toSeries(note(ask, await call(request, ask)).items)
    },

    async listPlaySamples({ key, domain, ...range }, ask) {
      const values = { ...fromTimeRange(range), key, domain }
      const request = buildRequest(settings, 'Get_LivePlayStatHistory', values, (role, raw) =>
        readItems(openEnvelope(role, raw, emptyStatistics).fields, 'stat_info', toPlaySample),
      )
      return toSeries(note(ask, await call(request, ask)).items)
    },

    async listRecordings({ key, page, size }, ask) {
      const values = { key, page, size, sort: 'asc' }
      const request = buildRequest(settings, 'Live_Tape_GetFilelist', values, (role, raw) => {
        const { fields } = openEnvelope(role, raw, emptyRecordings)
        const files = readItems(fields, 'file_list', (row) => toRecording(row, settings.recordings))
        return { ...files, totalCount: toCount(fieldOf(fields, 'all_count')) }
      })
      const { items, rowCount, totalCount } = note(ask, await call(request, ask))
      return { recordings: items.toSorted(byStart), rowCount, totalCount }
    },

    async popSnapshots({ count, keep }, ask) {
      const values = { queue: SCREENSHOT_QUEUE, count }
      const request = buildRequest(settings, 'Live_Queue_Get', values, (role, raw) =>
        readFreshBatch(role, raw, settings),
      )
      const batch = await call({ ...request, keep }, ask)
      note(ask, { items: batch.messages, rowCount: batch.rowCount })
      return batch
    },
  }
}

/** Items that could be read, and the number of rows they came from. */
interface ReadItems<Item> {
  readonly items: readonly Item[]
  readonly rowCount: number
}

function readItems<Item>(
  fields: PayloadObject,
  name: string,
  toItem: (row: PayloadObject, before: Item | undefined) => Item | undefined,
): ReadItems<Item> {
  const { rows, rowCount } = readRows(fields, name)
  const items: Item[] = []
  for (const row of rows) {
    const item = toItem(row, items.at(-1))
    if (item !== undefined) items.push(item)
  }
  return { items, rowCount }
}

/** Counts the rows that could not be read; the answer stands without them. */
function note<Answer extends ReadItems<unknown>>(ask: Ask, answer: Answer): Answer {
  ask.meter.unreadableRows += answer.rowCount - answer.items.length
  return answer
}
