// Spans by way of OpenTelemetry. What is under way is kept with the work itself, so that two gateways of one process know
// nothing of each other, and nothing is registered with anybody.
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Context,
  type Span as OtelSpan,
  SpanKind as OtelSpanKind,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import type { Clock } from '#model/clock.ts'
import { type ErrorCode, errorTable, GatewayError } from '#model/errors.ts'
import type { RequestSpan, Span, SpanFacts, SpanKind, TraceIds, Tracer } from '#model/tracer.ts'
import { readTraceParent } from './trace-parent.ts'

/** A timer that was set for one of many does its work for all: what is small and late is not told of. */
const SOON_MS = 1000
/** Work that goes on for longer than this after its request was answered is nobody's work: a trace of its own. */
const LATE_MS = 30_000
/** What failed without a code of ours. */
const OTHER = '_OTHER'

const kinds: Readonly<Record<SpanKind, OtelSpanKind>> = { work: OtelSpanKind.INTERNAL, call: OtelSpanKind.CLIENT }

/** Where in a trace work is done. */
interface Place {
  readonly span: OtelSpan
  readonly context: Context
  readonly root: Root
  /** When the span was over, on the steady clock; undefined while it is under way. */
  endedAtMs?: number
}

/** The first span of this process in a trace. */
interface Root {
  /** On the steady clock; undefined while it is under way. */
  endedAtMs: number | undefined
  /** Undefined where no request is answered. */
  readonly request: RequestSpan | undefined
}

const unkept: Span = { tell: () => undefined }

/** Follows work with the spans of one provider. */
export class SpanTracer implements Tracer {
  readonly isOn = true
  private readonly spans: OtelTracer
  private readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
  private readonly places = new AsyncLocalStorage<Place>()

  /** @param spans makes them, and passes on those that have ended */
  constructor(spans: OtelTracer, clock: Pick<Clock, 'now' | 'monotonicMs'>) {
    this.spans = spans
    this.clock = clock
  }

  get isFollowing(): boolean {
    const endedAtMs = this.places.getStore()?.endedAtMs
    const isOver = endedAtMs !== undefined && this.clock.monotonicMs() - endedAtMs > SOON_MS
    return !isOver && this.findPlace() !== undefined
  }

  get request(): RequestSpan | undefined {
    return this.findPlace()?.root.request
  }

  findIds(): TraceIds | undefined {
    const place = this.findPlace()
    if (!place || !isKept(place.span)) return undefined
    const { traceId, spanId } = place.span.spanContext()
    return { traceId, spanId }
  }

  begin(traceParent: string | undefined, tookMs = 0): RequestSpan {
    const parent = readTraceParent(traceParent)
    const above = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT
    // What is told of afterwards lies between two times; whoever makes spans measures better by himself.
    const now = this.clock.now()
    const isOver = tookMs > 0
    const options = { kind: OtelSpanKind.SERVER, ...(isOver && { startTime: now - tookMs }) }
    const span = this.spans.startSpan('request', options, above)
    const request: RequestSpan = {
      tell: (facts) => void span.setAttributes(facts),
      run: (work) => this.places.run(place, work),
      end: (name, facts, code) => {
        if (root.endedAtMs !== undefined) return
        root.endedAtMs = this.clock.monotonicMs()
        place.endedAtMs = root.endedAtMs
        span.updateName(name).setAttributes(facts)
        if (code !== 'OK') {
          span.setAttribute('error.type', code)
          // What the caller got wrong is no fault of the span, as the semantic conventions have it.
          if (code !== 'CLIENT_LEFT' && isFault(code)) span.setStatus({ code: SpanStatusCode.ERROR })
        }
        span.end(isOver ? now : undefined)
      },
    }
    const root: Root = { endedAtMs: undefined, request }
    const place: Place = { span, context: trace.setSpan(above, span), root }
    return request
  }

  async follow<Result>(
    kind: SpanKind,
    name: string,
    facts: SpanFacts,
    work: (span: Span) => Promise<Result>,
  ): Promise<Result> {
    const above = this.findPlace()
    // Of a trace that is not kept nothing is.
    if (above && !isKept(above.span)) return work(unkept)
    const late = above ? undefined : this.places.getStore()
    const span = this.spans.startSpan(
      name,
      { kind: kinds[kind], attributes: facts, ...(late && { links: [{ context: late.span.spanContext() }] }) },
      above?.context ?? ROOT_CONTEXT,
    )
    const root = above?.root ?? { endedAtMs: undefined, request: undefined }
    const place: Place = { span, context: trace.setSpan(above?.context ?? ROOT_CONTEXT, span), root }
    try {
      return await this.places.run(place, () => work({ tell: (more) => void span.setAttributes(more) }))
    } catch (error) {
      span.setAttribute('error.type', toCode(error)).setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      span.end()
      place.endedAtMs = this.clock.monotonicMs()
      if (!above) root.endedAtMs = place.endedAtMs
    }
  }

  /** Where this is done; undefined where what it was begun for is long over. */
  private findPlace(): Place | undefined {
    const place = this.places.getStore()
    const endedAtMs = place?.root.endedAtMs
    return endedAtMs !== undefined && this.clock.monotonicMs() - endedAtMs > LATE_MS ? undefined : place
  }
}

/** Whether anybody will see it: its trace is sampled. */
function isKept(span: OtelSpan): boolean {
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0
}

function isFault(code: ErrorCode): boolean {
  return errorTable[code].status >= 500
}

/** The code of an error of ours. What others say of theirs is nobody's business here. */
function toCode(error: unknown): string {
  if (error instanceof GatewayError) return error.code
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,49}$/.test(code) ? code : OTHER
}
