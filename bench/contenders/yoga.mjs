// GraphQL Yoga on node:http with its response cache in memory, over the provider.
import { createServer } from 'node:http'
import { useResponseCache } from '@graphql-yoga/plugin-response-cache'
import { createSchema, createYoga } from 'graphql-yoga'
import { options, schemaText } from './options.mjs'
import { createResolvers } from './resolvers.mjs'

const yoga = createYoga({
  schema: createSchema({
    typeDefs: schemaText,
    resolvers: createResolvers((_name, _words, _seconds, fetch) => fetch()),
    resolverValidationOptions: { requireResolversForResolveType: 'ignore' },
  }),
  plugins: [useResponseCache({ session: () => null, ttl: 5_000 })],
  logging: false,
  graphiql: false,
})
createServer(yoga).listen(options.port, '127.0.0.1')
