// Whether two answers say the same kind of thing: figures may have moved on meanwhile, nothing else may differ.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ShapeName } from './questions.ts'

/** How far the number of rows may differ: a stream that restarts has fewer than its neighbour. */
const TOLERANCE = 0.02

/** What differs between an answer and that of Weir; undefined when nothing does. @param folder of Weir's answers */
export async function findShapeProblem(text: string, shape: ShapeName, folder: string): Promise<string | undefined> {
  const expected = dataOf(await readFile(join(folder, `${shape}.json`), 'utf8'))
  return findDifference(dataOf(text), expected, 'data')
}

/** The first difference; undefined when both have the same fields of the same types and about as many items. */
export function findDifference(one: unknown, other: unknown, path: string): string | undefined {
  if (Array.isArray(one) && Array.isArray(other)) {
    if (Math.abs(one.length - other.length) > other.length * TOLERANCE)
      return `${path} has ${one.length} items, not ${other.length}`
    return one.length === 0 ? undefined : findDifference(one[0], other[0], `${path}[0]`)
  }
  if (isFields(one) && isFields(other)) {
    const names = [...new Set([...Object.keys(one), ...Object.keys(other)])]
    const found = names.map((name) => findDifference(one[name], other[name], `${path}.${name}`))
    return found.find((problem) => problem !== undefined)
  }
  return toKind(one) === toKind(other) ? undefined : `${path} is ${toKind(one)}, not ${toKind(other)}`
}

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const toKind = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value)

function dataOf(text: string): unknown {
  const answer: unknown = JSON.parse(text)
  return isFields(answer) ? answer['data'] : undefined
}
