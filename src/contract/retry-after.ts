// When a provider wants to be asked again.
import type { RawAnswer } from './upstream-call.ts'

/** A provider that names a later time is believed up to here. */
const MAX_RETRY_AFTER_MS = 300_000

/** Milliseconds of `Retry-After` (seconds or a date), 0 to 300 000; undefined when there is none that can be read. */
export function readRetryAfter({ headers, receivedAt }: RawAnswer): number | undefined {
  const text = headers['retry-after']?.trim() ?? ''
  if (/^\d+(?:\.\d+)?$/.test(text)) return clamp(Number(text) * 1000)
  const at = fromHttpDate(text)
  // Told by the provider's clock, so counted from it where it is known.
  return at === undefined ? undefined : clamp(at - (fromHttpDate(headers['date']?.trim() ?? '') ?? receivedAt))
}

function fromHttpDate(text: string): number | undefined {
  if (!/^[A-Za-z]{3,9},? .*\d{2}:\d{2}:\d{2}/.test(text)) return undefined
  // The oldest of the three forms names no zone; it is GMT like the others.
  const instant = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(instant) ? undefined : instant
}

function clamp(milliseconds: number): number {
  return Math.min(MAX_RETRY_AFTER_MS, Math.max(0, Math.ceil(milliseconds)))
}
