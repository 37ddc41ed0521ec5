// Regular expressions that a text can make slow. One that takes the square of a text's length, or worse, holds up the
// whole process; it may stay only where security/regular-expressions.json says what bounds the text.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { check, type Diagnostics } from 'recheck'
import { z } from 'zod'
import { isNode, readTrees, type SyntaxNode, toDottedName, toWord, walkTree } from './syntax-tree.ts'

const reviewShape = z.strictObject({
  comment: z.string(),
  reviewed: z.array(z.strictObject({ file: z.string(), expression: z.string(), because: z.string().min(20) })),
})

/** An expression as written in one file. */
interface Written {
  readonly file: string
  readonly pattern: string
  readonly flags: string
}

/** What is said of an expression: nothing when it is good. */
interface Verdict {
  readonly problem: string | undefined
  /** Whether no bound on the text can excuse it: its time doubles with each character. */
  readonly isHopeless: boolean
}

/** Nearly every proof takes less than 200 ms, on a busy machine a few times that. */
const PROOF_MS = 4000
const SEARCH_MS = 6000
const LONG_PROOF_MS = 20_000
/** Time that doubles shows within a few milliseconds. */
const HOPELESS_MS = 300
/** As many as a small machine has processors. */
const AT_ONCE = 2

/** Every slow expression in the code of `folder` that was not reviewed, and every review of one that is gone. */
export async function findSlowExpressions(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'security/regular-expressions.json'), 'utf8').catch(() => undefined)
  const reviews = text === undefined ? [] : reviewShape.parse(JSON.parse(text)).reviewed
  const trees = await readTrees(folder, (path) => /^(src|sandbox|scripts|web)\//.test(path))
  const problems: string[] = []
  const verdicts = new Map<string, Promise<Verdict>>()
  const used = new Set<object>()
  const queue = trees.flatMap(({ path, root }) => [...findExpressions(path, root)]).values()
  const judgeAll = async () => {
    for (const { file, pattern, flags } of queue) {
      const expression = `/${pattern}/${flags}`
      const review = reviews.find((candidate) => candidate.file === file && candidate.expression === expression)
      if (review) used.add(review)
      const name = `${expression} ${review === undefined}`
      const verdict = verdicts.get(name) ?? judge(pattern, flags, review !== undefined)
      verdicts.set(name, verdict)
      const { problem, isHopeless } = await verdict
      if (problem !== undefined && (review === undefined || isHopeless))
        problems.push(`${file}: ${expression} ${problem}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, judgeAll))
  for (const review of reviews)
    if (!used.has(review))
      problems.push(`${review.file} has no ${review.expression} any more: take it off the reviewed`)
  return problems.toSorted()
}

/** Literals, and `RegExp` of a literal text. One put together from variables cannot be judged here. */
function* findExpressions(file: string, root: SyntaxNode): Generator<Written> {
  for (const node of walkTree(root)) {
    if (node.type === 'RegExpLiteral')
      yield { file, pattern: String(node['pattern']), flags: toFlags(String(node['flags'])) }
    else if (node.type === 'NewExpression' || node.type === 'CallExpression') {
      if (toDottedName(node['callee']) !== 'RegExp') continue
      const [pattern, flags] = Array.isArray(node['arguments']) ? node['arguments'].map(toArgument) : []
      if (pattern !== undefined) yield { file, pattern, flags: toFlags(flags ?? '') }
    }
  }
}

function toArgument(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('expression' in value)) return undefined
  const { expression } = value
  if (isNode(expression) && expression.type === 'TemplateLiteral') {
    const { quasis } = expression
    const [only, more]: unknown[] = Array.isArray(quasis) ? quasis : []
    return more === undefined && isNode(only) && typeof only['cooked'] === 'string' ? only['cooked'] : undefined
  }
  return toWord(expression)
}

/** In the order of `RegExp.prototype.flags`. */
function toFlags(flags: string): string {
  return [...flags].toSorted().join('')
}

/** @param isReviewed whether only the hopeless is of interest, which shows soon */
async function judge(pattern: string, flags: string, isReviewed: boolean): Promise<Verdict> {
  // A search knows more of the language than a proof, but finds only what it tries, and takes what is merely long for a
  // square: what it finds where a proof is possible is worth a longer one.
  const proof = await check(pattern, flags, { checker: 'automaton', timeout: isReviewed ? HOPELESS_MS : PROOF_MS })
  if (proof.status !== 'unknown' || isReviewed) return toVerdict(proof)
  const search = await check(pattern, flags, { checker: 'fuzz', timeout: SEARCH_MS })
  if (search.status === 'safe' || proof.error.kind !== 'timeout') return toVerdict(search)
  const longProof = await check(pattern, flags, { checker: 'automaton', timeout: LONG_PROOF_MS })
  return toVerdict(longProof.status === 'unknown' ? search : longProof)
}

function toVerdict(found: Diagnostics): Verdict {
  if (found.status === 'safe') return { problem: undefined, isHopeless: false }
  if (found.status === 'unknown') return { problem: `could not be judged (${found.error.kind})`, isHopeless: false }
  const isHopeless = found.complexity.type === 'exponential'
  return { problem: `can be made slow: ${found.complexity.summary}, by ${found.attack.pattern}`, isHopeless }
}
