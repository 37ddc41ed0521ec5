// The text of a settings file, YAML or JSON, to plain values. Messages of the YAML library are not passed on: some of
// them repeat the text they complain about, and that may be a secret.
import { type ErrorCode, LineCounter, parseDocument } from 'yaml'
import type { ConfigProblem } from './problems.ts'

/** Longest settings file in characters. */
const MAX_LENGTH = 1_048_576
/** Most places one anchor may be repeated at; more is an attack or a mistake. */
const MAX_ALIASES = 100

/** Takes a settings file apart. An empty file is an empty mapping. @returns the top mapping, or what is wrong */
export function parseSettingsFile(
  text: string,
): { readonly value: Readonly<Record<string, unknown>> } | { readonly problems: readonly ConfigProblem[] } {
  if (text.length > MAX_LENGTH) return { problems: [toProblem('file', `is longer than ${MAX_LENGTH} characters`)] }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, uniqueKeys: true })
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0) {
    const problems = faults.map((fault) => {
      const { line, col } = lines.linePos(fault.pos[0])
      return toProblem(`line ${line}, column ${col}`, faultTexts[fault.code] ?? 'is no valid YAML')
    })
    // One slip makes the parser stumble several times over; the first stumble at a line is the telling one.
    return { problems: problems.filter((problem, index) => !isSameLine(problem, problems[index - 1])) }
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {}
    if (!isMapping(value)) return { problems: [toProblem('file', 'does not hold a mapping of settings')] }
    return { value }
  } catch {
    return {
      problems: [
        toProblem('file', `refers to an anchor that is not there, or to anchors more than ${MAX_ALIASES} times`),
      ],
    }
  }
}

/** Whether a value is a mapping of names to values. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const faultTexts: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: 'is no valid alias',
  BAD_INDENT: 'is indented wrongly',
  BAD_SCALAR_START: 'begins with a character that must be quoted',
  BLOCK_IN_FLOW: 'has a block inside brackets or braces',
  DUPLICATE_KEY: 'repeats a setting that already stands in the same mapping',
  MISSING_CHAR: 'lacks a quote, bracket, brace, colon or comma',
  MULTIPLE_DOCS: 'begins a second document; one file holds one',
  NON_STRING_KEY: 'has a name that is no text',
  TAB_AS_INDENT: 'is indented with a tab; YAML wants blanks',
  TAG_RESOLVE_FAILED: 'has a tag; tags are not used here',
  UNEXPECTED_TOKEN: 'is not understood here; text with "{", "}", "[", "]", "#" or ": " in it wants quotes',
}

function toProblem(path: string, problem: string): ConfigProblem {
  return { path, problem, allowed: null, remedy: null }
}

function isSameLine(one: ConfigProblem, other: ConfigProblem | undefined): boolean {
  return one.path.split(',')[0] === other?.path.split(',')[0]
}
