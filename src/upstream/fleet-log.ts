// This process as a member of those who share a log of starts: it joins, it beats, and it never asks for a start before
// the log knows what it has started already.
import { FleetCommandError, type FleetLink } from '#fleet/fleet-link.ts'
import type { Clock } from '#model/clock.ts'
import type { FleetMemory } from './fleet-memory.ts'
import type { OwnStarts } from './own-starts.ts'
import type { StartsScript } from './starts-script.ts'
import type { LanesWaiting, StartsReply } from './starts-terms.ts'
import type { StartsView } from './starts-view.ts'

/** What a membership is made with. */
export interface FleetLogOptions {
  readonly link: Pick<FleetLink, 'state'>
  readonly clock: Clock
  readonly script: StartsScript
  readonly own: OwnStarts
  readonly memory: FleetMemory
  /** Where the log stands, in a form that tells no secret. */
  readonly server: string
  /** Nobody else ever shares the log. */
  readonly isAlone: boolean
  /** Which calls wait, for the log to be told. */
  readonly tellPlaces: () => LanesWaiting
  /** A text that nobody else makes. */
  readonly createId: () => string
  /** Told the server's word for why it refuses the script although it answers, and undefined when it does not any more. */
  readonly onTrouble: (code: string | undefined) => void
}

/** A reply that shows the log. */
export type ViewReply = Extract<StartsReply, { kind: 'view' }>

/** How long the log is left alone after it could not answer although the server could. */
const UNUSABLE_MS = 250
/** A connection that nobody has joined over. */
const NONE = -1

/** The shared log, as one member sees it. */
export class FleetLog {
  /** As last seen. */
  view: StartsView | undefined
  /** When the log was last found out of use, on `Clock.monotonicMs`. */
  lostAtMs: number
  private readonly options: FleetLogOptions
  private roster: readonly string[]
  private joinedConnection = NONE
  private hasJoined = false
  private unusableUntilMs = Number.NEGATIVE_INFINITY
  private trouble: string | undefined
  /** Calls go one behind the other. */
  private turn: Promise<unknown> = Promise.resolve()

  constructor(options: FleetLogOptions) {
    this.options = options
    this.roster = options.memory.roster
    this.lostAtMs = options.clock.monotonicMs()
  }

  /** Whether the server answers, and knows what this process has started. */
  isJoined(): boolean {
    return this.canCall() && this.options.link.state().connection === this.joinedConnection
  }

  /** Whether starts are to be had from the log, as last seen. */
  isOpen(): boolean {
    return this.isJoined() && this.view?.isOpen === true
  }

  /**
   * Whether this process, or the one before it, has ever used the log that stands there. Where it never has, a server
   * that refuses it may be the wrong one, while others use the right one.
   */
  isKnown(): boolean {
    return this.hasJoined || this.options.memory.server === this.options.server
  }

  /** Calls the log, joining first where that is needed. @returns undefined when it cannot be used */
  ask(call: () => Promise<StartsReply>): Promise<ViewReply | undefined> {
    return this.inTurn(async () => {
      for (let attempt = 0; attempt < 2; attempt += 1) {
        if (!this.isJoined() && !(await this.ensureJoined())) return undefined
        const reply = await call()
        if (reply.kind === 'view') {
          this.see(reply.view)
          this.tellTrouble(undefined)
          return reply
        }
        this.joinedConnection = NONE
      }
      return undefined
    })
  }

  /** Says that this member lives, and what it has started without the log. */
  async beat(): Promise<void> {
    const { own, clock, script, tellPlaces } = this.options
    await this.ask(async () => {
      const starts = own.listUnreported(clock.monotonicMs())
      const reply = await script.beat(tellPlaces(), starts)
      if (reply.kind === 'view') for (const start of starts) start.isReported = true
      return reply
    })
  }

  /** Tells the log something it need not hear. */
  async tell(call: () => Promise<void>): Promise<void> {
    await this.inTurn(async () => {
      if (this.canCall()) await call()
      return undefined
    })
  }

  /** The connection is gone. */
  lose(): void {
    if (this.joinedConnection === NONE) return
    this.joinedConnection = NONE
    this.lostAtMs = this.options.clock.monotonicMs()
  }

  private canCall(): boolean {
    const { link, clock } = this.options
    return link.state().health === 'up' && clock.monotonicMs() >= this.unusableUntilMs
  }

  private async ensureJoined(): Promise<boolean> {
    if (!this.canCall()) return false
    if (this.isJoined()) return true
    const { link, clock, own, script, memory, server, isAlone, createId, tellPlaces } = this.options
    const { connection } = link.state()
    const starts = own.list(clock.monotonicMs())
    const terms = { newEpoch: createId(), isAlone, isReconnected: this.hasJoined, roster: this.roster }
    const reply = await script.join(tellPlaces(), terms, starts)
    if (reply.kind === 'join') return false
    for (const start of starts) start.isReported = true
    this.joinedConnection = connection
    this.hasJoined = true
    this.see(reply.view)
    memory.remember({ server, epoch: script.epoch, roster: this.roster })
    return true
  }

  private see(view: StartsView): void {
    this.view = view
    if (view.roster === undefined) return
    const roster = [...view.roster].sort()
    if (roster.join() === this.roster.join()) return
    this.roster = roster
    const { memory, server, script } = this.options
    memory.remember({ server, epoch: script.epoch, roster })
  }

  private tellTrouble(code: string | undefined): void {
    if (code === this.trouble) return
    this.trouble = code
    this.options.onTrouble(code)
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    const result = this.turn.then(work).catch((error: unknown) => {
      if (error instanceof FleetCommandError) this.tellTrouble(error.code)
      // A log that gave no usable answer gives no start, whatever the reason.
      this.unusableUntilMs = this.options.clock.monotonicMs() + UNUSABLE_MS
      this.lose()
      return undefined
    })
    this.turn = result
    return result
  }
}
