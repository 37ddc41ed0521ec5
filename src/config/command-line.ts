// What the process is asked to do, in the words behind its script.
import type { ConfigProblem } from './problems.ts'

/** What the process is to do: serve, check its settings and end, or have the fleet forget what it keeps and end. */
export type Command =
  | { readonly name: 'run' | 'check' }
  | {
      readonly name: 'clear-cache'
      /** As they were typed. Empty: all accounts. */
      readonly accounts: readonly string[]
    }

const allowed = '--check-config, cache clear [account ...]'

/** The words as a command, and what is wrong with them. */
export function readCommandLine(words: readonly string[]): {
  readonly command: Command
  readonly problems: readonly ConfigProblem[]
} {
  const isClear = words[0] === 'cache' && words[1] === 'clear'
  const unknown = isClear
    ? words.slice(2).filter((word) => word.startsWith('-'))
    : words.filter((word) => word !== '--check-config')
  const problems = unknown.map((word) => ({
    path: 'command line',
    problem: `has an unknown argument ${JSON.stringify(word.slice(0, 40))}`,
    allowed,
    remedy: null,
  }))
  if (isClear) return { command: { name: 'clear-cache', accounts: words.slice(2) }, problems }
  return { command: { name: words.includes('--check-config') ? 'check' : 'run' }, problems }
}
