// Arguments as they arrive in a path, a query or a body: texts that are read, or refused with words that say which
// argument, what is wrong with it and what is allowed.
import { z } from 'zod'
import { InvalidInputError } from '#model/errors.ts'
import { MAX_PAGE_SIZE } from '#model/page.ts'
import { fromIsoTime } from '#model/time-range.ts'

/** Most characters of a bad value that are shown back to its sender. */
const MAX_SHOWN = 80

/** Reads the arguments of a schema, every one of them. @throws InvalidInputError naming each bad one */
export function readArguments<Schema extends z.ZodObject>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const allowed = Object.keys(schema.shape).join(', ') || 'none'
  const problems = result.error.issues.flatMap((issue): Problem[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => [show(key), `is no argument here; allowed are: ${allowed}`])
      : issue.path.length === 0
        ? [['body', `is no JSON object; allowed is an object with: ${allowed}`]]
        : [[issue.path.join('.'), issue.message]],
  )
  const [[argument, problem] = ['input', 'is bad'], ...others] = problems
  const rest = others.map((other) => other.join(' '))
  throw new InvalidInputError(argument, [problem, ...rest].join('. '))
}

type Problem = readonly [argument: string, problem: string]

/** Refuses a query whose percent-encoding is broken: taken as it is, it would stand for another text. */
export function checkQueryEncoding(url: string): void {
  const start = url.indexOf('?')
  if (start === -1) return
  try {
    decodeURIComponent(url.slice(start + 1))
  } catch {
    throw new InvalidInputError('query', 'holds malformed percent-encoding; write % itself as %25')
  }
}

function show(value: unknown): string {
  const text = String(value)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

/** How an argument shows up in the OpenAPI document. */
interface ArgumentFacts {
  readonly description: string
  readonly examples: readonly [string | number]
  readonly [keyword: string]: unknown
}

function textArgument(allowed: string, facts: ArgumentFacts) {
  const error = ({ input }: { readonly input?: unknown }) => {
    if (input === undefined) return `is missing; allowed is ${allowed}`
    if (Array.isArray(input)) return `is given ${input.length} times; allowed is once`
    return `is no text; allowed is ${allowed}`
  }
  // The facts stand on the text itself: what is put on a pipe loses its examples on the way to JSON Schema.
  return z.string({ error }).meta(facts)
}

/** An instant, written as RFC 3339 with a zone. */
function timeArgument(description: string, example: string) {
  const allowed = 'an RFC 3339 time with a zone, such as 2026-11-21T04:00:00Z'
  return textArgument(allowed, { format: 'date-time', description, examples: [example] }).transform((text, context) => {
    const instant = fromIsoTime(text)
    if (instant !== undefined) return instant
    const plusLost = fromIsoTime(text.replace(' ', '+')) !== undefined ? ' (in a query, + is written %2B)' : ''
    context.addIssue({ code: 'custom', message: `is "${show(text)}"; allowed is ${allowed}${plusLost}` })
    return z.NEVER
  })
}

function wholeNumberArgument(description: string, maximum: number, example: number) {
  const allowed = `a whole number from 1 to ${maximum}`
  const facts = { type: 'integer', minimum: 1, maximum, description, examples: [example] } as const
  return textArgument(allowed, facts).transform((text, context) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : 0
    if (value >= 1 && value <= maximum) return value
    context.addIssue({ code: 'custom', message: `is "${show(text)}"; allowed is ${allowed}` })
    return z.NEVER
  })
}

/** A text of at least one character. */
export function nameArgument(description: string, example: string) {
  return textArgument('a text', { minLength: 1, description, examples: [example] }).refine((text) => text !== '', {
    error: 'is empty; leave it out or give a text',
  })
}

/** A name that may be given any number of times. Null when it is not given at all. */
export function repeatableNameArgument(description: string, example: string) {
  const name = nameArgument(description, example)
  return z
    .preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(name))
    .meta({
      type: 'array',
      items: { type: 'string', minLength: 1 },
      description,
      // A list of examples would be lost on the way to JSON Schema, as for any pipe.
      'x-examples': { one: { summary: 'one name', value: [example] } },
    })
    .optional()
}

/** The range that every history is asked for. */
export const rangeArguments = {
  from: timeArgument('First instant inside the range. Not in the future.', '2026-11-21T03:00:00Z'),
  to: timeArgument('First instant after the range. Beyond now it stands for now.', '2026-11-21T04:00:00Z'),
}

/** A range whose edges may be left out. */
export const openRangeArguments = {
  from: timeArgument('First instant inside the range; open when left out.', '2026-11-21T03:00:00Z').optional(),
  to: timeArgument('First instant after the range; open when left out.', '2026-11-21T04:00:00Z').optional(),
}

/** A range of samples, optionally grouped. */
export const sampleArguments = {
  ...rangeArguments,
  everySeconds: wholeNumberArgument(
    'Groups samples into buckets of this many seconds, aligned to the epoch: averages for rates and counts, sums for traffic. As measured when left out.',
    86_400,
    60,
  ).optional(),
}

/** Paging. */
export const pageArguments = {
  first: wholeNumberArgument('Most items on the page; 50 when left out.', MAX_PAGE_SIZE, 50).optional(),
  after: textArgument('the nextCursor of an earlier page', {
    description: 'The `nextCursor` of an earlier page of this very list. A cursor carries the page size it began with.',
    examples: ['WzEsIjFmUTJ5eU1mZzB3WiIsNTAsNTBd'],
  }).optional(),
}

/** The provider's domain filter. */
export const domainArgument = {
  domain: nameArgument(
    "One of the provider's domains; all of the account when left out.",
    'play.example.com',
  ).optional(),
}

/** The account in a path. */
export const accountPath = z.strictObject({
  account: nameArgument('Name of the account, as in the settings.', 'tencent-main'),
})

/** A stream in a path, by account and key. */
export const streamKeyPath = z.strictObject({
  account: nameArgument('Name of the account, as in the settings.', 'tencent-main'),
  key: textArgument('a stream key', {
    description:
      'Key of the stream as the provider knows it, as one percent-encoded segment: `push.example.com/live/room1` is written `push.example.com%2Flive%2Froom1`.',
    examples: ['8888_test123'],
  }),
})

/** A stream in a path, by node id. */
export const streamIdPath = z.strictObject({
  id: nameArgument('Node id of the stream, as every answer gives it.', 's1.WyJ0ZW5jZW50LW1haW4iLCI4ODg4X3Rlc3QxMjMiXQ'),
})
