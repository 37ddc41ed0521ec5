// The words of the shared log's script: how a call of it is written and how its reply is read.
import { readFileSync } from 'node:fs'
import type { Lane } from '#contract/ask.ts'
import { type FleetLink, type FleetScript, LinkDownError } from '#fleet/fleet-link.ts'
import type { Clock } from '#model/clock.ts'
import { SLACK_MS } from './expiry-plan.ts'
import {
  type JoinTerms,
  type LanesWaiting,
  type LoggedStart,
  nobody,
  type ReportedStart,
  type StartsReply,
  type WishedStart,
} from './starts-terms.ts'
import type { LineTurns, LogView } from './starts-view.ts'

/** A log of one limit: the account's own, or an interface's. */
export interface LogLimit {
  /** How long a start counts, in milliseconds. */
  readonly spanMs: number
  /** Starts it may hold. */
  readonly capacity: number
}

/** What the script is called with for one account. */
export interface StartsScriptOptions {
  readonly link: Pick<FleetLink, 'evaluate'>
  readonly script: FleetScript
  readonly clock: Clock
  /** Beginning of every key, with the hash tag that keeps them together. */
  readonly keyPrefix: string
  /** Name of this member: the same over restarts, and no other's. */
  readonly member: string
  /** The account's own log. */
  readonly log: LogLimit
  /** Logs of interfaces with a limit of their own; their order is that of `place`. */
  readonly interfaces: readonly (LogLimit & { readonly operation: string })[]
  /** Starts of the account that are kept for the background while it is at work. */
  readonly backgroundShare: number
  /** Starts that the background leaves free beyond its share. */
  readonly headroom: number
}

/** Most expiries of one log that are looked at, and told: beyond the most calls that can wait. */
const MAX_SLOTS = 1024
/** Longest wait that anybody asks for, in milliseconds: longer ones are cut. */
const MAX_PATIENCE_MS = 3_600_000
/** Most starts in one report: a longer one would hold the server up. */
const REPORT_SIZE = 200
/** How much later than its sending a call may be carried out and still count, in milliseconds. */
const LATENESS_MS = 200
/** How much faster than this process's steady clock the log's may run. */
const DRIFT = 0.0005

/** Reads the script. */
export function readStartsScript(): FleetScript {
  return { name: 'starts', lua: readFileSync(new URL('starts.lua', import.meta.url), 'utf8') }
}

/** Calls the script. Every method throws LinkDownError when there is no answer in time. */
export class StartsScript {
  /** Name of the log as last seen; another name means that the log was lost in between. */
  epoch: string
  private readonly options: StartsScriptOptions
  private readonly keys: readonly string[]
  /** Of every call alike. */
  private readonly accountWords: readonly number[]
  private readonly interfaceWords: readonly number[]
  private sequence = 0
  private logs: readonly LogView[] = []
  /** The log's time as last told, and when that call was sent. */
  private told: { readonly now: number; readonly sentAtMs: number } | undefined

  /** @param epoch the log an earlier process of this member last saw; empty if there was none */
  constructor(options: StartsScriptOptions, epoch: string) {
    this.options = options
    this.epoch = epoch
    const own = ['meta', 'members', 'log', 'background', 'line', 'line:background']
    const names = [...own, ...options.interfaces.map((each) => `log:${each.operation}`)]
    this.keys = names.map((name) => options.keyPrefix + name)
    const { log, backgroundShare, headroom, interfaces } = options
    this.accountWords = [log.spanMs, log.capacity, backgroundShare, headroom, MAX_SLOTS]
    this.interfaceWords = interfaces.flatMap(({ spanMs, capacity }) => [spanMs, capacity])
  }

  /** Takes starts, as many as are free, in their order. Those that are not free have places in the line instead. */
  take(waiting: LanesWaiting, starts: readonly WishedStart[]): Promise<StartsReply> {
    const words: (string | number)[] = [starts.length]
    for (const { id, lane, operation, waitsUntilMs } of starts)
      words.push(id, toLaneWord(lane), this.placeOf(operation), waitsUntilMs === undefined ? 0 : 1)
    return this.callForView('take', waiting, words)
  }

  /** Says that this member lives, and writes down starts it made without the log. */
  async beat(waiting: LanesWaiting, starts: readonly ReportedStart[]): Promise<StartsReply> {
    const rest = await this.reportAllBut(starts)
    return this.callForView('beat', waiting, () => this.toReport(rest))
  }

  /** Joins, with every start of this member that still counts. */
  async join(waiting: LanesWaiting, terms: JoinTerms, starts: readonly ReportedStart[]): Promise<StartsReply> {
    const rest = await this.reportAllBut(starts)
    const { newEpoch, isAlone, isReconnected, roster } = terms
    return this.callForView('join', waiting, () => [
      newEpoch,
      isAlone ? 1 : 0,
      isReconnected ? 1 : 0,
      roster.length,
      ...roster,
      ...this.toReport(rest),
    ])
  }

  /** Takes a start back out. */
  async giveBack(start: LoggedStart): Promise<void> {
    await this.call('giveBack', nobody, [start.id, this.placeOf(start.operation)])
  }

  /** Lets nobody start anything for a while. */
  async pause(forMs: number): Promise<void> {
    await this.call('pause', nobody, [Math.ceil(forMs)])
  }

  /** Says that this member spends nothing more. */
  async leave(): Promise<void> {
    await this.call('leave', nobody, [])
  }

  /** All starts but the last few, in pieces. @returns those few */
  private async reportAllBut(starts: readonly ReportedStart[]): Promise<readonly ReportedStart[]> {
    let first = 0
    for (; starts.length - first > REPORT_SIZE; first += REPORT_SIZE) {
      const piece = starts.slice(first, first + REPORT_SIZE)
      await this.call('report', nobody, () => this.toReport(piece))
    }
    return starts.slice(first)
  }

  private toReport(starts: readonly ReportedStart[]): readonly (string | number)[] {
    const nowMs = this.options.clock.monotonicMs()
    return [
      starts.length,
      ...starts.flatMap((start) => [
        start.id,
        // Rounded down: rather too young than too old.
        Math.max(0, Math.floor(nowMs - start.atMs)),
        toLaneWord(start.lane),
        this.placeOf(start.operation),
      ]),
    ]
  }

  private async callForView(verb: string, waiting: LanesWaiting, rest: Words): Promise<StartsReply> {
    const { reply, sentAtMs } = await this.call(verb, waiting, rest)
    if (reply[0] === 'join') return { kind: 'join' }
    const [, epoch, sequence, now, isOpen, opensInMs, pausedForMs, grants, logs, lines, roster, lookInMs] = reply
    if (typeof epoch !== 'string' || !Array.isArray(logs)) throw new LinkDownError('the shared log gave no answer')
    const lastEpoch = this.epoch
    this.sequence = epoch === this.epoch ? Math.max(this.sequence, Number(sequence)) : Number(sequence)
    this.epoch = epoch
    // Of all replies the one that makes the log's time earliest: small steps must not add up.
    if (epoch !== lastEpoch || this.told === undefined || Number(now) <= this.toLatest(sentAtMs))
      this.told = { now: Number(now), sentAtMs }
    const [interactive, background] = toList(lines)
    // On arrival: what the log says is never later than that, so that everything is free when it is said to be.
    const atMs = this.options.clock.monotonicMs()
    return {
      kind: 'view',
      sentAtMs,
      isGranted: [...String(grants)].map((grant) => grant === '1'),
      view: {
        atMs,
        isOpen: isOpen === 1,
        opensAtMs: atMs + Number(opensInMs),
        pausedUntilMs: Number(pausedForMs) > 0 ? atMs + Number(pausedForMs) : Number.NEGATIVE_INFINITY,
        changesAtMs: Number(lookInMs) > 0 ? atMs + Number(lookInMs) : Number.POSITIVE_INFINITY,
        logs: this.toLogViews(logs, atMs),
        lines: { interactive: toLineTurns(interactive, atMs), background: toLineTurns(background, atMs) },
        roster: Array.isArray(roster) ? roster.map(String) : undefined,
      },
    }
  }

  /** The oldest starts stay the oldest until they expire: where they are not told, the last told ones are. */
  private toLogViews(replies: readonly unknown[], atMs: number): readonly LogView[] {
    this.logs = replies.map((reply, index) => {
      const [used, expiries] = toList(reply)
      const known = Array.isArray(expiries)
        ? expiries.map((restMs) => atMs + Number(restMs))
        : dropExpired(this.logs[index]?.expiries ?? [], atMs)
      const most = Number(used)
      return { used: most, expiries: known.length > most ? known.slice(0, most) : known }
    })
    return this.logs
  }

  private async call(verb: string, waiting: LanesWaiting, rest: Words) {
    const { clock, link, script } = this.options
    for (let isStep = false; ; isStep = true) {
      const sentAtMs = clock.monotonicMs()
      const reply = await link.evaluate(script, this.keys, [
        verb,
        this.options.member,
        this.epoch,
        this.sequence,
        // A call that is carried out much later, when this member has long given it up, must do nothing.
        this.told === undefined ? '' : Math.ceil(this.toLatest(sentAtMs)) + LATENESS_MS,
        isStep ? 1 : 0,
        ...this.accountWords,
        waiting.interactive.count,
        toPatienceMs(waiting.interactive.untilMs, sentAtMs),
        waiting.background.count,
        toPatienceMs(waiting.background.untilMs, sentAtMs),
        ...this.interfaceWords,
        ...(typeof rest === 'function' ? rest() : rest),
      ])
      if (!Array.isArray(reply)) throw new LinkDownError('the shared log gave no answer')
      // An answer that came in time was not late: it is the server's clock that has stepped.
      if (reply[0] !== 'late' || isStep) return { reply, sentAtMs }
    }
  }

  /** The log's time at a moment of this process's steady clock, at most. */
  private toLatest(atMs: number): number {
    return this.told === undefined ? 0 : this.told.now + (atMs - this.told.sentAtMs) * (1 + DRIFT)
  }

  /** Place of an interface's log among all, 0 for one without. */
  private placeOf(operation: string): number {
    const index = this.options.interfaces.findIndex((each) => each.operation === operation)
    return index < 0 ? 0 : index + 2
  }
}

type Words = readonly (string | number)[] | (() => readonly (string | number)[])

function toLaneWord(lane: Lane): string {
  return lane === 'background' ? 'b' : 'i'
}

function toPatienceMs(untilMs: number, sentAtMs: number): number {
  return Math.max(0, Math.floor(Math.min(untilMs - SLACK_MS - sentAtMs, MAX_PATIENCE_MS)))
}

/** @param expiries ascending: mostly none has passed since the last call, and the list is the same */
function dropExpired(expiries: readonly number[], atMs: number): readonly number[] {
  let expired = 0
  while (expired < expiries.length && (expiries[expired] ?? 0) <= atMs) expired += 1
  return expired === 0 ? expiries : expiries.slice(expired)
}

function toLineTurns(reply: unknown, atMs: number): LineTurns {
  const [own, next] = toList(reply)
  return { own: toList(own).map((inMs) => atMs + Number(inMs)), next: atMs + Number(next) }
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
