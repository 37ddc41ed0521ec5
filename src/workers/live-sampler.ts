// Reads what is watched of an account, once for all who watch it at any replica: by the one process that holds the
// account's lease. Asks nothing while nobody watches, and no more than a part of the quota; what it reads goes into the
// cache like any other answer.
import type { Ask } from '#contract/ask.ts'
import type { QuotaReading } from '#contract/readings.ts'
import type { DemandBoard } from '#fleet/demand-board.ts'
import type { Lease } from '#fleet/lease.ts'
import type { Clock } from '#model/clock.ts'
import { GatewayError } from '#model/errors.ts'
import { type LiveBatch, type LiveTopic, readTopicText, type Sampling } from '#model/live-event.ts'
import { PUSH_PACE_MS } from '#services/freshness.ts'
import { Alarm } from './alarm.ts'
import { type LiveRoundOptions, LiveRounds } from './live-round.ts'
import { AsideBudget, findPace, type SamplingPace } from './sampling-pace.ts'
import { countCalls, planSampling, type SamplingPlan, toWantedKeys, type WantedKeys } from './sampling-plan.ts'
import { SamplingTurns } from './sampling-turns.ts'
import { WatchedTopics } from './watched-topics.ts'

/** Most events that are told at once: replicas and watchers take them in pieces. */
const EVENTS_PER_BATCH = 200
/** How often it is looked at the least what is wanted, and by whom it is read: a bell may go unheard. */
const LOOK_EVERY_MS = 5000
/** Longest pause that a provider or a quota which refuses is given. */
const LONGEST_PAUSE_MS = 60_000
/** How soon a round follows that was asked for out of turn. */
const SOONEST_MS = 50

/** What a sampler tells what it is doing. */
export interface SamplerLog {
  info(details: object, message: string): void
  warn(details: object, message: string): void
}

/** What a sampler needs. */
export interface LiveSamplerOptions extends Pick<LiveRoundOptions, 'reads' | 'findLatest'> {
  readonly account: string
  readonly lease: Lease
  /** How often the lease is to be held, in milliseconds. */
  readonly beatMs: number
  readonly board: Pick<DemandBoard, 'list' | 'listOwn' | 'onChange'>
  /** Tells all replicas. */
  readonly publish: (batch: LiveBatch) => Promise<void>
  readonly readQuota: () => Promise<QuotaReading>
  /** Whether the other replicas are out of reach: then everybody reads for those who watch here. */
  readonly isApart: () => boolean
  /** The part of the quota that is this replica's then, in (0, 1]. */
  readonly apartShare: number
  /** Circumstances of one reading. */
  readonly createAsk: (signal: AbortSignal) => Ask
  readonly clock: Clock
  readonly log: SamplerLog
  /** Told how many events of each kind were told. */
  readonly onEvents?: (events: LiveBatch['events']) => void
}

/** The sampler of one account. */
export interface LiveSampler {
  /** Begins. Does nothing when it has begun. */
  start(): void
  /** Ends, and leaves the account to others. What is being read is given up. */
  stop(): Promise<void>
  /** Whether this process is the one that reads. */
  isHolder(): boolean
  /** How it reads, where it is the one. */
  readonly sampling: Sampling | null
}

/** Builds the sampler of one account. Starts nothing. */
export function createLiveSampler(options: LiveSamplerOptions): LiveSampler {
  return new Sampler(options)
}

class Sampler implements LiveSampler {
  sampling: Sampling | null = null
  private readonly options: LiveSamplerOptions
  private readonly stopping = new AbortController()
  /** Wakes the two loops when somebody begins or ends to watch, and when the lease changes hands. */
  private readonly leaseAlarm: Alarm
  private readonly roundAlarm: Alarm
  private running: Promise<unknown> | undefined
  private rounds: LiveRounds
  private wasHolder = false
  private turns: SamplingTurns
  /** On `Clock.monotonicMs`. */
  private pausedUntilMs = 0
  private troubleCode: string | undefined
  private readonly aside: AsideBudget
  private readonly watched = new WatchedTopics()
  /** Streams whose status call waits for room in the quota. */
  private waiting = 0

  constructor(options: LiveSamplerOptions) {
    this.options = options
    this.leaseAlarm = new Alarm(options.clock)
    this.roundAlarm = new Alarm(options.clock)
    this.aside = new AsideBudget(() => options.clock.monotonicMs())
    this.rounds = this.createRounds()
    this.turns = new SamplingTurns(options.clock)
  }

  start(): void {
    if (this.stopping.signal.aborted) throw new GatewayError('INTERNAL', 'a stopped live sampler cannot be started')
    this.running ??= this.run()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.running
  }

  isHolder(): boolean {
    const { clock, lease, isApart } = this.options
    return this.running !== undefined && (clock.monotonicMs() < lease.heldUntilMs || isApart())
  }

  private createRounds(): LiveRounds {
    const { reads, findLatest, clock } = this.options
    return new LiveRounds({ reads, findLatest, clock, mayCall: () => this.aside.take(1) })
  }

  private async run(): Promise<void> {
    const { account, board, lease } = this.options
    const stopListening = board.onChange(account, () => {
      this.leaseAlarm.ring()
      this.roundAlarm.ring()
    })
    await Promise.all([this.holdLease(), this.sample()])
    stopListening()
    await lease.release()
  }

  private isWatchedHere(): boolean {
    return this.options.board.listOwn(this.options.account).length > 0
  }

  /** Contends for the lease while anybody watches here. */
  private async holdLease(): Promise<void> {
    const { beatMs, lease } = this.options
    const { signal } = this.stopping
    while (!signal.aborted) {
      if (this.isWatchedHere()) {
        await lease.hold()
        // Also where it was lost, or the others went out of reach, since the last time.
        if (this.isHolder() !== this.wasHolder) this.roundAlarm.ring()
        await this.options.clock.delay(beatMs, signal).catch(() => undefined)
      } else {
        // Whoever watches elsewhere has a replica of his own to contend.
        if (lease.heldUntilMs > 0) await lease.release()
        this.roundAlarm.ring()
        await this.leaseAlarm.wait(LOOK_EVERY_MS, signal)
      }
    }
  }

  private async sample(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      const waitMs = await this.sampleOnce(signal).catch((error: unknown) => this.bear(error))
      // Where one begins to watch, others often do.
      if (await this.roundAlarm.wait(waitMs, signal))
        await this.options.clock.delay(SOONEST_MS, signal).catch(() => undefined)
    }
  }

  /** What nobody foresaw is no reason to leave those who watch alone. */
  private bear(error: unknown): number {
    if (!this.stopping.signal.aborted)
      this.options.log.warn({ account: this.options.account, err: error }, 'watched streams could not be read')
    return PUSH_PACE_MS
  }

  /** @returns how long to wait unless something changes, in milliseconds */
  private async sampleOnce(signal: AbortSignal): Promise<number> {
    const { account, board, clock, reads } = this.options
    this.noteHolder()
    if (!this.isHolder() || !this.isWatchedHere()) return LOOK_EVERY_MS
    const texts = await board.list(account)
    const topics = texts.flatMap((text) => readTopicText(text) ?? [])
    const wanted = toWantedKeys(topics)
    const nowMs = clock.monotonicMs()
    // A list that is not whole must not make what was told of others forgotten at once.
    this.watched.note(texts, nowMs)
    this.rounds.keepOnly(toWantedKeys(this.watched.listRemembered()))
    if (nowMs < this.pausedUntilMs) return Math.min(LOOK_EVERY_MS, this.pausedUntilMs - nowMs)
    const [isPushDue, isPlayDue] = [nowMs >= this.turns.pushMs, nowMs >= this.turns.playMs]
    const pages = reads.kinds.list ? await reads.findListPages() : undefined
    const whole = planSampling(wanted, reads.kinds, pages, true)
    const quota = await this.findQuota()
    this.aside.fill(quota)
    const pace = findPace(countCalls(whole, pages), quota)
    this.tellPace(pace, wanted)
    const due = toWantedKeys(
      topics.filter((topic) =>
        (topic.kind === 'playSample' ? isPlayDue : isPushDue) ? true : this.isWorthNow(topic, whole, pages ?? 1),
      ),
    )
    if (isPushDue || isPlayDue || isWanted(due)) {
      for (const topic of topics) if (due[topic.kind].has(topic.key)) this.watched.try(topic)
      const plan = planSampling(wanted, reads.kinds, pages, due.playSample.size > 0)
      const { events, freshUntil, failures, waiting } = await this.rounds.read(plan, due, () =>
        this.options.createAsk(signal),
      )
      if (signal.aborted) return 0
      // Out of turn nobody else was looked at.
      if (isPushDue) this.waiting = waiting
      const isHistory = plan.pushHistories.length > 0 && !plan.list
      this.turns.note({ isPushDue, isPlayDue, nowMs, pace, freshUntil, isHistory })
      this.noteFailures(failures)
      await this.tell(events)
    }
    // What nobody wants is never due.
    const nextMs = Math.min(
      hasPush(wanted) ? this.turns.pushMs : Number.POSITIVE_INFINITY,
      wanted.playSample.size > 0 ? this.turns.playMs : Number.POSITIVE_INFINITY,
    )
    return Math.max(0, Math.min(LOOK_EVERY_MS, nextMs - clock.monotonicMs()))
  }

  /** Where the quota stands; with the others out of reach only a part of it is this replica's. */
  private async findQuota(): Promise<QuotaReading> {
    const quota = await this.options.readQuota()
    return this.options.isApart() ? { ...quota, limit: quota.limit * this.options.apartShare } : quota
  }

  /** Whether a topic is read before its turn: it has just begun to be wanted, and the quota has room for it. */
  private isWorthNow(topic: LiveTopic, plan: SamplingPlan, pages: number): boolean {
    if (!this.watched.isNew(topic)) return false
    const isListed = plan.list && !plan.pushHistories.includes(topic.key) && !plan.playHistories.includes(topic.key)
    return this.aside.take(isListed ? pages : 1)
  }

  private noteHolder(): void {
    const { account, lease, log } = this.options
    const isHolder = this.isHolder() && this.isWatchedHere()
    if (isHolder === this.wasHolder) return
    this.wasHolder = isHolder
    if (isHolder) {
      // What was told while somebody else held it is known from there.
      this.rounds = this.createRounds()
      this.turns = new SamplingTurns(this.options.clock)
    } else this.sampling = null
    log.info({ account, fence: lease.fence }, isHolder ? 'reads what is watched' : 'reads nothing for those who watch')
  }

  private tellPace(pace: SamplingPace, wanted: WantedKeys): void {
    const { pushSample, playSample, liveStat, streamState } = wanted
    const { account, log } = this.options
    const before = this.sampling
    this.sampling = {
      watchedStreams: new Set([...pushSample, ...playSample, ...liveStat, ...streamState]).size,
      pushEverySeconds: hasPush(wanted) ? pace.pushEveryMs / 1000 : null,
      playEverySeconds: playSample.size > 0 ? pace.playEveryMs / 1000 : null,
      slowedBecause: pace.slowedBecause ?? this.findWaitReason(),
    }
    const [wasSlow, isSlow] = [before?.slowedBecause, this.sampling.slowedBecause].map((reason) => Boolean(reason))
    if (isSlow && !wasSlow)
      log.warn({ account, ...this.sampling }, 'reads what is watched more slowly than the provider measures')
    if (wasSlow && !isSlow)
      log.info({ account, ...this.sampling }, 'reads what is watched as often as the provider measures')
  }

  private findWaitReason(): string | null {
    return this.waiting === 0 ? null : `the states of ${this.waiting} streams that are not live wait for provider calls`
  }

  /** A provider or a quota that refuses is asked less. */
  private noteFailures(failures: readonly GatewayError[]): void {
    const { account, clock, log } = this.options
    const [first] = failures
    const code = first?.code
    if (code !== this.troubleCode) {
      if (code !== undefined) log.warn({ account, code }, 'watched streams cannot be read')
      else log.info({ account }, 'watched streams can be read again')
    }
    this.troubleCode = code
    const pauseMs = Math.max(0, ...failures.map(({ retryAfterMs }) => retryAfterMs ?? 0))
    if (pauseMs > 0) this.pausedUntilMs = clock.monotonicMs() + Math.min(pauseMs, LONGEST_PAUSE_MS)
  }

  private async tell(events: LiveBatch['events']): Promise<void> {
    const { sampling } = this
    if (!sampling) return
    this.options.onEvents?.(events)
    for (let at = 0; at < events.length; at += EVENTS_PER_BATCH)
      await this.options.publish({ events: events.slice(at, at + EVENTS_PER_BATCH), sampling })
  }
}

function isWanted(keys: WantedKeys): boolean {
  return hasPush(keys) || keys.playSample.size > 0
}

/** Whether anything is wanted that is read every 5 s. */
function hasPush({ pushSample, liveStat, streamState }: WantedKeys): boolean {
  return pushSample.size + liveStat.size + streamState.size > 0
}
