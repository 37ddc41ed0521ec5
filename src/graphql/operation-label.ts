// What an operation is called where requests are counted: by what it asks, and not by what its client calls it.
import {
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql'

/** Most root fields that are told one by one: there would be no end of names otherwise. */
const MOST_FIELDS = 3

/**
 * The root fields of an operation, sorted and joined by `+`; `several` where there are more than three. A subscription
 * has `subscription:` before that.
 */
export function toOperationLabel(operation: OperationDefinitionNode, document: DocumentNode): string {
  const fields = [...listRootFields(operation.selectionSet, document)].sort()
  const label = fields.length > MOST_FIELDS ? 'several' : fields.join('+')
  return operation.operation === OperationTypeNode.SUBSCRIPTION ? `subscription:${label}` : label
}

/** Each fragment is followed once, also one that holds itself: whether the document is valid is found out later. */
function listRootFields(root: SelectionSetNode, document: DocumentNode): ReadonlySet<string> {
  const fragments = new Map<string, SelectionSetNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet)
  const fields = new Set<string>()
  const open = [root]
  for (let one = open.pop(); one; one = open.pop())
    for (const selection of one.selections) {
      if (selection.kind === Kind.FIELD) fields.add(selection.name.value)
      else if (selection.kind === Kind.INLINE_FRAGMENT) open.push(selection.selectionSet)
      else {
        const fragment = fragments.get(selection.name.value)
        fragments.delete(selection.name.value)
        if (fragment) open.push(fragment)
      }
    }
  return fields
}
