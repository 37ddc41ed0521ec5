// What can be watched. What is refused is refused before anything is watched; each event is then resolved by itself.
import type { GraphQLSchema } from 'graphql'
import type { StreamRef } from '#model/stream.ts'
import type { SnapshotView, StreamEvent, WatchedKind } from '#services/views.ts'
import type { Context } from '../context.ts'
import type { SubscriptionResolvers } from '../generated.ts'

const Subscription = {
  liveStat: {
    subscribe: watch('liveStat'),
    resolve: (event: Told<'liveStat'>) => event.live,
  },
  pushSample: {
    subscribe: watch('pushSample'),
    resolve: (event: Told<'pushSample'>) => event.sample,
  },
  playSample: {
    subscribe: watch('playSample'),
    resolve: (event: Told<'playSample'>) => event.sample,
  },
  streamState: {
    subscribe: watch('streamState'),
    resolve: (event: Told<'streamState'>) => event,
  },
  snapshot: {
    subscribe: (_root, { account, key }, { services, ask }) => services.watchSnapshots(account, key ?? null, ask),
    resolve: (event: SnapshotView) => event,
  },
} satisfies SubscriptionResolvers

/** An event of a kind. */
type Told<Kind extends WatchedKind> = Extract<StreamEvent, { readonly kind: Kind }>

/** Watches a stream for one kind of event, from now on: there is no place to come back to, and so no gap. */
function watch<Kind extends WatchedKind>(kind: Kind) {
  return (_root: unknown, { account, key }: StreamRef, { services, ask }: Pick<Context, 'services' | 'ask'>) =>
    services.watchStream({ account, key }, { kinds: [kind] }, ask)
}

/** Binds them to the schema: mercurius would do so together with a WebSocket of its own, which is not used. */
export function bindSubscriptions(schema: GraphQLSchema): void {
  const fields = schema.getSubscriptionType()?.getFields() ?? {}
  for (const [name, resolvers] of Object.entries(Subscription)) {
    const field = fields[name]
    if (!field) throw new Error(`the schema has no subscription ${name}`)
    Object.assign(field, resolvers)
  }
}
