// The header by which a client says within which span of its own it asks: W3C Trace Context, level 1.
import { isSpanContextValid, type SpanContext, TraceFlags } from '@opentelemetry/api'

/** Versions after the first may have more fields, behind another dash. */
const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.{0,200})?$/

/** The client's span; undefined for a header that says nothing. */
export function readTraceParent(header: string | undefined): SpanContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '', rest] = pattern.exec(header ?? '') ?? []
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED
  const parent = { traceId, spanId, traceFlags, isRemote: true }
  return isSpanContextValid(parent) ? parent : undefined
}
