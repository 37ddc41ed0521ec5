// What lets an operation pass, before mercurius parses, validates or executes anything of it.
import { OperationTypeNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Ask } from '#contract/ask.ts'
import { GatewayError, InvalidInputError } from '#model/errors.ts'
import { checkItems, type DocumentLimits, type MeasuredOperation, measureDocument } from './document.ts'
import { RequestError, type RequestParameters } from './request.ts'

/** Characters of documents whose measures are kept, and of the longest of them: what clients send again is short. */
const KEPT_CHARACTERS = 256 * 1024
const LONGEST_KEPT = 16 * 1024

/**
 * Refuses what must not be executed.
 * @throws GatewayError QUERY_TOO_COMPLEX over a limit, FORBIDDEN for an introspection by anyone but `ops`, INVALID_INPUT
 * for an operation that is not there or no query; GraphQLError for a document that cannot be parsed
 */
export type Gate = (parameters: RequestParameters, ask: Ask, method: string) => void

/** Builds the gate. */
export function createGate(limits: DocumentLimits): Gate {
  const measured = new LRUCache<string, readonly MeasuredOperation[]>({
    maxSize: KEPT_CHARACTERS,
    maxEntrySize: LONGEST_KEPT,
    sizeCalculation: (_operations, source) => source.length + 200,
  })

  return ({ query, operationName, variables }, ask, method) => {
    let operations = measured.get(query)
    if (!operations) {
      operations = measureDocument(query, limits)
      measured.set(query, operations)
    }
    const operation = findOperation(operations, operationName)
    if (operation.type !== OperationTypeNode.QUERY) {
      if (method === 'GET')
        throw new RequestError(405, 'NOT_FOUND', `there is no ${operation.type} by GET, only queries`)
      throw new InvalidInputError('query', `is a ${operation.type}; allowed are queries`)
    }
    if (operation.introspects && ask.caller.role !== 'ops')
      throw new GatewayError('FORBIDDEN', 'the schema is shown to keys of role ops only')
    checkItems(operation, variables ?? {})
  }
}

function findOperation(operations: readonly MeasuredOperation[], name: string | null | undefined): MeasuredOperation {
  const [operation, ...others] = operations.filter((one) => name === null || name === undefined || one.name === name)
  if (operation && others.length === 0) return operation
  if (operations.length === 0) throw new InvalidInputError('query', 'holds no operation')
  throw new InvalidInputError('operationName', 'must be the name of one of the operations in query')
}
