// The way from a text to a document that may be executed: within the limits first, then valid against the schema.
import { type GraphQLSchema, specifiedRules, validate } from 'graphql'
import { InvalidInputError } from '#model/errors.ts'
import { type DocumentLimits, type MeasuredDocument, measureDocument } from './document.ts'

/** What a document is held against. */
export interface DocumentTerms {
  readonly schema: GraphQLSchema
  readonly limits: DocumentLimits
}

/** A wrong document gets few errors, and none that names what it might have meant: that would show the schema. */
const validation = { maxErrors: 6, hideSuggestions: true }

/**
 * Reads a document that may be executed.
 * @throws QueryTooComplexError over a limit; InvalidInputError for one without an operation; GraphQLError for one that
 * cannot be parsed; AggregateError of them for one that is not valid
 */
export function readDocument(source: string, { schema, limits }: DocumentTerms): MeasuredDocument {
  const measured = measureDocument(source, limits)
  if (measured.operations.length === 0) throw new InvalidInputError('query', 'holds no operation')
  // After the limits: the rules of the specification take more than linear time.
  const errors = validate(schema, measured.document, specifiedRules, validation)
  if (errors.length > 0) throw new AggregateError(errors, 'the document is not valid')
  return measured
}
