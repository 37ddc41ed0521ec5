import { expect, test } from 'vitest'
import { FakeServices } from '#test/support/fake-services.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { type Message, snapshot, startSockets } from './socket-rig.ts'

test('an event of which more is read than it holds counts as a request, and too many end the subscription', async () => {
  const services = new FakeServices({ a: { streams: { k: {} } } })
  const { connect, publish } = await startSockets({ services, requestsPerMinute: 5 })
  const { send, next } = await connect()
  const watch = (id: string, fields: string) =>
    send({ id, type: 'subscribe', payload: { query: `subscription { snapshot(account: "a") { ${fields} } }` } })
  watch('own', 'id url takenAt width stream { id key }')
  // Costs no provider call, and work all the same.
  watch('deeper', 'stream { snapshots { nodes { id } } }')
  await waitUntil('both are watched', async () => services.count('watchSnapshots') === 2)
  await publish(...Array.from({ length: 5 }, (_, index) => snapshot(`n${index}`)))
  const messages: Message[] = []
  for (let count = 0; count < 5 + 4; count += 1) messages.push(await next())
  const typesOf = (id: string) => messages.filter((message) => message.id === id).map(({ type }) => type)
  expect(typesOf('own')).toEqual(['next', 'next', 'next', 'next', 'next'])
  expect(typesOf('deeper')).toEqual(['next', 'next', 'next', 'error'])
  expect(messages.find(({ type }) => type === 'error').payload).toMatchObject([
    { extensions: { code: 'RATE_LIMITED', retryable: true } },
  ])
  await publish(snapshot('n5'))
  expect(await next()).toMatchObject({ id: 'own', type: 'next' })
})
