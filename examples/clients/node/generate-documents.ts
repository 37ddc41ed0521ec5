// Makes documents.ts of the documents and the schema: the type of what each takes and of what it gives.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  buildSchema,
  type GraphQLOutputType,
  type GraphQLSchema,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  type TypeNode,
  validate,
} from 'graphql'

const folder = import.meta.dirname
const scalars: Readonly<Record<string, string>> = {
  Int: 'number',
  Float: 'number',
  Boolean: 'boolean',
  ID: 'string',
  String: 'string',
  // RFC 3339 in UTC.
  DateTime: 'string',
}

/** The text of documents.ts. @throws Error when a document does not fit the schema */
export async function generateDocuments(): Promise<string> {
  const schema = buildSchema(await readFile(join(folder, '../../../schema.graphql'), 'utf8'))
  const names = (await readdir(join(folder, 'documents'))).toSorted()
  const parts = await Promise.all(
    names.map(async (name) => toPart(schema, name, await readFile(join(folder, 'documents', name), 'utf8'))),
  )
  const intro = `// Made from documents/ by generate-documents.ts. Do not edit.

/** A document, with the types of what it takes and gives; both are there for the compiler only. */
export interface TypedDocument<Data, Variables> {
  readonly text: string
  readonly types?: (variables: Variables) => Data
}
`
  return [intro, ...parts].join('\n')
}

function toPart(schema: GraphQLSchema, file: string, text: string): string {
  const document = parse(text)
  const [problem] = validate(schema, document)
  if (problem) throw new Error(`${file}: ${problem.message}`)
  const [operation] = document.definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION || operation.name === undefined)
    throw new Error(`${file} must hold one operation with a name`)
  const root = schema.getRootType(operation.operation)
  if (!root) throw new Error(`${file}: the schema has no ${operation.operation}`)
  const name = operation.name.value
  const constant = name.charAt(0).toLowerCase() + name.slice(1)
  const data = toFields(root, operation.selectionSet, '  ')
  return `/** \`documents/${file}\` */
export const ${constant}Document: TypedDocument<${name}Data, ${name}Variables> = {
  text: \`${text.trim()}\`,
}

/** What it takes. */
export interface ${name}Variables ${toVariables(operation)}

/** What it gives. */
export interface ${name}Data ${data}
`
}

function toVariables({ variableDefinitions = [] }: OperationDefinitionNode): string {
  const lines = variableDefinitions.map(({ variable, type }) =>
    type.kind === Kind.NON_NULL_TYPE
      ? `  readonly ${variable.name.value}: ${toInput(type.type)}`
      : `  readonly ${variable.name.value}?: ${toInput(type)} | null`,
  )
  return `{\n${lines.join('\n')}\n}`
}

function toInput(type: TypeNode): string {
  if (type.kind === Kind.NON_NULL_TYPE) return toInput(type.type)
  if (type.kind === Kind.LIST_TYPE) return `readonly ${toInput(type.type)}[]`
  return toScalar(type.name.value)
}

function toOutput(type: GraphQLOutputType, selections: SelectionSetNode | undefined, indent: string): string {
  if (isNonNullType(type)) return toPresent(type.ofType, selections, indent)
  return `${toPresent(type, selections, indent)} | null`
}

function toPresent(type: GraphQLOutputType, selections: SelectionSetNode | undefined, indent: string): string {
  if (isListType(type)) {
    const item = toOutput(type.ofType, selections, indent)
    return item.endsWith(' | null') ? `readonly (${item})[]` : `readonly ${item}[]`
  }
  if (isEnumType(type))
    return type
      .getValues()
      .map(({ name }) => `'${name}'`)
      .join(' | ')
  return selections === undefined ? toScalar(String(type)) : toFields(type, selections, `${indent}  `)
}

function toFields(type: GraphQLOutputType, { selections }: SelectionSetNode, indent: string): string {
  if (!isObjectType(type)) throw new Error(`fields of ${String(type)} are not read here: use fields of an object`)
  const fields = type.getFields()
  const lines = selections.map((selection) => {
    if (selection.kind !== Kind.FIELD) throw new Error('fragments are not read here: write the fields out')
    const field = fields[selection.name.value]
    if (!field) throw new Error(`there is no field ${selection.name.value}`)
    const name = (selection.alias ?? selection.name).value
    return `${indent}readonly ${name}: ${toOutput(field.type, selection.selectionSet, indent)}`
  })
  return `{\n${lines.join('\n')}\n${indent.slice(2)}}`
}

function toScalar(name: string): string {
  const type = scalars[name]
  if (type === undefined) throw new Error(`the scalar ${name} is not known here`)
  return type
}

if (import.meta.main) await writeFile(join(folder, 'documents.ts'), await generateDocuments())
