// One part of the settings against its schema, with every fault in words.
import type { z } from 'zod'
import { type FileSchema, findSchema, listNames, toAllowedText, toFileSchema } from './allowed.ts'
import { findNearestName } from './nearest-name.ts'
import { type ConfigProblem, toPathText, toShownName } from './problems.ts'
import { isMapping } from './settings-file.ts'

/** Where a part stands and where its values came from. */
export interface SectionPlace {
  /** Path of the part within the settings. */
  readonly path: readonly PropertyKey[]
  /** See `FilledSettings.origins`. */
  readonly origins: ReadonlyMap<string, readonly string[]>
  /** Names that may stand at the top of the part besides those of the schema: they are read elsewhere. */
  readonly otherNames?: readonly string[]
}

/** Either the parsed part or what is wrong with it. */
export type Parsed<Value> =
  | { readonly value: Value; readonly problems: readonly [] }
  | { readonly value?: never; readonly problems: readonly ConfigProblem[] }

/** Parses a part. Text that came from the environment also goes where a number or true/false is wanted. */
export function parseSection<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: SectionPlace,
): Parsed<z.output<Schema>> {
  const first = schema.safeParse(value)
  if (first.success) return { value: first.data, problems: [] }
  const retyped = first.error.issues.reduce((known, issue) => retype(known, issue, place), value)
  const second = retyped === value ? first : schema.safeParse(retyped)
  if (second.success) return { value: second.data, problems: [] }
  const described = toFileSchema(schema)
  return { problems: second.error.issues.flatMap((issue) => toProblems(issue, described, retyped, place)) }
}

function retype(value: unknown, issue: z.core.$ZodIssue, place: SectionPlace): unknown {
  if (issue.code !== 'invalid_type' || !place.origins.has(toPathText([...place.path, ...issue.path]))) return value
  const text = findValue(value, issue.path)
  if (typeof text !== 'string') return value
  if ((issue.expected === 'number' || issue.expected === 'int') && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text))
    return replaceValue(value, issue.path, Number(text))
  if (issue.expected === 'boolean' && (text === 'true' || text === 'false'))
    return replaceValue(value, issue.path, text === 'true')
  return value
}

function toProblems(
  issue: z.core.$ZodIssue,
  schema: FileSchema,
  value: unknown,
  place: SectionPlace,
): readonly ConfigProblem[] {
  const path = [...place.path, ...issue.path]
  const expected = findSchema(schema, issue.path)
  if (issue.code === 'unrecognized_keys') {
    const names = [...(issue.path.length === 0 ? (place.otherNames ?? []) : []), ...listNames(expected)]
    return issue.keys.map((name) => toUnknownNameProblem(name, path, names))
  }
  const sources = place.origins.get(toPathText(path))
  const found = findValue(value, issue.path)
  return [
    {
      path: toPathText(path),
      problem: `${toProblemText(issue, found, sources !== undefined || isSecret(path))}${
        sources === undefined ? '' : ` (taken from ${sources.join(', ')} in the environment)`
      }`,
      allowed: expected === undefined ? null : toAllowedText(expected),
      remedy: expected === undefined ? null : toRemedy(found === undefined, expected),
    },
  ]
}

function toUnknownNameProblem(name: string, path: readonly PropertyKey[], names: readonly string[]): ConfigProblem {
  const nearest = findNearestName(name, names)
  return {
    path: path.length === 0 ? 'file' : toPathText(path),
    // A name inside credentials may be the secret itself, misplaced.
    problem: `has an unknown setting${isSecret(path) && nearest === undefined ? '' : ` ${toShownName(name)}`}`,
    allowed: names.length === 0 ? null : names.join(', '),
    remedy: nearest === undefined ? 'remove it' : `did you mean "${nearest}"?`,
  }
}

function toProblemText(issue: z.core.$ZodIssue, found: unknown, secret: boolean): string {
  if (found === undefined) return 'is missing'
  // A schema's own words are better than ours; the library's stock phrases are not.
  if (!/^(?:Invalid|Too |Unrecognized)/.test(issue.message)) return issue.message
  return `is ${toShownValue(found, secret)}`
}

function toRemedy(isMissing: boolean, { description, default: fallback }: FileSchema): string {
  const meaning = description === undefined ? '' : `: ${description}`
  if (isMissing) return `add it${meaning}`
  if (fallback === undefined || isMapping(fallback)) return `correct it${meaning}`
  return `correct it, or remove it for the default, ${JSON.stringify(fallback)}`
}

/** Whether a value at that path may be a secret, or carry one. */
function isSecret(path: readonly PropertyKey[]): boolean {
  return path.some((step) =>
    /credential|key|url|endpoint|secret|password|token|sha256/i.test(typeof step === 'string' ? step : ''),
  )
}

function toShownValue(value: unknown, secret: boolean): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  if (secret) return typeof value === 'string' ? (value === '' ? 'empty' : 'not allowed') : `a ${typeof value}`
  // An address in the wrong place may hold a password.
  if (typeof value === 'string' && value.includes('://')) return 'an address'
  const text = JSON.stringify(value) ?? typeof value
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text
}

function findValue(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((found, step) => {
    if (Array.isArray(found) && typeof step === 'number') return found[step]
    return isMapping(found) && typeof step === 'string' && Object.hasOwn(found, step) ? found[step] : undefined
  }, value)
}

function replaceValue(value: unknown, path: readonly PropertyKey[], replacement: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return replacement
  if (Array.isArray(value))
    return value.map((item, index) => (index === step ? replaceValue(item, rest, replacement) : item))
  if (!isMapping(value) || typeof step !== 'string') return value
  return { ...value, [step]: replaceValue(value[step], rest, replacement) }
}
