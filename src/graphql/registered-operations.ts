// Operations that the operator has registered: documents that clients ask for by name. They are held to the same
// limits and rules as any other, all of them at the start, so that a client never finds out first.
import { createHash } from 'node:crypto'
import { buildSchema, type GraphQLSchema, isScalarType } from 'graphql'
import { GatewayError } from '#model/errors.ts'
import { checkItems, type DocumentLimits } from './document.ts'
import { type RegisteredDocument, type RegisteredProblem, readRegisteredFiles } from './registered-files.ts'
import { DateTime } from './scalars.ts'
import { type DocumentTerms, readDocument } from './valid-document.ts'

/** Documents by the names they are asked for by. */
export interface RegisteredOperations {
  /** The document of that id; `sha256:` and its digest is an id of every document. */
  findById(id: string): string | undefined
  /** The document of that SHA-256, in lower-case hexadecimal digits. */
  findByDigest(digest: string): string | undefined
}

/** The documents of a folder. */
export interface RegisteredFolder extends RegisteredOperations {
  /** Differs where any name may stand for another document. */
  readonly digest: string
}

/** Where nothing is registered. */
export const noRegisteredOperations: RegisteredOperations = {
  findById: () => undefined,
  findByDigest: () => undefined,
}

/** A folder of registered operations that cannot be used; the message lists every file, id and reason, one a line. */
export class RegisteredOperationsError extends Error {
  override readonly name = 'RegisteredOperationsError'
  readonly problems: readonly RegisteredProblem[]

  constructor(directory: string, problems: readonly RegisteredProblem[]) {
    const lines = problems.slice(0, MAX_SHOWN).map(({ file, id, problem }) => {
      const place = id === undefined ? JSON.stringify(file) : `${JSON.stringify(file)}, id ${clip(JSON.stringify(id))}`
      return `  ${place}: ${clip(problem)}`
    })
    const rest = problems.length - lines.length
    if (rest > 0) lines.push(`  and ${rest} more`)
    super([`the registered operations of ${directory} cannot be used:`, ...lines].join('\n'))
    this.problems = problems
  }
}

/** Most documents of a folder. */
const MAX_DOCUMENTS = 1000
/** Most problems that a message lists, and how long each may be. */
const MAX_SHOWN = 50
const MAX_PROBLEM_LENGTH = 300
const idPattern = /^[\w.:+/=~-]{1,200}$/
const digestId = /^sha256:([0-9a-f]{64})$/i

/**
 * Reads the folder and holds every document against the schema and the limits.
 * @param terms.schema text of schema.graphql
 * @throws RegisteredOperationsError for a folder that cannot be read or is empty, and for whatever in it could never be
 * carried out
 */
export async function readRegisteredOperations(
  directory: string,
  { schema, limits }: { readonly schema: string; readonly limits: DocumentLimits },
): Promise<RegisteredFolder> {
  const { documents, problems } = await readFiles(directory)
  if (documents.length === 0 && problems.length === 0)
    throw toError(directory, 'holds no operation: neither a .graphql nor a .json file has one')
  if (documents.length > MAX_DOCUMENTS)
    throw toError(directory, `holds ${documents.length} operations; allowed are ${MAX_DOCUMENTS}`)
  const terms = { schema: toSchema(schema), limits }
  const found = [...problems, ...findIdProblems(documents)]
  const isBroken = new Set(problems.map(({ file, id }) => JSON.stringify([file, id])))
  for (const document of documents) {
    if (isBroken.has(JSON.stringify([document.file, document.id]))) continue
    for (const problem of findProblems(document.text, terms)) found.push({ ...document, problem })
  }
  if (found.length > 0) throw new RegisteredOperationsError(directory, found)
  return toRegistered(documents)
}

/** The SHA-256 of a text in lower-case hexadecimal digits; undefined for one that UTF-8 cannot write. */
export function toDigest(text: string): string | undefined {
  return text.isWellFormed() ? createHash('sha256').update(text).digest('hex') : undefined
}

async function readFiles(directory: string) {
  try {
    return await readRegisteredFiles(directory)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    throw toError(directory, `cannot be read (${reason})`)
  }
}

function toError(directory: string, problem: string): RegisteredOperationsError {
  return new RegisteredOperationsError(directory, [{ file: '.', problem }])
}

function toRegistered(documents: readonly RegisteredDocument[]): RegisteredFolder {
  const byId = new Map<string, string>()
  const byDigest = new Map<string, string>()
  for (const { id, text } of documents) {
    byId.set(id, text)
    // A file ends with a line break that the client's own text has not.
    for (const digest of [toDigest(text), toDigest(text.trimEnd())]) if (digest) byDigest.set(digest, text)
  }
  const findByDigest = (digest: string) => byDigest.get(digest)
  return {
    findById: (id) => {
      const digest = digestId.exec(id)?.[1]
      return digest === undefined ? byId.get(id) : findByDigest(digest.toLowerCase())
    },
    findByDigest,
    digest: createHash('sha256')
      .update(JSON.stringify([...byId].sort(([one], [other]) => (one < other ? -1 : 1))))
      .digest('base64url'),
  }
}

function findIdProblems(documents: readonly RegisteredDocument[]): readonly RegisteredProblem[] {
  const files = new Map<string, string>()
  return documents.flatMap(({ id, text, file }) => {
    const problems: RegisteredProblem[] = []
    const other = files.get(id)
    files.set(id, file)
    if (other !== undefined) problems.push({ file, id, problem: `stands in ${JSON.stringify(other)} already` })
    if (!idPattern.test(id))
      problems.push({ file, id, problem: 'the id must be 1 to 200 letters, digits and "_.:+/=~-"' })
    const digest = /^sha256:/i.test(id) ? id.slice('sha256:'.length).toLowerCase() : undefined
    if (digest !== undefined && digest !== toDigest(text))
      problems.push({ file, id, problem: 'an id of sha256: and digits must be the SHA-256 of its document' })
    return problems
  })
}

/** Why nobody could ever have the document carried out. */
function findProblems(text: string, terms: DocumentTerms): readonly string[] {
  try {
    const { document, operations } = readDocument(text, terms)
    // A variable may always be sent smaller than its default.
    const smallest = Object.fromEntries(
      document.definitions
        .flatMap((definition) => ('variableDefinitions' in definition ? (definition.variableDefinitions ?? []) : []))
        .map(({ variable }) => [variable.name.value, 0] as const),
    )
    for (const operation of operations) checkItems(operation, smallest)
    return operations
      .filter(({ type }) => !terms.schema.getRootType(type))
      .map(({ type }) => `is a ${type}, and the schema has none`)
  } catch (error) {
    if (error instanceof AggregateError) return error.errors.map((one: unknown) => toMessage(one))
    if (error instanceof GatewayError || (error instanceof Error && error.name === 'GraphQLError'))
      return [error.message]
    throw error
  }
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown reason'
}

/** The schema with the scalars that literals are checked by. */
function toSchema(text: string): GraphQLSchema {
  const schema = buildSchema(text)
  const dateTime = schema.getType('DateTime')
  if (isScalarType(dateTime)) Object.assign(dateTime, DateTime)
  return schema
}

function clip(text: string): string {
  return text.length > MAX_PROBLEM_LENGTH ? `${text.slice(0, MAX_PROBLEM_LENGTH).toWellFormed()} …` : text
}
