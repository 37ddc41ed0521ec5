// What is known of a link's health: kept, told to those who want to know, and written to the log.
import type { Clock } from '#model/clock.ts'
import type { LinkHealth, LinkState } from './fleet-link.ts'

/** Where changes are written. */
export interface LinkLog {
  /** Something is worse than before. */
  warn(fields: object, message: string): void
  /** Something is well again. */
  info(fields: object, message: string): void
}

const messages: Readonly<Record<LinkHealth, string>> = {
  up: 'redis answers',
  refused: 'redis refuses connections: going on without it',
  silent: 'redis does not answer: going on without it',
}

/** The health of one link. `silent`, connection 0, until something is known. */
export class LinkRecord {
  private readonly clock: Clock
  private readonly log: LinkLog
  private readonly listeners = new Set<() => void>()
  private current: LinkState
  /** As in the state, which is made anew only for who asks: it is confirmed with every answer. */
  private confirmedAtMs: number
  private isKnown = false

  constructor(clock: Clock, log: LinkLog) {
    this.clock = clock
    this.log = log
    const now = clock.monotonicMs()
    this.current = { health: 'silent', connection: 0, sinceMs: now, confirmedAtMs: now }
    this.confirmedAtMs = now
  }

  /** As of now. */
  get state(): LinkState {
    const { current, confirmedAtMs } = this
    if (current.confirmedAtMs === confirmedAtMs) return current
    const { health, connection, sinceMs } = current
    this.current = { health, connection, sinceMs, confirmedAtMs }
    return this.current
  }

  /** See `FleetLink.onChange`. A listener that throws harms nobody else. */
  onChange(listener: () => void): () => void {
    // One and the same function may be handed in twice.
    const own = () => listener()
    this.listeners.add(own)
    return () => this.listeners.delete(own)
  }

  /** There is a new connection, and it answers. */
  connected(): void {
    this.enter('up', this.current.connection + 1, undefined)
  }

  /** The health is this, as of now. @param reason one word that tells an operator why */
  confirm(health: LinkHealth, reason?: string): void {
    if (this.isKnown && health === this.current.health) this.confirmedAtMs = this.clock.monotonicMs()
    else this.enter(health, this.current.connection, reason)
  }

  /** Nothing will be known from now on, and nobody is told. */
  close(): void {
    this.listeners.clear()
    const now = this.clock.monotonicMs()
    this.current = { ...this.current, health: 'silent', sinceMs: now, confirmedAtMs: now }
    this.confirmedAtMs = now
  }

  private enter(health: LinkHealth, connection: number, reason: string | undefined): void {
    const before = this.current
    const now = this.clock.monotonicMs()
    const hasChanged = health !== before.health
    this.current = { health, connection, sinceMs: hasChanged ? now : before.sinceMs, confirmedAtMs: now }
    this.confirmedAtMs = now
    const lastedSeconds = Math.round((now - before.sinceMs) / 100) / 10
    const fields = { connection, before: before.health, lastedSeconds, ...(reason !== undefined && { reason }) }
    // What is found first is worth a line even where it was presumed.
    if (hasChanged || !this.isKnown) this.log[health === 'up' ? 'info' : 'warn'](fields, messages[health])
    this.isKnown = true
    if (hasChanged || connection !== before.connection) this.notify()
  }

  private notify(): void {
    for (const listener of [...this.listeners])
      try {
        listener()
      } catch (error) {
        this.log.warn({ error: error instanceof Error ? error.name : typeof error }, 'a listener of the link failed')
      }
  }
}
