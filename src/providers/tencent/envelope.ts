// The envelope every Tencent answer comes in: `ret` is the verdict, `output` the content in whatever JSON type.
import { fieldOf, isNothing, type PayloadObject, parseJson, toInteger, toObject, toRows } from '#contract/payload.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import { malformed, toRefusalError, toStatusError } from './errors.ts'
import type { TencentRole } from './settings.ts'

/** What came in the envelope. */
export interface Output {
  /** The verdict: 0, or one of the numbers the call takes for a result. */
  readonly ret: number
  /** The content; empty when nothing was sent, which means that there is nothing. */
  readonly fields: PayloadObject
}

/**
 * Opens an envelope.
 * @param results numbers besides 0 that are results of the call, all of which mean "nothing there"
 * @throws UpstreamError
 */
export function openEnvelope(role: TencentRole, raw: RawAnswer, results: ReadonlySet<number>): Output {
  const envelope = toObject(parseJson(raw.body))
  const ret = envelope === undefined ? null : toInteger(fieldOf(envelope, 'ret'))
  if (raw.status < 200 || raw.status > 299)
    throw toStatusError(role, raw, envelope === undefined || ret === null ? undefined : { ret, envelope })
  if (envelope === undefined) throw malformed('no JSON object')
  if (ret === null) throw malformed('without a readable "ret"')
  if (results.has(ret)) return { ret, fields: {} }
  if (ret !== 0) throw toRefusalError(role, ret, envelope)
  return { ret, fields: toFields(fieldOf(envelope, 'output')) }
}

/** `output` is documented as an array throughout; it comes as an object, or as an array that holds one. */
function toFields(output: unknown): PayloadObject {
  const content = Array.isArray(output) && output.length === 1 ? output[0] : output
  const fields = isNothing(content) ? {} : toObject(content)
  if (fields === undefined) throw malformed('of an unknown shape: "output" is neither an object nor a list of one')
  return fields
}

/** Rows of a list in the content. */
export interface Rows {
  readonly rows: readonly PayloadObject[]
  /** Rows as sent, also those that are no objects. */
  readonly rowCount: number
}

/** A list in the content; a single row may come bare. @throws UpstreamError when it is no list at all */
export function readRows(fields: PayloadObject, name: string): Rows {
  const items = toRows(fieldOf(fields, name))
  if (items === undefined) throw malformed(`of an unknown shape: "${name}" is no list`)
  return { rows: items.map(toObject).filter((row) => row !== undefined), rowCount: items.length }
}
