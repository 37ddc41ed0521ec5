// Mercurius with jit from the first request on, and resolvers that have everything at hand: no upstream, no cache, no
// check of the caller. What a GraphQL server of this kind can reach at most.
import { fastify } from 'fastify'
import { mercurius } from 'mercurius'
import { options, schemaText } from './options.mjs'
import { account, stream } from './static-data.mjs'

const app = fastify()
app.register(mercurius, {
  schema: schemaText,
  resolvers: { Query: { stream: () => stream, account: () => account } },
  jit: 1,
  subscription: false,
})
await app.listen({ port: options.port, host: '127.0.0.1' })
