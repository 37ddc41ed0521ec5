// What a sampler reads of an account: by the same questions as everybody, so that what it has read answers others too,
// and what others have just read answers it.
import type { Ask } from '#contract/ask.ts'
import { isSupported } from '#contract/capability.ts'
import type { PlaySample, PushSample } from '#model/sample.ts'
import type { LiveReading, StreamStatus } from '#model/stream.ts'
import type { TimeRange } from '#model/time-range.ts'
import type { Asker } from './ask.ts'
import type { HistoryReader } from './history-windows.ts'
import type { LiveList, LiveListReader } from './live-list.ts'
import { listPlaySamples } from './play-samples.ts'
import type { ConnectedAccount } from './provider-registry.ts'
import { listPushSamples } from './push-samples.ts'
import { toReadingQuestion, toStatusQuestion } from './stream-now.ts'
import type { Answer, Series } from './views.ts'

/** Which readings the provider has. */
export interface LiveReadKinds {
  readonly list: boolean
  readonly reading: boolean
  readonly status: boolean
  readonly push: boolean
  readonly play: boolean
}

/** The readings of one account. Each throws GatewayErrors only. */
export interface LiveReads {
  readonly kinds: LiveReadKinds
  /** Provider calls that the whole list took when it was last seen, ≥ 1; undefined where it never was. */
  findListPages(): Promise<number | undefined>
  /** The list of all live streams. */
  readList(ask: Ask): Promise<Answer<LiveList>>
  /** One stream; null when it is not live. */
  readOne(key: string, ask: Ask): Promise<Answer<LiveReading | null>>
  /** The status call. */
  readStatus(key: string, ask: Ask): Promise<Answer<StreamStatus>>
  /** Ingest history up to now. */
  listPush(key: string, range: TimeRange, ask: Ask): Promise<Series<PushSample>>
  /** Playback history up to now. */
  listPlay(key: string, range: TimeRange, ask: Ask): Promise<Series<PlaySample>>
}

/** What they are read with. */
export interface LiveReadParts {
  readonly asker: Asker
  readonly history: HistoryReader
  readonly lists: LiveListReader
}

/** Binds the readings of an account. */
export function createLiveReads({ asker, history, lists }: LiveReadParts, account: ConnectedAccount): LiveReads {
  const { capabilities, facts } = account.connection
  return {
    kinds: {
      list: isSupported(capabilities.listLiveStreams),
      reading: isSupported(capabilities.getLiveReading),
      status: isSupported(capabilities.getStreamStatus),
      push: isSupported(capabilities.listPushSamples) && facts.pushSamples !== null,
      play: isSupported(capabilities.listPlaySamples) && facts.playSamples !== null,
    },
    findListPages: async () => (await lists.find(account))?.value.pageCount,
    readList: (ask) => lists.give(account, { domain: null, isContinuing: false }, ask),
    readOne: (key, ask) => asker.ask(toReadingQuestion(account, key), ask),
    readStatus: (key, ask) => asker.ask(toStatusQuestion(account, key), ask),
    listPush: (key, range, ask) => listPushSamples(history, asker.clock.now(), account, key, range, ask),
    listPlay: (key, range, ask) =>
      listPlaySamples(history, asker.clock.now(), account, { key, domain: null }, range, ask),
  }
}
