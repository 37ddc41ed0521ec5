// What can be wrong with the settings, in words for an operator.

/** One thing wrong with the settings. No field ever holds a value that may be a secret. */
export interface ConfigProblem {
  /** Where: `accounts[0].credentials.apiKey`, a place in the file, or the name of an environment variable. */
  readonly path: string
  /** What is wrong there. */
  readonly problem: string
  /** What would be right; null where the problem says it. */
  readonly allowed: string | null
  /** What to do about it; null where that is plain. */
  readonly remedy: string | null
}

/** The settings cannot be used. Lists everything that is wrong with them, at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]
  /** The settings file; null when there is none. */
  readonly file: string | null

  constructor(problems: readonly ConfigProblem[], file: string | null) {
    super(formatProblems(problems, file))
    this.problems = problems
    this.file = file
  }
}

/** The text for an operator's terminal. @param file where the settings came from; null without a file */
export function formatProblems(problems: readonly ConfigProblem[], file: string | null): string {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`
  const blocks = problems.map((problem) =>
    [
      `  ${problem.path} ${problem.problem}`,
      ...(problem.allowed === null ? [] : [`    allowed: ${problem.allowed}`]),
      ...(problem.remedy === null ? [] : [`    remedy:  ${problem.remedy}`]),
    ].join('\n'),
  )
  return [`The settings${file === null ? '' : ` in ${file}`} have ${count}:`, ...blocks].join('\n')
}

/** A path as operators write it: `accounts[0].quota.interfaces["a b"]`. */
export function toPathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    const name = String(step)
    if (!/^[\w-]+$/.test(name)) return `${text}[${toShownName(name)}]`
    return text === '' ? name : `${text}.${name}`
  }, '')
}

/**
 * A name out of the file, fit to be shown. A misplaced secret can end up as a name (`{ credentials: { 3f2a… } }`),
 * so only what looks like a name is repeated.
 */
export function toShownName(name: string): string {
  return /^[\w .-]{1,24}$/.test(name) ? JSON.stringify(name) : `"…" (${name.length} characters)`
}
