// Answers that several fields of one request share, so that a list costs no call per field and no call per item.
import type { Ask } from '#contract/ask.ts'
import type { PushSession } from '#model/push-session.ts'
import type { LiveReading, LiveTotals } from '#model/stream.ts'
import type { Services } from '#services/services.ts'
import type {
  Answer,
  PlaySeries,
  RangeRequest,
  SampleRequest,
  Series,
  SourcedState,
  StreamStatusView,
  StreamView,
} from '#services/views.ts'

/** What is asked of an account's playback history. */
export type AccountPlayQuery = SampleRequest & { readonly domain: string | null }

/** Shared answers of one request. */
export interface Loaders {
  /** The stream's state: out of its status if another field of the same selection wants that, else asked for by itself. */
  getState(stream: StreamView): Promise<Answer<SourcedState>>
  /** The stream's status, asked once however many fields want it. */
  getStatus(stream: StreamView): Promise<Answer<StreamStatusView>>
  /** The status if another field of the same selection wants it, without asking by itself. */
  findStatus(stream: StreamView): Promise<Answer<StreamStatusView> | undefined>
  /** The stream's reading, asked once. */
  getLiveReading(stream: StreamView): Promise<Answer<LiveReading | null>>
  /** The account's totals, asked once: every stream of a list may lead to the same account. */
  getLiveTotals(account: string): Promise<Answer<LiveTotals>>
  /** The account's playback history, asked once for the same range, domain and groups. */
  getAccountPlaySamples(account: string, query: AccountPlayQuery): Promise<PlaySeries>
  /**
   * Push sessions of one stream, asked together with all other streams of its account that want the same range.
   * @throws GatewayError also when no piece of this very stream could be had
   */
  getPushSessions(stream: StreamView, range: RangeRequest): Promise<Series<PushSession>>
}

/** Fresh loaders; they live as long as one request. */
export function createLoaders(services: Services, ask: Ask): Loaders {
  const states = new Map<string, Promise<Answer<SourcedState>>>()
  const statuses = new Map<string, Promise<Answer<StreamStatusView>>>()
  const readings = new Map<string, Promise<Answer<LiveReading | null>>>()
  const totals = new Map<string, Promise<Answer<LiveTotals>>>()
  const histories = new Map<string, Promise<PlaySeries>>()
  const batches = new Map<string, SessionBatch>()

  const findStatus = async (stream: StreamView) => {
    // Fields of one selection are all started before any of them goes on: after this turn the others have asked.
    await Promise.resolve()
    return statuses.get(stream.id)
  }
  const loadState = async (stream: StreamView): Promise<Answer<SourcedState>> => {
    const status = await findStatus(stream)
    if (!status) return services.getStreamState(stream, ask)
    const { state, since } = status.value
    return { ...status, value: { state, source: 'STATUS', since } }
  }

  return {
    getState: (stream) => remember(states, stream.id, () => loadState(stream)),
    getStatus: (stream) => remember(statuses, stream.id, () => services.getStreamStatus(stream, ask)),
    findStatus,
    getLiveReading: (stream) => remember(readings, stream.id, () => services.getLiveReading(stream, ask)),
    getLiveTotals: (account) => remember(totals, account, () => services.getLiveTotals(account, ask)),
    getAccountPlaySamples: (account, query) => {
      const { from, to, domain, everySeconds = null } = query
      const key = JSON.stringify([account, from, to, domain, everySeconds])
      return remember(histories, key, () => services.listAccountPlaySamples(account, query, ask))
    },
    getPushSessions: (stream, range) => {
      const key = JSON.stringify([stream.account, range.from, range.to])
      const batch = remember(batches, key, () => {
        const opened = new SessionBatch(stream.account, range)
        afterThisTurn(() => {
          if (batches.get(key) === opened) batches.delete(key)
          opened.load(services, ask)
        })
        return opened
      })
      const series = batch.add(stream.key)
      if (batch.isFull) batches.delete(key)
      return series
    },
  }
}

/** Most streams of one question to the services. */
const MAX_BATCH = 1000

/** Streams of one account whose sessions in one range are asked for together. */
class SessionBatch {
  private readonly account: string
  private readonly range: RangeRequest
  private readonly waiting = new Map<string, PromiseWithResolvers<Series<PushSession>>>()

  constructor(account: string, range: RangeRequest) {
    this.account = account
    this.range = range
  }

  get isFull(): boolean {
    return this.waiting.size >= MAX_BATCH
  }

  add(key: string): Promise<Series<PushSession>> {
    return remember(this.waiting, key, () => Promise.withResolvers<Series<PushSession>>()).promise
  }

  load(services: Services, ask: Ask): void {
    services.listManyPushSessions(this.account, { ...this.range, keys: [...this.waiting.keys()] }, ask).then(
      (answers) => {
        const byKey = new Map(answers.map((answer) => [answer.stream.key, answer]))
        for (const [key, { resolve, reject }] of this.waiting) {
          const series = byKey.get(key)
          if (!series) reject(new Error('an asked stream is missing in the answer'))
          else if (series.loss) reject(series.loss)
          else resolve(series)
        }
      },
      (error: unknown) => {
        for (const { reject } of this.waiting.values()) reject(error)
      },
    )
  }
}

function remember<Value>(memory: Map<string, Value>, key: string, create: () => Value): Value {
  const known = memory.get(key)
  if (known !== undefined) return known
  const created = create()
  memory.set(key, created)
  return created
}

/** Runs `work` once everything that is already under way in this turn, promises included, has had its say. */
function afterThisTurn(work: () => void): void {
  queueMicrotask(() => process.nextTick(work))
}
