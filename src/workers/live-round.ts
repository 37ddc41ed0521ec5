// One reading after the other of what is watched of an account: carries out a plan, and makes events of what is new.
import type { Ask } from '#contract/ask.ts'
import type { Clock } from '#model/clock.ts'
import type { GatewayError } from '#model/errors.ts'
import type { LiveEvent, LiveTopic } from '#model/live-event.ts'
import type { PlaySample, PushSample } from '#model/sample.ts'
import type { LiveReading } from '#model/stream.ts'
import type { Instant } from '#model/time-range.ts'
import { PUSH_PACE_MS } from '#services/freshness.ts'
import { findListed, isComplete } from '#services/live-list.ts'
import type { LiveReads } from '#services/live-reads.ts'
import { sideBySide } from '#services/side-by-side.ts'
import { RoundNews } from './round-news.ts'
import type { SamplingPlan, WantedKeys } from './sampling-plan.ts'
import { ToldSamples } from './told-samples.ts'
import { type ToldState, WatchedStates } from './watched-states.ts'

/** Provider calls of a round side by side. */
const CALLS_SIDE_BY_SIDE = 8
/** How old a reading may become before it is told that nothing newer can be had. */
const STALE_AFTER_MS = 2 * PUSH_PACE_MS
/** How often a state is told again, for those who begin to watch at other replicas. */
const RETELL_MS = 30_000

/** What rounds work with. */
export interface LiveRoundOptions {
  readonly reads: LiveReads
  /** The last that was told of a topic, by whoever sampled before. */
  readonly findLatest: (topic: LiveTopic) => LiveEvent | undefined
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
  /** Whether a call beside the pace may be made now; it is counted then. */
  readonly mayCall: () => boolean
}

/** What came of a round. */
export interface RoundResult {
  readonly events: readonly LiveEvent[]
  /** Until when asking again gives the same, on the wall clock; null where nothing was had. */
  readonly freshUntil: Instant | null
  /** Errors of readings that failed, one of each code. */
  readonly failures: readonly GatewayError[]
  /** Streams of which the status call is to be asked, once the quota has room for it. */
  readonly waiting: number
}

/** A reading of one stream. */
interface OneReading {
  readonly reading: LiveReading | null
  readonly fetchedAt: Instant
  readonly stale: boolean
}

/** The rounds of one sampler: what was told in one is not told in the next. */
export class LiveRounds {
  private readonly options: LiveRoundOptions
  private readonly states = new WatchedStates()
  private readonly told = new ToldSamples()
  /** The last reading that was told. */
  private readonly readings = new Map<string, OneReading>()
  /** States as they were last told, and when that was, on `Clock.monotonicMs`. */
  private readonly retold = new Map<string, { readonly told: ToldState; readonly atMs: number }>()

  constructor(options: LiveRoundOptions) {
    this.options = options
  }

  /** Forgets what is not watched any more. */
  keepOnly(wanted: WantedKeys): void {
    this.told.push.keepOnly(wanted.pushSample)
    this.told.play.keepOnly(wanted.playSample)
    for (const [known, keys] of [
      [this.readings, wanted.liveStat],
      [this.retold, wanted.streamState],
    ] as const)
      for (const key of known.keys()) if (!keys.has(key)) known.delete(key)
    this.states.keepOnly(new Set([...wanted.streamState, ...wanted.liveStat]))
  }

  /**
   * Reads what a plan says.
   * @param due of what
   * @param createAsk circumstances for one reading
   */
  async read(plan: SamplingPlan, due: WantedKeys, createAsk: () => Ask): Promise<RoundResult> {
    const round = new RoundNews(due)
    const { reads } = this.options
    this.recall(round.wanted)
    const jobs: (() => Promise<void>)[] = []
    const isDue = (key: string, ...kinds: (keyof WantedKeys)[]) => kinds.some((kind) => round.wanted[kind].has(key))
    if (plan.list)
      jobs.push(async () => {
        const answer = await reads.readList(createAsk())
        round.hold(answer)
        // What stood on a page that failed is not heard of.
        if (answer.value.failure) round.fail(answer.value.failure)
        const { fetchedAt, stale } = answer
        for (const key of listReadKeys(plan, round.wanted)) {
          const reading = findListed(answer.value, key)?.reading ?? null
          if (reading || isComplete(answer.value)) this.note(key, { reading, fetchedAt, stale }, plan, round)
        }
      })
    for (const key of plan.readings)
      if (isDue(key, 'liveStat', 'streamState', 'pushSample', 'playSample'))
        jobs.push(async () => {
          const answer = await reads.readOne(key, createAsk())
          round.hold(answer)
          this.note(key, { reading: answer.value, fetchedAt: answer.fetchedAt, stale: answer.stale }, plan, round)
        })
    for (const key of plan.pushHistories)
      if (isDue(key, 'pushSample', 'streamState'))
        jobs.push(() => this.readPush(key, plan.toldBySamples.has(key), round, createAsk()))
    for (const key of plan.playHistories)
      if (isDue(key, 'playSample')) jobs.push(() => this.readPlay(key, round, createAsk()))
    await sideBySide(jobs, CALLS_SIDE_BY_SIDE, (job) => round.attempt(job))
    if (round.failures.length > 0) this.tellStale(round)
    const waiting = await this.askStatus(plan, round, createAsk)
    this.tellStates(round)
    return { events: round.events, freshUntil: round.freshUntil, failures: round.failures, waiting }
  }

  /** Goes on where another sampler has stopped. */
  private recall({ pushSample, playSample, streamState, liveStat }: WantedKeys): void {
    const { findLatest } = this.options
    const { push, play } = this.told
    for (const key of pushSample) {
      const known = push.has(key) ? undefined : findLatest({ kind: 'pushSample', key })
      if (known?.kind === 'pushSample') push.recall(key, known.sample)
    }
    for (const key of playSample) {
      const known = play.has(key) ? undefined : findLatest({ kind: 'playSample', key })
      if (known?.kind === 'playSample') play.recall(key, known.sample)
    }
    for (const key of new Set([...streamState, ...liveStat])) {
      const known = findLatest({ kind: 'streamState', key })
      if (known?.kind === 'streamState') this.states.recall(key, known)
    }
    for (const key of liveStat) {
      const known = this.readings.has(key) ? undefined : findLatest({ kind: 'liveStat', key })
      if (known?.kind === 'liveStat' && known.reading) this.states.recallLive(key)
    }
  }

  /** A stream as it was read, whole list or alone. */
  private note(key: string, one: OneReading, plan: SamplingPlan, round: RoundNews): void {
    const { reading, fetchedAt, stale } = one
    round.heard.add(key)
    const isWatched = round.wanted.liveStat.has(key) || round.wanted.streamState.has(key)
    if (!stale && isWatched && !plan.toldBySamples.has(key))
      if (reading) this.states.seeLive(key, 'LIST', this.options.clock.now())
      else this.states.missLive(key)
    if (round.wanted.liveStat.has(key)) this.tellReading(key, one, round)
    if (stale || !reading) return
    if (plan.isPushRead && round.wanted.pushSample.has(key) && reading.push)
      this.tellPush(key, [{ ...reading.push, observedAt: fetchedAt }], PUSH_PACE_MS / 2, round)
    if (plan.isPlayRead && round.wanted.playSample.has(key)) {
      const { onlineViewers, bandwidthBitsPerSecond } = reading
      const sample = { observedAt: fetchedAt, onlineViewers, bandwidthBitsPerSecond, trafficBytes: null }
      // Its playback half is as old as its other one says only once a minute.
      this.tellPlay(key, [sample], PUSH_PACE_MS * 11, round)
    }
  }

  private tellReading(key: string, one: OneReading, round: RoundNews): void {
    const { reading, fetchedAt, stale } = one
    const before = this.readings.get(key)
    if (stale) {
      // Of what was never told there is nothing to call stale.
      if (before && !before.stale && before.reading) this.tellOne(key, { ...before, stale: true }, round)
      else if (!before && reading) this.tellOne(key, one, round)
      return
    }
    // A stream that is missed once or twice is told as it was: not at all.
    if (reading === null && this.states.isLive(key)) return
    if (before && !before.stale && before.fetchedAt === fetchedAt) return
    if (reading === null && before?.reading === null) this.readings.set(key, one)
    else this.tellOne(key, one, round)
  }

  private tellOne(key: string, one: OneReading, round: RoundNews): void {
    this.readings.set(key, one)
    round.events.push({ kind: 'liveStat', key, ...one })
  }

  private async readPush(key: string, tellsState: boolean, round: RoundNews, ask: Ask): Promise<void> {
    const now = this.options.clock.now()
    const range = { from: this.told.push.findStart(key, now), to: now }
    const series = await this.options.reads.listPush(key, range, ask)
    round.hold(series)
    const isNew = this.tellPush(key, series.items, 0, round)
    if (!tellsState || series.stale) return
    if (isNew) this.states.seeLive(key, 'SAMPLES', now)
    else this.states.missLive(key)
  }

  private async readPlay(key: string, round: RoundNews, ask: Ask): Promise<void> {
    const now = this.options.clock.now()
    const range = { from: this.told.play.findStart(key, now), to: now }
    const series = await this.options.reads.listPlay(key, range, ask)
    round.hold(series)
    this.tellPlay(key, series.items, 0, round)
  }

  /** @param apartMs how far from the one before a sample must be to be another one. @returns whether any of them was news */
  private tellPush(key: string, samples: readonly PushSample[], apartMs: number, round: RoundNews): boolean {
    const news = this.told.push.take(key, samples, apartMs, this.options.clock.now())
    for (const sample of news) round.events.push({ kind: 'pushSample', key, sample })
    return news.length > 0
  }

  private tellPlay(key: string, samples: readonly PlaySample[], apartMs: number, round: RoundNews): void {
    for (const sample of this.told.play.take(key, samples, apartMs, this.options.clock.now()))
      round.events.push({ kind: 'playSample', key, sample })
  }

  /** Readings that could not be had: what was told of them is not true for certain any more. */
  private tellStale(round: RoundNews): void {
    for (const key of round.wanted.liveStat) {
      const before = this.readings.get(key)
      if (round.heard.has(key) || !before || before.stale || !before.reading) continue
      if (this.options.clock.now() - before.fetchedAt > STALE_AFTER_MS)
        this.tellOne(key, { ...before, stale: true }, round)
    }
  }

  /** Asks the status call about those who have waited longest, as far as the quota allows. @returns how many still wait */
  private async askStatus({ isStatusAlone }: SamplingPlan, round: RoundNews, createAsk: () => Ask): Promise<number> {
    const { reads, clock, mayCall } = this.options
    if (!reads.kinds.status) return 0
    const now = () => ({ now: clock.now(), nowMs: clock.monotonicMs() })
    const keys = [...round.wanted.streamState]
      .filter((key) => this.states.wantsStatus(key, clock.monotonicMs(), isStatusAlone))
      .toSorted((one, other) => this.states.findStatusAtMs(one) - this.states.findStatusAtMs(other))
    const refused = keys.findIndex(() => !mayCall())
    const asked = refused === -1 ? keys : keys.slice(0, refused)
    await sideBySide(asked, CALLS_SIDE_BY_SIDE, (key) =>
      round.attempt(async () => {
        try {
          const answer = await reads.readStatus(key, createAsk())
          this.states.noteStatus(key, answer.stale ? null : answer.value.state, now(), isStatusAlone)
        } catch (error) {
          this.states.noteStatus(key, null, now(), isStatusAlone)
          throw error
        }
      }),
    )
    return keys.length - asked.length
  }

  /** States that have changed since they were last told, or were told long ago. */
  private tellStates(round: RoundNews): void {
    const nowMs = this.options.clock.monotonicMs()
    for (const key of round.wanted.streamState) {
      const told = this.states.findTold(key)
      const before = this.retold.get(key)
      if (!told || (before?.told === told && nowMs - before.atMs < RETELL_MS)) continue
      this.retold.set(key, { told, atMs: nowMs })
      round.events.push({ kind: 'streamState', key, ...told })
    }
  }
}

function* listReadKeys(plan: SamplingPlan, wanted: WantedKeys): Iterable<string> {
  const keys = new Set([...wanted.liveStat, ...wanted.streamState])
  if (plan.isPushRead) for (const key of wanted.pushSample) keys.add(key)
  if (plan.isPlayRead) for (const key of wanted.playSample) keys.add(key)
  yield* keys
}
