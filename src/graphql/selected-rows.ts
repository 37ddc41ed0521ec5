// What a document selects of each row of a list, read once for all of them. Rows have nothing but plain fields, so that
// the selection is all there is to it.
import {
  type FieldNode,
  GraphQLIncludeDirective,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getDirectiveValues,
  Kind,
  type SelectionNode,
} from 'graphql'
import { type Column, constantColumn, type RowForm, toRowForm } from '#rows/row-form.ts'

/** The selection being read. */
interface Reading {
  readonly info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'variableValues'>
  /** Name of the rows' type. */
  readonly typeName: string
  /** The first field of each name that it is answered under, in order. */
  readonly fields: Map<string, FieldNode>
  readonly seenFragments: Set<string>
}

/**
 * The form that a field's rows are asked for in, after the rules of execution.
 * @param typeName of the rows
 * @param columns of all fields of that type
 * @throws GraphQLError for a directive without its argument
 */
export function readRowForm<Row>(
  info: Reading['info'],
  typeName: string,
  columns: ReadonlyMap<string, Column<Row>>,
): RowForm<Row> {
  const reading: Reading = { info, typeName, fields: new Map(), seenFragments: new Set() }
  for (const node of info.fieldNodes) collect(reading, node.selectionSet?.selections ?? [])
  return toRowForm<Row>(
    [...reading.fields].map(([name, field]) => {
      const column = field.name.value === '__typename' ? constantColumn(typeName) : columns.get(field.name.value)
      if (!column) throw new Error(`${typeName} has no column ${field.name.value}`)
      return { name, column }
    }),
  )
}

function collect(reading: Reading, selections: readonly SelectionNode[]): void {
  const { info, typeName, fields, seenFragments } = reading
  for (const selection of selections) {
    if (!isIncluded(selection, info.variableValues)) continue
    if (selection.kind === Kind.FIELD) {
      const name = (selection.alias ?? selection.name).value
      if (!fields.has(name)) fields.set(name, selection)
      continue
    }
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      if (seenFragments.has(selection.name.value)) continue
      seenFragments.add(selection.name.value)
    }
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? info.fragments[selection.name.value] : selection
    // The type is in no interface and no union: a fragment is on itself, or on nothing.
    const condition = fragment?.typeCondition?.name.value ?? typeName
    if (fragment && condition === typeName) collect(reading, fragment.selectionSet.selections)
  }
}

function isIncluded(node: SelectionNode, variables: GraphQLResolveInfo['variableValues']): boolean {
  if (!node.directives?.length) return true
  if (getDirectiveValues(GraphQLSkipDirective, node, variables)?.['if'] === true) return false
  return getDirectiveValues(GraphQLIncludeDirective, node, variables)?.['if'] !== false
}
