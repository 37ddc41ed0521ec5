// How large an operation is with all its fragments followed. Each fragment is measured once, so that doubling ones cost
// nothing.
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { type PageTree, toPageTree } from './pages.ts'

/** The size of a selection. Every count is at each use of a fragment. */
export interface Size {
  /** Levels of fields below each other, what lies below an introspection aside. */
  depth: number
  /** Levels below each other from an introspection on. */
  introspectionDepth: number
  fields: number
  /** Fields under another name, or asked for once more beside themselves. */
  aliases: number
  /** Fragments, inline ones too. */
  fragments: number
  /** Directives, those of fragments and of the operation too. */
  directives: number
  /** Fields of the top level. */
  rootFields: number
  /** Those of them that are about more than the schema. */
  rootDataFields: number
  /** Lists that are asked for page by page. */
  pages: PageTree
}

/** Returns what measures the operations of a document. */
export function createRuler(document: DocumentNode): (operation: OperationDefinitionNode) => Size {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const measured = new Map<string, Size>()

  function measure(selectionSet: SelectionSetNode): Size {
    const size = emptySize()
    collect(selectionSet, size, new Set())
    return size
  }

  function collect(selectionSet: SelectionSetNode, size: Size, names: Set<string>): void {
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) add(size, measureField(selection, names))
      else {
        size.fragments += 1
        size.directives += selection.directives?.length ?? 0
        // An inline fragment's fields stand beside those around it.
        if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet, size, names)
        else add(size, measureFragment(selection.name.value))
      }
    }
  }

  function measureField(field: FieldNode, names: Set<string>): Size {
    const below = field.selectionSet ? measure(field.selectionSet) : emptySize()
    const name = (field.alias ?? field.name).value
    const isIntrospection = field.name.value === '__schema' || field.name.value === '__type'
    const isAlias = field.alias !== undefined || names.has(name)
    names.add(name)
    return {
      depth: isIntrospection ? 1 : 1 + below.depth,
      introspectionDepth: isIntrospection ? 1 + below.depth : below.introspectionDepth,
      fields: 1 + below.fields,
      aliases: (isAlias ? 1 : 0) + below.aliases,
      fragments: below.fragments,
      directives: (field.directives?.length ?? 0) + below.directives,
      rootFields: 1,
      rootDataFields: field.name.value.startsWith('__') ? 0 : 1,
      pages: toPageTree(field, below.pages),
    }
  }

  function measureFragment(name: string): Size {
    const known = measured.get(name)
    if (known) return known
    // One that is unknown or holds itself counts nothing; the rules of the specification refuse it.
    measured.set(name, emptySize())
    const fragment = fragments.get(name)
    const size = fragment ? measure(fragment.selectionSet) : emptySize()
    size.directives += fragment?.directives?.length ?? 0
    measured.set(name, size)
    return size
  }

  return (operation) => {
    const size = measure(operation.selectionSet)
    size.directives += operation.directives?.length ?? 0
    return size
  }
}

function emptySize(): Size {
  return {
    depth: 0,
    introspectionDepth: 0,
    fields: 0,
    aliases: 0,
    fragments: 0,
    directives: 0,
    rootFields: 0,
    rootDataFields: 0,
    pages: [],
  }
}

function add(size: Size, other: Size): void {
  size.depth = Math.max(size.depth, other.depth)
  size.introspectionDepth = Math.max(size.introspectionDepth, other.introspectionDepth)
  size.fields += other.fields
  size.aliases += other.aliases
  size.fragments += other.fragments
  size.directives += other.directives
  size.rootFields += other.rootFields
  size.rootDataFields += other.rootDataFields
  // Side by side rather than joined: the lists of a fragment are shared by all its uses.
  if (other.pages.length > 0) size.pages = size.pages.length > 0 ? [...size.pages, other.pages] : [other.pages]
}
