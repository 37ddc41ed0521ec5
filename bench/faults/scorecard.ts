// Runs cases one after the other and writes down how each went.
import { type ClearableStage, type StageOptions, setStage } from './case-stage.ts'
import type { FaultCase } from './fault-case.ts'
import type { Figure } from './judgement.ts'

/** Longer than a case takes by itself, unless it says so. */
const CASE_LIMIT_SECONDS = 150

/** How one case went: one line of JSON. */
export interface Verdict {
  readonly case: string
  /** What was under test where that is not the gateway. */
  readonly target?: string
  readonly passed: boolean
  readonly figures: Readonly<Record<string, Figure>>
  /** What figures of the same names were held to. */
  readonly limits: Readonly<Record<string, string>>
  /** Figures beyond their limit; what went wrong with the case itself. */
  readonly missed: readonly string[]
  readonly seconds: number
}

/** What is to be run. */
export interface Selection extends StageOptions {
  /** Whether the table at the end is one of Markdown. */
  readonly isMarkdown: boolean
  readonly cases: readonly FaultCase[]
}

/**
 * Reads the words of the command line: parts (`quota`), names of cases (`R3`), `quick` for short forms (alone: of the
 * quick set), `untimed` for a machine that does other work too, `--single` and `--markdown`. Without parts and names: everything.
 * @throws RangeError naming a word that means nothing
 */
export function selectCases(words: readonly string[], all: readonly FaultCase[]): Selection {
  const isQuick = words.includes('quick')
  const isSingle = words.includes('--single')
  const isTimed = !words.includes('untimed')
  const isMarkdown = words.includes('--markdown')
  const chosen = words.filter((word) => !['quick', 'untimed', '--single', '--markdown'].includes(word))
  const known = new Set(all.flatMap(({ part, name }) => [part, name]))
  for (const word of chosen)
    if (!known.has(word)) throw new RangeError(`"${word}" is no part and no case; there are ${[...known].join(', ')}`)
  const isChosen = ({ part, name, isQuick: isInQuickSet, target }: FaultCase) =>
    chosen.length === 0
      ? target === undefined && (!isQuick || isInQuickSet)
      : chosen.includes(part) || chosen.includes(name)
  return {
    isQuick,
    isSingle,
    isTimed,
    isMarkdown,
    cases: all.filter((one) => isChosen(one) && !(isSingle && one.needsRedis)),
  }
}

/** Runs one case. Never throws: what goes wrong is in the verdict. @param complain takes what explains a failure */
export async function runCase(
  one: FaultCase,
  options: StageOptions,
  complain: (line: string) => void,
): Promise<Verdict> {
  const startedAtMs = performance.now()
  const stage = setStage(options)
  const troubles: string[] = []
  const note = (error: unknown) => troubles.push(error instanceof Error ? error.message : String(error))
  await withLimit(one, stage, options).catch(note)
  const complaints = await stage.clear().catch((error: unknown) => {
    note(error)
    return []
  })
  const { figures, limits } = stage.judgement
  const missed = [...stage.judgement.missed, ...troubles]
  const passed = missed.length === 0
  if (!passed) for (const line of complaints) complain(line)
  const seconds = Math.round((performance.now() - startedAtMs) / 100) / 10
  return { case: one.name, ...(one.target && { target: one.target }), passed, figures, limits, missed, seconds }
}

async function withLimit(one: FaultCase, stage: ClearableStage, { isQuick }: StageOptions): Promise<void> {
  const limitSeconds = one.limitSeconds?.[isQuick ? 'quick' : 'long'] ?? CASE_LIMIT_SECONDS
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${limitSeconds} s`)), limitSeconds * 1000)
  })
  const work = one.run(stage)
  // When the limit comes first, its stage is taken away from under it: what it says then is no news.
  work.catch(() => {})
  await Promise.race([work, limit]).finally(() => clearTimeout(timer))
}

/** The table at the end, for people. */
export function toTable(cases: readonly FaultCase[], verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ case: name, passed, seconds, missed }) => {
    const title = cases.find((one) => one.name === name)?.title ?? ''
    const line = `${passed ? 'passed' : 'FAILED'}  ${name.padEnd(9)}  ${seconds.toFixed(1).padStart(6)} s  ${title}`
    return passed ? line : `${line}\n        missed: ${missed.join('; ')}`
  })
  const passed = verdicts.filter((verdict) => verdict.passed).length
  return ['', ...rows, `${passed} of ${verdicts.length} cases passed`].join('\n')
}
