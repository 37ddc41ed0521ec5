// The gateway that most people write: Mercurius with jit, undici, and each question's answer as JSON in Redis.
import { fastify } from 'fastify'
import { Redis } from 'ioredis'
import { mercurius } from 'mercurius'
import { options, schemaText } from './options.mjs'
import { createResolvers } from './resolvers.mjs'

const redis = new Redis(options.redisUrl, { keyPrefix: 'hand-made:' })

async function remember(name, words, seconds, fetch) {
  const key = `${name}:${JSON.stringify(words)}`
  const kept = await redis.get(key)
  if (kept !== null) return JSON.parse(kept)
  const answer = await fetch()
  await redis.set(key, JSON.stringify(answer), 'EX', seconds)
  return answer
}

const app = fastify()
app.register(mercurius, { schema: schemaText, resolvers: createResolvers(remember), jit: 1, subscription: false })
await app.listen({ port: options.port, host: '127.0.0.1' })
