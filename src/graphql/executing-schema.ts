// How operations are executed: against a twin of the public schema in which the rows of a history are one value. A list
// of a thousand rows of five fields is otherwise six thousand resolvers to call and results to keep, to write the same
// bytes. Clients see the public schema only: it is what documents are held against.
import {
  buildASTSchema,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type FieldDefinitionNode,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  isScalarType,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
} from 'graphql'
import type { PlaySample, PushSample } from '#model/sample.ts'
import type { Column } from '#rows/row-form.ts'
import type { RowWriter } from '#rows/row-writer.ts'
import { playColumns, pushColumns } from '#rows/sample-columns.ts'
import { countRows, writeSeriesRows } from '#rows/series-rows.ts'
import type { Series } from '#services/views.ts'
import { AnswerRows } from './answer-rows.ts'
import type { Context } from './context.ts'
import { resolvers } from './resolvers/index.ts'
import { bindSubscriptions } from './resolvers/subscription.ts'
import { readRowForm } from './selected-rows.ts'

/** Executes operations and writes their answers. */
export interface Executor {
  /** What operations are executed against that ask nothing about the schema itself. */
  readonly schema: GraphQLSchema
  /** Executes a query, or a subscription's selection of an event. */
  execute(operation: Omit<ExecutionArgs, 'contextValue'>, context: Context): Promise<ExecutionResult>
  /** The JSON of an answer, or of a message that holds one. */
  write(answer: object): Buffer
}

/** Rows that only the public schema can tell: one holds what its field cannot carry, which is an error of that field. */
class UntoldRowsError extends Error {
  override readonly name = 'UntoldRowsError'
}

/** The type that stands for rows in the twin; no document can name it. */
const ROWS = 'WrittenRows'

/**
 * Creates what executes.
 * @param options.text of schema.graphql
 * @param options.schema the public one, with its resolvers
 */
export function createExecutor(options: {
  readonly text: string
  readonly schema: GraphQLSchema
  readonly rows: RowWriter
}): Executor {
  const answerRows = new AnswerRows()
  const twin = buildASTSchema(withLeaves(parse(options.text)))
  bindResolvers(twin)
  bindSubscriptions(twin)
  const leaf = <Row extends object>(typeName: string, columns: Readonly<Record<string, Column<Row>>>) =>
    createLeafResolver(options.rows, answerRows, typeName, new Map(Object.entries(columns)))
  setResolver(twin, 'PushSampleSeries', leaf<PushSample>('PushSample', pushColumns))
  setResolver(twin, 'PlaySampleSeries', leaf<PlaySample>('PlaySample', playColumns))

  return {
    schema: twin,
    execute: async (operation, contextValue) => {
      const result = await execute({ ...operation, contextValue })
      const isUntold = result.errors?.some(({ originalError }) => originalError instanceof UntoldRowsError)
      if (!isUntold) return result
      contextValue.answerSize.reset()
      return execute({ ...operation, schema: options.schema, contextValue })
    },
    write: (answer) => answerRows.write(answer),
  }
}

function createLeafResolver<Row extends object>(
  writer: RowWriter,
  answerRows: AnswerRows,
  typeName: string,
  columns: ReadonlyMap<string, Column<Row>>,
): GraphQLFieldResolver<Series<Row>, Context> {
  return (series, _arguments, { answerSize }, info) => {
    answerSize.count(countRows(series))
    let pieces: readonly Buffer[] | undefined
    try {
      pieces = writeSeriesRows(writer, series, readRowForm(info, typeName, columns))
    } catch (error) {
      // It belongs to the first row, if there is one.
      throw new UntoldRowsError('the rows were not written', { cause: error })
    }
    if (!pieces) throw new UntoldRowsError('a row holds what its field cannot carry')
    return answerRows.hold(pieces)
  }
}

/** The schema with the rows of both histories as values without fields. */
function withLeaves(document: DocumentNode): DocumentNode {
  const leaf = parse(`scalar ${ROWS} type Leaf { samples: ${ROWS}! }`)
  const [scalar, holder] = leaf.definitions
  const samples = holder?.kind === Kind.OBJECT_TYPE_DEFINITION ? holder.fields?.[0] : undefined
  if (!scalar || !samples) throw new Error('a definition was not understood')
  const definitions = document.definitions.map((definition) =>
    definition.kind === Kind.OBJECT_TYPE_DEFINITION && isSampleSeries(definition)
      ? { ...definition, fields: definition.fields?.map((field) => replaceSamples(field, samples)) ?? [] }
      : definition,
  )
  return { ...document, definitions: [...definitions, scalar] }
}

function isSampleSeries({ name }: ObjectTypeDefinitionNode): boolean {
  return name.value === 'PushSampleSeries' || name.value === 'PlaySampleSeries'
}

function replaceSamples(field: FieldDefinitionNode, { type }: FieldDefinitionNode): FieldDefinitionNode {
  return field.name.value === 'samples' ? { ...field, type } : field
}

/** Binds all resolvers as mercurius binds them to the public schema. */
function bindResolvers(schema: GraphQLSchema): void {
  for (const [name, resolver] of Object.entries(resolvers)) {
    const type = schema.getType(name)
    if (isObjectType(type))
      for (const [field, resolve] of Object.entries(resolver)) Object.assign(fieldOf(schema, name, field), { resolve })
    else if (isScalarType(type) || isInterfaceType(type)) Object.assign(type, resolver)
    else throw new Error(`the schema has no type ${name} that could be resolved`)
  }
}

function setResolver<Row>(
  schema: GraphQLSchema,
  typeName: string,
  resolve: GraphQLFieldResolver<Series<Row>, Context>,
): void {
  fieldOf(schema, typeName, 'samples').resolve = resolve
}

function fieldOf(schema: GraphQLSchema, typeName: string, name: string) {
  const type = schema.getType(typeName)
  const field = isObjectType(type) ? type.getFields()[name] : undefined
  if (!field) throw new Error(`the schema has no field ${typeName}.${name}`)
  return field
}
