// Hive Gateway in front of the Mercurius server with static resolvers, with its response cache in memory. It never has
// to ask again while it is measured.
import { defineConfig } from '@graphql-hive/gateway'
import { options } from './options.mjs'

export const gatewayConfig = defineConfig({
  proxy: { endpoint: `${options.origin}/graphql` },
  responseCaching: { session: () => null, ttl: 3_600_000 },
  logging: 'warn',
  graphiql: false,
  landingPage: false,
})
