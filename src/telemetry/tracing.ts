// Traces, sent to a collector by OTLP over HTTP. Loaded only where they are switched on. A collector that is away costs
// spans and a line of the log now and then: nobody waits for it, and no more than so much is held for it.
import { randomUUID } from 'node:crypto'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node'
import type { Clock } from '#model/clock.ts'
import type { Tracer } from '#model/tracer.ts'
import { SpanTracer } from './span-tracer.ts'

/** Where traces go, and how many of them. */
export interface TracingSettings {
  /** Base address of the collector, `http` or `https`: `/v1/traces` is put behind it. */
  readonly endpoint: string
  /** Share of the traces that begin here which are kept, 0..1. A client that keeps its own has ours kept too. */
  readonly sampleRatio: number
}

/** The little that is needed of a log. */
export interface TracingLog {
  warn(details: object, message: string): void
}

/** What tracing is opened with. */
export interface TracingOptions {
  readonly settings: TracingSettings
  /** Of the program. */
  readonly version: string
  readonly clock: Pick<Clock, 'now' | 'monotonicMs' | 'delay'>
  /** How long ended spans may wait for others to leave with them, in milliseconds; 5 000 when left out. */
  readonly gatherMs?: number
}

/** Tracing that is switched on. */
export interface Tracing {
  readonly tracer: Tracer
  /** Tells of a collector that takes nothing from now on: at once, then once a minute at most. */
  reportTo(log: TracingLog): void
  /** Sends what is left, within a bound, and ends every connection. */
  close(): Promise<void>
}

/** Most spans that wait; further ones are lost. Some 2 MB. */
const MAX_WAITING = 2048
const MAX_TOGETHER = 512
const GATHER_MS = 5000
/** How long the collector may take for so many. */
const EXPORT_MS = 10_000
/** How long the last of them are waited for. */
const CLOSE_MS = 2000
const REPORT_EVERY_MS = 60_000
/** Longest text of a span, in characters: there is nothing in it that is longer. */
const MAX_TEXT_LENGTH = 200

/** Switches tracing on. Connects to nobody until there is something to send. */
export function openTracing(options: TracingOptions): Tracing {
  const { settings, clock } = options
  const url = toTracesUrl(settings.endpoint)
  const agent = url.protocol === 'https:' ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const exporter = new OTLPTraceExporter({
    url: url.href,
    timeoutMillis: EXPORT_MS,
    concurrencyLimit: Math.ceil(MAX_WAITING / MAX_TOGETHER),
    httpAgentOptions: () => agent,
  })
  const losses = new Losses(clock)
  let closing: Promise<void> | undefined
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'weir',
      'service.version': options.version,
      'service.instance.id': randomUUID(),
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(settings.sampleRatio) }),
    generalLimits: { attributeValueLengthLimit: MAX_TEXT_LENGTH },
    spanProcessors: [
      new BatchSpanProcessor(withLosses(exporter, losses), {
        maxQueueSize: MAX_WAITING,
        maxExportBatchSize: MAX_TOGETHER,
        scheduledDelayMillis: options.gatherMs ?? GATHER_MS,
        exportTimeoutMillis: EXPORT_MS,
      }),
    ],
  })
  return {
    tracer: new SpanTracer(provider.getTracer('weir', options.version), clock),
    reportTo: (log) => losses.reportTo(log),
    close: () => {
      closing ??= shutDown()
      return closing
    },
  }

  async function shutDown(): Promise<void> {
    const closed = new AbortController()
    const limit = clock.delay(CLOSE_MS, closed.signal).catch(() => undefined)
    // What could not be sent was told of when it happened.
    await Promise.race([provider.shutdown().catch(() => undefined), limit])
    closed.abort()
    agent.destroy()
  }
}

/** Where traces go at a collector, as the specification of the exporters has it. */
function toTracesUrl(endpoint: string): URL {
  const base = new URL(endpoint)
  base.pathname = `${base.pathname.replace(/\/$/, '')}/v1/traces`
  return base
}

/**
 * Counts spans that the collector did not take, and tells of them. More are lost than it tells: those that end while
 * `MAX_WAITING` others wait are thrown away before anybody here hears of them.
 */
class Losses {
  private readonly clock: Pick<Clock, 'monotonicMs'>
  private log: TracingLog | undefined
  private spans = 0
  private toldAtMs = Number.NEGATIVE_INFINITY

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock
  }

  reportTo(log: TracingLog): void {
    this.log = log
  }

  add(spans: number, error: unknown): void {
    this.spans += spans
    const nowMs = this.clock.monotonicMs()
    if (!this.log || nowMs - this.toldAtMs < REPORT_EVERY_MS) return
    this.toldAtMs = nowMs
    // Never what the collector, or whoever stands in its place, has answered.
    const reason = error instanceof Error && 'code' in error ? { reason: error.code } : {}
    this.log.warn({ spans: this.spans, ...reason }, 'the collector of traces takes nothing; spans were lost')
    this.spans = 0
  }
}

function withLosses(exporter: OTLPTraceExporter, losses: Losses): SpanExporter {
  return {
    export: (spans, onResult) =>
      exporter.export(spans, (result) => {
        if (result.error !== undefined) losses.add(spans.length, result.error)
        // Nobody else is told of it: what the failure says may hold what somebody has answered.
        onResult({ code: 0 })
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
}
