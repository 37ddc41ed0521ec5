import { randomUUID } from 'node:crypto'
import type { Answer } from '../answer.ts'

/** Forms in which the report can answer. */
export type ReportFormat = 'json' | 'xml'

/** A business answer; every one carries a request id of its own. */
export function toAnswer(
  format: ReportFormat,
  status: number,
  body: { code: string | number; message: string },
): Answer {
  return {
    status,
    contentType: format === 'json' ? 'application/json;charset=UTF-8' : 'application/xml;charset=UTF-8',
    headers: { 'x-cnc-request-id': randomUUID() },
    body: format === 'json' ? body : `<?xml version="1.0" encoding="UTF-8"?>${toXml('response', body)}`,
    verdict: 'answered',
    code: String(body.code),
  }
}

/** A documented refusal: `code` and HTTP status together. */
export function toRefusal(format: ReportFormat, status: number, code: string | number, message: string): Answer {
  return { ...toAnswer(format, status, { code, message }), verdict: 'refused' }
}

/** A refusal of the gateway in front of the report; bodies are undocumented there, so it is plain text. */
export function toGatewayRefusal(status: number, text: string): Answer {
  return {
    status,
    contentType: 'text/plain',
    headers: { 'x-cnc-request-id': randomUUID() },
    body: `${text}\n`,
    verdict: 'refused',
    code: '',
  }
}

/** The vendor does not document the XML form; elements are named like the JSON fields and repeated for lists. */
function toXml(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => toXml(name, item)).join('')
  if (typeof value !== 'object' || value === null) return `<${name}>${escapeXml(String(value))}</${name}>`
  const inner = Object.entries(value).map(([child, item]) => toXml(child, item))
  return `<${name}>${inner.join('')}</${name}>`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
