import { Kind, parse } from 'graphql'
import { expect, test } from 'vitest'
import { toOperationLabel } from '#graphql/operation-label.ts'

function toLabel(text: string): string {
  const document = parse(text)
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  if (!operation) throw new Error('the test has no operation')
  return toOperationLabel(operation, document)
}

test.each([
  ['{ accounts { name } }', 'accounts'],
  ['query Mine { second: stream { key } first: account { name } }', 'account+stream'],
  ['{ a: accounts { name } b: accounts { provider } }', 'accounts'],
  ['{ ...All ... { node { id } } } fragment All on Query { accounts { name } }', 'accounts+node'],
  ['{ a b c }', 'a+b+c'],
  ['{ a b c d }', 'several'],
  ['subscription Watch { snapshot { id } }', 'subscription:snapshot'],
  ['{ ...A } fragment A on Query { a ...B } fragment B on Query { b ...A }', 'a+b'],
])('%s is %s', (text, label) => {
  expect(toLabel(text)).toBe(label)
})
