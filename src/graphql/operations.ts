// The one way to an operation that may be executed, whatever it came by: body, query string, WebSocket or a kept
// document's id. What is refused here is refused everywhere, and before anything of it is executed.
import type { DocumentNode, ExecutionArgs, GraphQLSchema, OperationTypeNode, Token } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Ask } from '#contract/ask.ts'
import { GatewayError, InvalidInputError } from '#model/errors.ts'
import { checkItems, type DocumentLimits, type MeasuredDocument, type MeasuredOperation } from './document.ts'
import type { Executor } from './executing-schema.ts'
import type { PersistedOperations } from './persisted-operations.ts'
import type { RequestParameters } from './request.ts'
import { readDocument } from './valid-document.ts'

/** Bytes of documents that are kept parsed, and of the largest of them: what clients send again is short. */
const KEPT_BYTES = 16 * 1024 * 1024
const LARGEST_KEPT = 1024 * 1024
/** What a token and its node of the tree take, measured at 240 to 380; and what an entry takes beside them. */
const BYTES_PER_TOKEN = 450
const BYTES_PER_ENTRY = 2000

/** An operation that may be executed: it is within the limits, valid, and its caller may ask it. */
export interface Operation extends Pick<ExecutionArgs, 'schema' | 'document' | 'operationName' | 'variableValues'> {
  readonly type: OperationTypeNode
  /** What it is counted as, and what its client calls it. */
  readonly label: string
  readonly name: string | undefined
  /** Whether it reads more than the schema. */
  readonly readsData: boolean
}

/** Decides which operations may be executed, and executes them. */
export interface Operations extends Pick<Executor, 'execute' | 'write'> {
  /**
   * The operation of a request.
   * @throws GatewayError QUERY_TOO_COMPLEX over a limit, FORBIDDEN for what is not this caller's to ask, INVALID_INPUT
   * for an operation that is not there, NOT_FOUND for a document nobody registered; GraphQLError for a document that
   * cannot be parsed; AggregateError of them for one that is not valid
   */
  prepare(parameters: RequestParameters, ask: Ask): Operation
}

/** Builds what decides. @param options.schema the public one: what documents are held against, and what they may ask about */
export function createOperations(options: {
  readonly schema: GraphQLSchema
  readonly executor: Executor
  readonly limits: DocumentLimits
  readonly persisted: PersistedOperations
}): Operations {
  const { schema, executor, limits, persisted } = options
  const kept = new LRUCache<string, MeasuredDocument>({
    maxSize: KEPT_BYTES,
    maxEntrySize: LARGEST_KEPT,
    sizeCalculation: ({ document }, source) =>
      BYTES_PER_ENTRY + 2 * source.length + BYTES_PER_TOKEN * countTokens(document),
  })

  function read(source: string): MeasuredDocument {
    const known = kept.get(source)
    if (known) return known
    const measured = readDocument(source, { schema, limits })
    kept.set(source, measured)
    return measured
  }

  return {
    prepare: (parameters, ask) => {
      const source = persisted.resolve(parameters, ask.caller)
      const { document, operations } = read(source)
      const { operationName, variables } = parameters
      const operation = findOperation(operations, operationName)
      if (operation.introspects && ask.caller.role !== 'ops')
        throw new GatewayError('FORBIDDEN', 'the schema is shown to keys of role ops only')
      checkItems(operation, variables ?? {})
      persisted.register(parameters, ask.caller)
      const { type, readsData, label, name } = operation
      const executing = operation.introspects ? schema : executor.schema
      return { schema: executing, document, operationName, variableValues: variables, type, readsData, label, name }
    },
    execute: (operation, context) => executor.execute(operation, context),
    write: (answer) => executor.write(answer),
  }
}

function findOperation(operations: readonly MeasuredOperation[], name: string | null | undefined): MeasuredOperation {
  const [operation, ...others] = operations.filter((one) => name === null || name === undefined || one.name === name)
  if (operation && others.length === 0) return operation
  throw new InvalidInputError('operationName', 'must be the name of one of the operations in query')
}

/** All of them: what the limit on tokens leaves out, comments, is kept as well. */
function countTokens(document: DocumentNode): number {
  let count = 0
  for (let token: Token | null | undefined = document.loc?.startToken; token; token = token.next) count += 1
  return count
}
