// Changes of the GraphQL schema, as graphql-js judges them.
import { buildSchema, findBreakingChanges, findDangerousChanges } from 'graphql'
import type { Changes } from './changes.ts'

/** What became of a schema. Both in the schema language. */
export function findSchemaChanges(released: string, current: string): Changes {
  const before = buildSchema(released)
  const after = buildSchema(current)
  return {
    breaking: findBreakingChanges(before, after).map(({ description }) => `schema: ${description}`),
    dangerous: findDangerousChanges(before, after).map(({ description }) => `schema: ${description}`),
  }
}
