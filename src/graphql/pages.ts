// How many items an operation may get from lists inside lists, told before any of them is asked for.
import { type FieldNode, Kind, type OperationDefinitionNode } from 'graphql'
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '#model/page.ts'

/** Fields that are asked for page by page: those with an argument `first`. */
export const pagedFields: ReadonlySet<string> = new Set([
  'liveStreams',
  'quarantinedSnapshots',
  'recordings',
  'snapshots',
])

/** A list that is asked for page by page. */
export interface Page {
  /** Most items of a page, or the variable that says so and what holds while it is null. */
  readonly first: number | { readonly variable: string; readonly otherwise: number }
  /** The lists inside each item. */
  readonly below: PageTree
}

/** The lists of a selection, in groups. A group may stand in several places. */
export type PageTree = readonly (Page | PageTree)[]

/** The lists of a field, given those of its selection. */
export function toPageTree(field: FieldNode, below: PageTree): PageTree {
  return pagedFields.has(field.name.value) ? [{ first: readPageSize(field), below }] : below
}

/** Whole numbers that variables of an operation have when they are left out. */
export function readDefaults(operation: OperationDefinitionNode): ReadonlyMap<string, number> {
  const defaults = new Map<string, number>()
  for (const { variable, defaultValue } of operation.variableDefinitions ?? [])
    if (defaultValue?.kind === Kind.INT) defaults.set(variable.name.value, Number(defaultValue.value))
  return defaults
}

/** Most items that lists can give with these variables. */
export function countItems(
  pages: PageTree,
  defaults: ReadonlyMap<string, number>,
  variables: Readonly<Record<string, unknown>>,
): number {
  const counted = new Map<PageTree, number>()

  function count(tree: PageTree): number {
    const known = counted.get(tree)
    if (known !== undefined) return known
    let items = 0
    for (const part of tree) items += isGroup(part) ? count(part) : sizeOf(part.first) * (1 + count(part.below))
    counted.set(tree, items)
    return items
  }

  function sizeOf(first: Page['first']): number {
    if (typeof first === 'number') return first
    // A variable may be called like what every object has.
    const sent = Object.hasOwn(variables, first.variable) ? variables[first.variable] : undefined
    const value = sent === undefined ? defaults.get(first.variable) : sent
    return typeof value === 'number' ? toPossibleSize(value) : first.otherwise
  }

  return count(pages)
}

function isGroup(part: Page | PageTree): part is PageTree {
  return Array.isArray(part)
}

function readPageSize(field: FieldNode): Page['first'] {
  const find = (name: string) => field.arguments?.find((argument) => argument.name.value === name)?.value
  const first = find('first')
  if (first?.kind === Kind.INT) return toPossibleSize(Number(first.value))
  // A cursor carries the size its paging began with.
  const otherwise = find('after') ? MAX_PAGE_SIZE : DEFAULT_PAGE_SIZE
  return first?.kind === Kind.VARIABLE ? { variable: first.name.value, otherwise } : otherwise
}

/** What is out of range is refused where it is asked for, and gives nothing. */
function toPossibleSize(first: number): number {
  return Math.min(Math.max(first, 0), MAX_PAGE_SIZE)
}
