// What can be watched. What is refused is refused before anything is watched; each event is then resolved by itself.
import type { GraphQLSchema } from 'graphql'
import type { SnapshotView } from '#services/services.ts'
import type { SubscriptionResolvers } from '../generated.ts'

const Subscription = {
  snapshot: {
    subscribe: (_root, { account, key }, { services, ask }) => services.watchSnapshots(account, key ?? null, ask),
    resolve: (event: SnapshotView) => event,
  },
} satisfies SubscriptionResolvers

/** Binds them to the schema: mercurius would do so together with a WebSocket of its own, which is not used. */
export function bindSubscriptions(schema: GraphQLSchema): void {
  const fields = schema.getSubscriptionType()?.getFields() ?? {}
  for (const [name, resolvers] of Object.entries(Subscription)) {
    const field = fields[name]
    if (!field) throw new Error(`the schema has no subscription ${name}`)
    Object.assign(field, resolvers)
  }
}
