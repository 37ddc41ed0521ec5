import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { addVary } from '#access/vary.ts'

test.each([
  ['Origin', 'Origin, Accept, X-API-Key'],
  ['accept, Origin', 'accept, Origin, X-API-Key'],
  [undefined, 'Accept, X-API-Key'],
])('Vary keeps what other layers put there: %s', async (before, after) => {
  const app = Fastify()
  app.get('/', (_request, reply) => {
    if (before) reply.header('vary', before)
    addVary(reply, ['Accept', 'X-API-Key'])
    return reply.send()
  })
  expect((await app.inject('/')).headers.vary).toBe(after)
})
