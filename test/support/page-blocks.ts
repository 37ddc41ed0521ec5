// What a page of the documentation shows in fences, and whether an answer is what it shows.
import { isDeepStrictEqual } from 'node:util'

/** A fenced block of a page. */
export interface PageBlock {
  /** First word after the fence; empty where there is none. */
  readonly language: string
  /** The other words: `no-run`, `fails`, `exact`, or the name of the file that the block is. */
  readonly words: readonly string[]
  readonly text: string
  /** Line of the page that the fence stands on, from 1. */
  readonly line: number
}

/** The blocks of a page in their order. */
export function readBlocks(page: string): readonly PageBlock[] {
  return [...page.matchAll(/^```([^\n`]*)\n([\s\S]*?)^```$/gm)].map(({ 1: info = '', 2: text = '', index }) => {
    const [language = '', ...words] = info.trim().split(/\s+/)
    return { language, words, text, line: page.slice(0, index).split('\n').length }
  })
}

/** Languages of blocks that are done. */
const runnable: ReadonlySet<string> = new Set(['sh', 'graphql'])
/** Languages in which an answer is shown. */
const answers: ReadonlySet<string> = new Set(['json', 'csv', 'http', 'text'])

/** A block that is done, and what the page shows as its answer. */
export interface PageStep {
  readonly block: PageBlock
  readonly shown: PageBlock | undefined
}

/** What there is to do on a page, in order: commands, queries, and files to be written. */
export function readSteps(page: string): readonly PageStep[] {
  const blocks = readBlocks(page)
  return blocks.flatMap((block, index) => {
    if (!runnable.has(block.language) && toFileName(block) === undefined) return []
    const next = blocks[index + 1]
    const isAnswer = runnable.has(block.language) && next && answers.has(next.language) && !toFileName(next)
    return { block, shown: isAnswer ? next : undefined }
  })
}

/** The file that a block is: `yaml weir.yaml`. */
export function toFileName({ words }: PageBlock): string | undefined {
  return words.find((word) => /^[\w-]+\.\w+$/.test(word))
}

/** What of `text`, which a command wrote, is not as shown. Nothing: all of it is. */
export function compareAnswer({ language, words, text: shown }: PageBlock, text: string): readonly string[] {
  if (language === 'json') return compareJson(JSON.parse(shown), readLastJson(text), words.includes('exact'))
  if (language === 'csv') return compareCsv(shown, text)
  return compareLines(shown, text, language !== 'http')
}

/** Output of several commands ends with the answer of the last. */
function readLastJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return JSON.parse(text.trim().split('\n').at(-1) ?? '')
  }
}

/**
 * Names and kinds have to be the same, values need not: times, ids and measurements change. A word in capitals is a
 * code, which does not. Of a list as many items are compared as are shown and there; none shown means none there.
 */
export function compareJson(shown: unknown, there: unknown, isExact = false, path = '$'): readonly string[] {
  if (isExact) return isDeepStrictEqual(shown, there) ? [] : [`${path}: is ${JSON.stringify(there)}`]
  if (Array.isArray(shown) && Array.isArray(there)) {
    if ((shown.length === 0) !== (there.length === 0)) return [`${path}: has ${there.length} items`]
    const length = Math.min(shown.length, there.length)
    return shown.slice(0, length).flatMap((item, index) => compareJson(item, there[index], false, `${path}[${index}]`))
  }
  if (isObject(shown) && isObject(there)) {
    const added = Object.keys(there).filter((name) => !Object.hasOwn(shown, name))
    return [
      ...added.map((name) => `${path}.${name}: is there and not shown`),
      ...Object.entries(shown).flatMap(([name, value]) =>
        Object.hasOwn(there, name)
          ? compareJson(value, there[name], false, `${path}.${name}`)
          : [`${path}.${name}: is shown and not there`],
      ),
    ]
  }
  if (toKind(shown) !== toKind(there)) return [`${path}: is ${JSON.stringify(there)}`]
  const isCode = typeof shown === 'string' && /^[A-Z][A-Z_]+$/.test(shown)
  return isCode && shown !== there ? [`${path}: is ${JSON.stringify(there)}`] : []
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toKind(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'list' : typeof value
}

/** The head has to be the same; of the rows, the number of cells. */
function compareCsv(shown: string, text: string): readonly string[] {
  const [shownHead = '', ...shownRows] = shown.trim().split(/\r?\n/)
  const [head = '', ...rows] = text.trim().split(/\r?\n/)
  if (shownHead !== head) return [`the columns are ${head}`]
  const toCells = (row = '') => row.split(',').length
  const isAlike = shownRows.every((row, index) => toCells(row) === toCells(rows[index]))
  return isAlike && rows.length >= shownRows.length ? [] : ['the rows are of another form']
}

/** The lines shown have to be there. A word with a digit in it may be another one; `…` is anything. */
function compareLines(shown: string, text: string, inOrder: boolean): readonly string[] {
  const lines = text.split(/\r?\n/)
  const problems: string[] = []
  for (const line of shown.trim().split('\n')) {
    const pattern = new RegExp(`^${line.trim().split(/\s+/).map(toPattern).join('\\s+')}$`, 'i')
    const index = lines.findIndex((there) => pattern.test(there.trim()))
    if (index < 0) problems.push(`there is no line like "${line}"`)
    else if (inOrder) lines.splice(0, index + 1)
  }
  return problems
}

function toPattern(word: string): string {
  if (/\d/.test(word) && !word.includes('…')) return '\\S+'
  return word
    .split('…')
    .map((part) => part.replaceAll(/[^\p{L}\p{N}]/gu, '\\$&'))
    .join('.*')
}
