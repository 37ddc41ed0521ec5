// Source text as a tree, for rules about code: a word in a string or a comment is none of their business.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from '@swc/core'
import { listProjectFiles } from './project-files.ts'

/** A piece of syntax, by the names of swc. Its parts are nodes, lists of nodes, or plain values. */
export interface SyntaxNode {
  readonly type: string
  readonly [part: string]: unknown
}

/** One file of source. */
export interface SourceTree {
  /** From the project's folder. */
  readonly path: string
  readonly root: SyntaxNode
}

/** Trees of the TypeScript and JavaScript files whose path `isWanted`. @throws Error naming a file that cannot be parsed */
export async function readTrees(folder: string, isWanted: (path: string) => boolean): Promise<readonly SourceTree[]> {
  const paths = (await listProjectFiles(folder)).filter((path) => /\.(tsx?|mts|mjs|js)$/.test(path) && isWanted(path))
  return Promise.all(
    paths.map(async (path) => {
      const text = await readFile(join(folder, path), 'utf8')
      const root: unknown = await parse(text, {
        syntax: 'typescript',
        tsx: !path.endsWith('ts'),
        target: 'es2024',
      }).catch((error: unknown) => {
        throw new Error(`${path} cannot be parsed`, { cause: error })
      })
      if (!isNode(root)) throw new Error(`${path} was parsed to no tree`)
      return { path, root }
    }),
  )
}

/** Whether a part of a node is a node itself. */
export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

/** A node and all below it, parents first. */
export function* walkTree(value: unknown): Generator<SyntaxNode> {
  if (typeof value !== 'object' || value === null) return
  if (isNode(value)) yield value
  for (const part of Object.values(value)) yield* walkTree(part)
}

/** Name of an identifier, or text of a string. Undefined for any other piece of syntax. */
export function toWord(value: unknown): string | undefined {
  if (!isNode(value) || (value.type !== 'Identifier' && value.type !== 'StringLiteral')) return undefined
  return typeof value['value'] === 'string' ? value['value'] : undefined
}

/** `fetch` for `fetch`, `globalThis.fetch` and `globalThis['fetch']` alike; `JSON.parse` for itself; undefined for more. */
export function toDottedName(value: unknown): string | undefined {
  if (!isNode(value)) return undefined
  if (value.type === 'Identifier') return toWord(value)
  if (value.type === 'ParenthesisExpression') return toDottedName(value['expression'])
  if (value.type !== 'MemberExpression') return undefined
  const owner = toDottedName(value['object'])
  const property = value['property']
  const name = toWord(isNode(property) && property.type === 'Computed' ? property['expression'] : property)
  if (owner === undefined || name === undefined) return undefined
  return owner === 'globalThis' || owner === 'global' || owner === 'window' ? name : `${owner}.${name}`
}
