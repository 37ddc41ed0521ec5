// The envelope every Tencent answer comes in: `ret` is the verdict, `output` the content in whatever JSON type.
import { fieldOf, isNothing, type PayloadObject, parseJson, toInteger, toObject, toRows } from '#contract/payload.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import type { UpstreamError } from '#model/errors.ts'
import { malformed, toRefusalError, toStatusError } from './errors.ts'
import type { TencentRole } from './settings.ts'

/** What came in the envelope. */
export interface Output {
  /** The verdict: 0, or one of the numbers the call takes for a result. */
  readonly ret: number
  /** The content; empty when nothing was sent, which means that there is nothing. */
  readonly fields: PayloadObject
}

/** An answer as far as it can be opened. */
export type Examined =
  | {
      /** It is a success of this interface. */
      readonly problem: undefined
      readonly envelope: PayloadObject
      /** 0 */
      readonly ret: number
    }
  | {
      /** What a call that takes no number but 0 for a result has to say of it. */
      readonly problem: UpstreamError
      /** What was sent, when it is a JSON object. */
      readonly envelope: PayloadObject | undefined
      /** The verdict; null when there is none that can be read. */
      readonly ret: number | null
    }

/** Looks at an answer without taking the verdict of a status or a number for the last word. */
export function examineEnvelope(role: TencentRole, raw: RawAnswer): Examined {
  const envelope = toObject(parseJson(raw.body))
  const ret = envelope === undefined ? null : toInteger(fieldOf(envelope, 'ret'))
  if (!isSuccess(raw)) {
    const found = envelope === undefined || ret === null ? undefined : { ret, envelope }
    return { problem: toStatusError(role, raw, found), envelope, ret }
  }
  if (envelope === undefined) return { problem: malformed('no JSON object'), envelope, ret }
  if (ret === null) return { problem: malformed('without a readable "ret"'), envelope, ret }
  return ret === 0
    ? { problem: undefined, envelope, ret }
    : { problem: toRefusalError(role, ret, envelope), envelope, ret }
}

function isSuccess({ status }: RawAnswer): boolean {
  return status >= 200 && status <= 299
}

/**
 * Opens an envelope.
 * @param results numbers besides 0 that are results of the call, all of which mean "nothing there"
 * @throws UpstreamError
 */
export function openEnvelope(role: TencentRole, raw: RawAnswer, results: ReadonlySet<number>): Output {
  const { problem, envelope, ret } = examineEnvelope(role, raw)
  if (isSuccess(raw) && ret !== null && results.has(ret)) return { ret, fields: {} }
  if (problem !== undefined) throw problem
  const fields = findFields(fieldOf(envelope, 'output'))
  if (fields === undefined) throw malformed('of an unknown shape: "output" is neither an object nor a list of one')
  return { ret, fields }
}

/**
 * The content of `output`, undefined when it is of another shape. It is documented as an array throughout; it comes as
 * an object, or as an array that holds one.
 */
export function findFields(output: unknown): PayloadObject | undefined {
  const content = Array.isArray(output) && output.length === 1 ? output[0] : output
  return isNothing(content) ? {} : toObject(content)
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
