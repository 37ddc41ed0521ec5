// Fastify as it comes: parses the body as JSON and sends bytes that it was given.
import { fastify } from 'fastify'
import { options, readAnswer, shapes } from './options.mjs'

const app = fastify()
app.get('/healthz', async () => ({ status: 'ok' }))
// Without answers it is only started, for its start's sake.
for (const shape of options.answers === undefined ? [] : shapes) {
  const body = readAnswer(shape)
  app.post(`/${shape}`, (_request, reply) => {
    reply.type('application/json; charset=utf-8').send(body)
  })
}
await app.listen({ port: options.port, host: '127.0.0.1' })
