// Where identical questions stand in line while one of them is being answered. The first one leads: it goes the long
// way, and those that come meanwhile wait for what becomes of it, since what is kept then is for them as well. Nothing
// here knows HTTP or answers: who let a question lead says how that ended, and is given those who waited.
import type { Clock } from '#model/clock.ts'

/** Longest time that a question is waited for, with the one it is passed on to, in milliseconds. */
const LONGEST_MS = 250
/** Most who wait at a time: all of them may be answered in one turn of the event loop. */
const MOST_WAITING = 1000
/** The same of bytes that they have brought. */
const MOST_WAITING_BYTES = 8 * 1024 ** 2
/** More go than come: in the end only those are left that may be waited for. */
const LOOKED_AT_PER_LEAD = 2
/** For how long nobody waits where it was in vain. */
const IN_VAIN_MS = 3000
/** Most places of which that is remembered, and letters in them. */
const MOST_IN_VAIN = 1000
const MOST_IN_VAIN_LETTERS = 1024 ** 2

/** What the line works with. */
export interface QuestionLineOptions<Visitor> {
  readonly clock: Pick<Clock, 'monotonicMs' | 'delay'>
  /** Whether somebody has left. */
  readonly isGone: (visitor: Visitor) => boolean
  /** Has somebody go on by himself, whose time is over. Never called from within `join`. */
  readonly release: (visitor: Visitor, place: string) => void
}

/** A question on its long way. */
export interface Lead {
  readonly place: string
  /** Whether anybody has waited for it, ever. */
  readonly isAwaited: boolean
  /** Whether it is the second one already. */
  readonly isPassedOn: boolean
}

/** A lead with those who wait. */
interface Row<Visitor> extends Lead {
  readonly begunAtMs: number
  /** In the order they came. */
  readonly waiting: { readonly visitor: Visitor; readonly bytes: number }[]
  isAwaited: boolean
  isPassedOn: boolean
}

/** Who leads and who waits, by place: a text that tells one question of one caller from all others. */
export class QuestionLine<Visitor> {
  private readonly options: QuestionLineOptions<Visitor>
  private readonly rows = new Map<string, Row<Visitor>>()
  /** Those of them that somebody waits in. */
  private readonly awaited = new Set<Row<Visitor>>()
  /** Until when nobody waits at a place, on the steady clock. The one that was learnt first is first. */
  private readonly inVain = new Map<string, number>()
  private inVainLetters = 0
  private waitingCount = 0
  private waitingBytes = 0
  private isTimed = false
  private readonly over = new AbortController()

  constructor(options: QuestionLineOptions<Visitor>) {
    this.options = options
  }

  /** How many wait. */
  get length(): number {
    return this.waitingCount
  }

  /**
   * Takes in somebody who asks.
   * @param bytes that are held for him as long as he waits
   * @returns the lead that he has, to be ended by `disband`; or that he waits; undefined when he goes by himself
   */
  join(place: string, visitor: Visitor, bytes: number, nowMs: number): Lead | 'waits' | undefined {
    if (this.over.signal.aborted || this.isInVain(place, nowMs)) return undefined
    const row = this.rows.get(place)
    if (row === undefined) return this.begin(place, nowMs)
    if (nowMs - row.begunAtMs >= LONGEST_MS) {
      // Those who wait are released in a moment.
      return row.isAwaited ? undefined : this.begin(place, nowMs)
    }
    if (this.waitingCount >= MOST_WAITING || this.waitingBytes + bytes > MOST_WAITING_BYTES) return undefined
    row.isAwaited = true
    row.waiting.push({ visitor, bytes })
    this.waitingCount += 1
    this.waitingBytes += bytes
    this.awaited.add(row)
    if (!this.isTimed) void this.keepTime()
    return 'waits'
  }

  /**
   * Has the first of those who wait lead instead, once.
   * @returns undefined when there is nobody, or the lead was passed on before
   */
  passOn(lead: Lead): Visitor | undefined {
    const row = this.rows.get(lead.place)
    if (row === undefined || row !== lead || row.isPassedOn) return undefined
    row.isPassedOn = true
    for (let next = row.waiting.shift(); next; next = row.waiting.shift()) {
      this.waitingCount -= 1
      this.waitingBytes -= next.bytes
      if (!this.options.isGone(next.visitor)) return next.visitor
    }
    return undefined
  }

  /** Ends a lead. It may have ended before. @returns those who waited and are still there, in the order they came */
  disband(lead: Lead): readonly Visitor[] {
    const row = this.rows.get(lead.place)
    if (row === undefined || row !== lead) return []
    this.rows.delete(row.place)
    if (!row.isAwaited) return []
    this.awaited.delete(row)
    const stayed: Visitor[] = []
    for (const { visitor, bytes } of row.waiting) {
      this.waitingCount -= 1
      this.waitingBytes -= bytes
      if (!this.options.isGone(visitor)) stayed.push(visitor)
    }
    return stayed
  }

  /** Told that what is asked at a place is kept by nobody: for a while everybody goes by himself there. */
  avoid(place: string): void {
    this.forget(place)
    this.inVain.set(place, this.options.clock.monotonicMs() + IN_VAIN_MS)
    this.inVainLetters += place.length
    for (const oldest of this.inVain.keys()) {
      if (this.inVain.size <= MOST_IN_VAIN && this.inVainLetters <= MOST_IN_VAIN_LETTERS) break
      this.forget(oldest)
    }
  }

  /** Has everybody go on by himself, from now on at once. */
  close(): void {
    this.over.abort()
    for (const row of this.rows.values()) this.releaseAll(row)
  }

  private begin(place: string, nowMs: number): Lead {
    this.dropLate(nowMs)
    const row: Row<Visitor> = { place, begunAtMs: nowMs, waiting: [], isAwaited: false, isPassedOn: false }
    this.rows.delete(place)
    this.rows.set(place, row)
    return row
  }

  /** Nobody would wait for them any more, and not of all is it ever told that they have ended. */
  private dropLate(nowMs: number): void {
    for (let looked = 0; looked < LOOKED_AT_PER_LEAD; looked += 1) {
      const oldest = this.rows.values().next().value
      if (oldest === undefined || oldest.isAwaited || nowMs - oldest.begunAtMs < LONGEST_MS) return
      this.rows.delete(oldest.place)
    }
  }

  private isInVain(place: string, nowMs: number): boolean {
    if (this.inVain.size === 0) return false
    const untilMs = this.inVain.get(place)
    if (untilMs === undefined) return false
    if (nowMs < untilMs) return true
    this.forget(place)
    return false
  }

  private forget(place: string): void {
    if (this.inVain.delete(place)) this.inVainLetters -= place.length
  }

  private releaseAll(row: Row<Visitor>): void {
    for (const visitor of this.disband(row)) this.options.release(visitor, row.place)
  }

  /** One timer for all, and none while nobody waits. */
  private async keepTime(): Promise<void> {
    const { clock } = this.options
    this.isTimed = true
    while (this.awaited.size > 0) {
      let dueMs = Number.POSITIVE_INFINITY
      for (const { begunAtMs } of this.awaited) dueMs = Math.min(dueMs, begunAtMs + LONGEST_MS)
      await clock.delay(dueMs - clock.monotonicMs(), this.over.signal).catch(() => undefined)
      if (this.over.signal.aborted) break
      const nowMs = clock.monotonicMs()
      for (const row of this.awaited) if (nowMs - row.begunAtMs >= LONGEST_MS) this.releaseAll(row)
    }
    this.isTimed = false
  }
}
