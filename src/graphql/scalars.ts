// The scalars of the schema that graphql does not bring.
import { GraphQLError, type GraphQLScalarType, Kind, type ValueNode } from 'graphql'
import { fromIsoTime, type Instant, toIsoTime } from '#model/time-range.ts'

/** RFC 3339 outside, `Instant` inside. Only the behaviour: what the schema says of the type stays as written there. */
export const DateTime = {
  serialize: (value: unknown): string => {
    if (typeof value !== 'number') throw new TypeError('a DateTime is not an instant')
    return toIsoTime(value)
  },
  parseValue: (value: unknown): Instant => toInstant(value),
  parseLiteral: (node: ValueNode): Instant => toInstant(node.kind === Kind.STRING ? node.value : node, node),
} satisfies Partial<GraphQLScalarType<Instant, string>>

function toInstant(value: unknown, node?: ValueNode): Instant {
  const instant = typeof value === 'string' ? fromIsoTime(value) : undefined
  if (instant !== undefined) return instant
  // The value is the caller's own, but it may be as long as the request.
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : `a ${typeof value}`
  throw new GraphQLError(
    `a DateTime is RFC 3339 with a zone, like "2026-11-21T10:00:00Z" or "2026-11-21T18:00:00.5+08:00", not ${shown}`,
    node ? { nodes: node } : {},
  )
}
