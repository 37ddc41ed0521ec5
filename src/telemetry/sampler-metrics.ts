// The numbers of what is watched: who reads it, how often, and how much comes of it.
import { Counter, Gauge } from 'prom-client'
import { type LiveEvent, type LiveEventKind, liveEventKinds, type Sampling } from '#model/live-event.ts'
import type { ReadingGroup } from './metrics.ts'

/** The sampler of one account. */
export interface SamplerSource {
  readonly account: string
  /** Whether this process is the one that reads what is watched of the account. */
  isHolder(): boolean
  /** How it reads; null where it does not. */
  readSampling(): Sampling | null
}

const labelNames = ['account'] as const

const gauges = [
  ['weir_sampler_watched_streams', 'Streams that somebody watches at any replica.', 'watchedStreams'],
  [
    'weir_sampler_push_interval_seconds',
    'Time between two readings of ingest, readings and states of what is watched.',
    'pushEverySeconds',
  ],
  [
    'weir_sampler_play_interval_seconds',
    'Time between two readings of playback of what is watched.',
    'playEverySeconds',
  ],
] as const satisfies readonly (readonly [string, string, keyof Sampling])[]

/** The numbers of all accounts. */
export class SamplerMetrics implements ReadingGroup {
  private readonly sources: SamplerSource[] = []
  private readonly told = new Map<string, Map<LiveEventKind, number>>()

  /** Adds an account. */
  add(source: SamplerSource): void {
    this.sources.push(source)
    this.told.set(source.account, new Map(liveEventKinds.map((kind) => [kind, 0])))
  }

  /** Counts events that were told of an account. */
  count(account: string, events: readonly LiveEvent[]): void {
    const told = this.told.get(account)
    for (const { kind } of events) told?.set(kind, (told.get(kind) ?? 0) + 1)
  }

  read({ registry, maySee }: Parameters<ReadingGroup['read']>[0]): void {
    const shown = this.sources.filter(({ account }) => maySee(account))
    const registers = [registry]
    const held = new Gauge({
      name: 'weir_sampler_lease_held',
      help: 'Whether this process is the one that reads what is watched of the account.',
      labelNames,
      registers,
    })
    for (const { account, isHolder } of shown) held.set({ account }, Number(isHolder()))
    for (const [name, help, field] of gauges) {
      const gauge = new Gauge({ name, help: `${help} Only where this process reads it.`, labelNames, registers })
      for (const { account, readSampling } of shown) {
        const value = readSampling()?.[field] ?? null
        if (value !== null) gauge.set({ account }, value)
      }
    }
    const counter = new Counter({
      name: 'weir_sampler_events_total',
      help: 'Events that this process has told all replicas of.',
      labelNames: ['account', 'event'],
      registers,
    })
    for (const { account } of shown)
      for (const [event, count] of this.told.get(account) ?? []) counter.inc({ account, event }, count)
  }
}
