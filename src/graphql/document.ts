// What a document must be before anything is done with it. Everything here takes time linear in the document; the rules
// of the GraphQL specification do not, and run only on what has passed.
import { type DocumentNode, GraphQLError, Kind, type OperationDefinitionNode, parse } from 'graphql'
import { QueryTooComplexError } from '#model/errors.ts'
import { toOperationLabel } from './operation-label.ts'
import { countItems, type PageTree, readDefaults } from './pages.ts'
import { createRuler } from './ruler.ts'

/** How large an operation may be. */
export interface DocumentLimits {
  /** Most levels of fields below each other, fragments followed. */
  readonly maxDepth: number
  /** Most fields under another name or asked for once more beside themselves, fragments counted at every use. */
  readonly maxAliases: number
}

/** An operation that may be executed, as far as its document tells. */
export interface MeasuredOperation {
  readonly name: string | undefined
  /** What it is counted as; of a document that is valid, as only the schema can make it up. */
  readonly label: string
  readonly type: OperationDefinitionNode['operation']
  /** Whether it reads the schema itself. */
  readonly introspects: boolean
  /** Whether it reads anything else: what only asks about the schema costs nobody anything. */
  readonly readsData: boolean
  /** Its lists, with the variables' defaults that their sizes may hang on. Holds nothing of the document itself. */
  readonly pages: PageTree
  readonly defaults: ReadonlyMap<string, number>
}

/** A document within the limits. */
export interface MeasuredDocument {
  readonly document: DocumentNode
  /** None for a document without any. */
  readonly operations: readonly MeasuredOperation[]
}

/** Most tokens of a document. */
const MAX_TOKENS = 2000
/** Most lines of it: each error's place in the document is found by counting them, and an answer may hold many errors. */
const MAX_LINES = 2000
/** Most uses of fragments, inline ones too: comparing their fields with each other takes quadratic time. */
const MAX_FRAGMENTS = 100
/** Most directives of an operation, fragments counted at every use. */
const MAX_DIRECTIVES = 50
/** Most fields of an operation, fragments counted at every use. */
const MAX_FIELDS = 3000
/** Most root fields of an operation. */
const MAX_ROOT_FIELDS = 50
/** Most levels of fields below each other in an introspection: the usual tools ask for 15. */
const MAX_INTROSPECTION_DEPTH = 20
/** Most items of an operation's lists, lists inside lists multiplied. */
const MAX_ITEMS = 10_000

/**
 * Parses and measures a document.
 * @throws GraphQLError for one that cannot be parsed; QueryTooComplexError over a limit
 */
export function measureDocument(source: string, limits: DocumentLimits): MeasuredDocument {
  const document = parseBounded(source)
  const measure = createRuler(document)
  const operations = document.definitions
    .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    .map((operation) => {
      const size = measure(operation)
      refuseOver(size.rootFields, MAX_ROOT_FIELDS, 'root fields')
      refuseOver(size.aliases, limits.maxAliases, 'aliases and repeated fields', ' (queries.maxAliases)')
      refuseOver(size.depth, limits.maxDepth, 'levels of fields', ' (queries.maxDepth)')
      refuseOver(size.introspectionDepth, MAX_INTROSPECTION_DEPTH, 'levels of introspection')
      refuseOver(size.fragments, MAX_FRAGMENTS, 'uses of fragments')
      refuseOver(size.directives, MAX_DIRECTIVES, 'directives')
      refuseOver(size.fields, MAX_FIELDS, 'fields')
      return {
        name: operation.name?.value,
        label: toOperationLabel(operation, document),
        type: operation.operation,
        introspects: size.introspectionDepth > 0,
        readsData: size.rootDataFields > 0,
        pages: size.pages,
        defaults: readDefaults(operation),
      }
    })
  return { document, operations }
}

/** Checks what only the variables tell. @throws QueryTooComplexError when the lists can give too many items */
export function checkItems({ pages, defaults }: MeasuredOperation, variables: Readonly<Record<string, unknown>>): void {
  const items = countItems(pages, defaults, variables)
  refuseOver(items, MAX_ITEMS, 'items in lists inside lists', '; ask for smaller pages')
}

function refuseOver(size: number, most: number, what: string, hint = ''): void {
  if (size > most) throw new QueryTooComplexError(`the operation has more than the allowed ${most} ${what}${hint}`)
}

function parseBounded(source: string): DocumentNode {
  refuseLines(source)
  try {
    return parse(source, { maxTokens: MAX_TOKENS })
  } catch (error) {
    // Nesting that the parser's own recursion cannot follow ends as a RangeError of the engine.
    if (error instanceof RangeError) throw new QueryTooComplexError('the document is nested too deeply')
    if (error instanceof GraphQLError && error.message.includes(`more that ${MAX_TOKENS} tokens`))
      throw new QueryTooComplexError(`the document has more than the allowed ${MAX_TOKENS} tokens`)
    throw error
  }
}

function refuseLines(source: string): void {
  let lines = 1
  for (const _ of source.matchAll(/\r\n|[\n\r]/g)) {
    lines += 1
    if (lines > MAX_LINES) throw new QueryTooComplexError(`the document has more than the allowed ${MAX_LINES} lines`)
  }
}
