// What the process is asked to do, in the words behind its script.
import { parseArgs } from 'node:util'
import { fromIsoTime, type Instant } from '#model/time-range.ts'
import type { ConfigProblem } from './problems.ts'

/** What the process is to do: serve, check its settings and end, or do one thing with what is kept and end. */
export type Command =
  | { readonly name: 'run' }
  | { readonly name: 'check' }
  | {
      readonly name: 'clear-cache'
      /** As they were typed. Empty: all accounts. */
      readonly accounts: readonly string[]
    }
  | SnapshotCommand

/** What is to be done with what was popped. Accounts are as they were typed; none: all that collect. */
export type SnapshotCommand =
  | { readonly name: 'replay-snapshots'; readonly accounts: readonly string[] }
  | {
      readonly name: 'list-quarantine'
      readonly accounts: readonly string[]
      /** Id of the batch whose bytes are wanted instead of the list. */
      readonly body: string | null
    }
  | {
      readonly name: 'forget-quarantined'
      readonly accounts: readonly string[]
      /** As it was typed. */
      readonly id: string
    }
  | {
      readonly name: 'export-snapshots'
      readonly accounts: readonly string[]
      /** First instant inside the range; null: open. */
      readonly from: Instant | null
      /** First instant after the range; null: open. */
      readonly to: Instant | null
    }

const allowed = [
  '--check-config',
  'cache clear [account ...]',
  'snapshots replay [--account NAME ...]',
  'snapshots quarantine [--account NAME ...] [--body ID | --forget ID]',
  'snapshots export [--account NAME ...] [--from TIME] [--to TIME]',
].join(', ')

/** Options of what can be done with snapshots; all take a value. */
const snapshotOptions: Readonly<Record<string, readonly string[]>> = {
  replay: ['account'],
  quarantine: ['account', 'body', 'forget'],
  export: ['account', 'from', 'to'],
}

/** What was read, and what is wrong with it. */
interface ReadCommand {
  readonly command: Command
  readonly problems: readonly ConfigProblem[]
}

/** The words as a command, and what is wrong with them. */
export function readCommandLine(words: readonly string[]): ReadCommand {
  const verb = words[1] ?? ''
  if (words[0] === 'cache' && verb === 'clear') {
    const accounts = words.slice(2)
    const problems = accounts.filter((word) => word.startsWith('-')).map(toUnknown)
    return { command: { name: 'clear-cache', accounts }, problems }
  }
  if (words[0] === 'snapshots' && Object.hasOwn(snapshotOptions, verb)) return readSnapshots(verb, words.slice(2))
  const problems = words.filter((word) => word !== '--check-config').map(toUnknown)
  return { command: { name: words.includes('--check-config') ? 'check' : 'run' }, problems }
}

function readSnapshots(verb: string, words: readonly string[]): ReadCommand {
  const names = snapshotOptions[verb] ?? []
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const given = new Map<string, string[]>(names.map((name) => [name, []]))
  const problems: ConfigProblem[] = []
  for (const token of tokens) {
    const values = token.kind === 'option' ? given.get(token.name) : undefined
    if (token.kind !== 'option' || !values) problems.push(toUnknown(words[token.index] ?? ''))
    else if (token.value === undefined || token.value === '' || token.value.startsWith('-'))
      problems.push(toProblem(`has ${token.rawName} without a value`))
    else values.push(token.value)
  }
  const find = (name: string): string | null => {
    const values = given.get(name) ?? []
    if (values.length > 1) problems.push(toProblem(`has --${name} ${values.length} times; once is enough`))
    return values[0] ?? null
  }
  const findTime = (name: string): Instant | null => {
    const text = find(name)
    const instant = text === null ? null : fromIsoTime(text)
    if (instant === undefined) {
      const example = 'an RFC 3339 time with a zone, such as 2026-11-21T04:00:00Z'
      problems.push(toProblem(`has a --${name} that is no time: ${show(text ?? '')}`, example))
    }
    return instant ?? null
  }

  const accounts = given.get('account') ?? []
  if (verb === 'replay') return { command: { name: 'replay-snapshots', accounts }, problems }
  if (verb === 'quarantine') {
    const [body, id] = [find('body'), find('forget')]
    if (body !== null && id !== null)
      problems.push(toProblem('has both --body and --forget', 'one of them: look first, then forget'))
    const command: Command =
      id === null ? { name: 'list-quarantine', accounts, body } : { name: 'forget-quarantined', accounts, id }
    return { command, problems }
  }
  const range = { from: findTime('from'), to: findTime('to') }
  if (range.from !== null && range.to !== null && range.from >= range.to)
    problems.push(toProblem('has a --from that is not before --to', 'a range that holds something'))
  return { command: { name: 'export-snapshots', accounts, ...range }, problems }
}

function toUnknown(word: string): ConfigProblem {
  return toProblem(`has an unknown argument ${show(word)}`)
}

function toProblem(problem: string, what: string = allowed): ConfigProblem {
  return { path: 'command line', problem, allowed: what, remedy: null }
}

function show(word: string): string {
  return JSON.stringify(word.slice(0, 40))
}
