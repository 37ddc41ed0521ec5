import { expect, test } from 'vitest'
import { SocketSession, type SocketSessionOptions } from '#graphql/socket-protocol.ts'
import type { Caller } from '#model/caller.ts'
import { FakeClock, settle } from '#test/support/fake-clock.ts'
import { FakeServices } from '#test/support/fake-services.ts'

const caller: Caller = { name: 'web', role: 'reader', accounts: 'all' }

/** A session whose messages cannot be sent. */
function startBroken() {
  const closed: string[] = []
  const logged: string[] = []
  const refuse = async () => {
    throw new Error('refused by the test')
  }
  const options: SocketSessionOptions = {
    wire: { send: refuse, close: (code, reason) => void closed.push(`${code} ${reason}`) },
    introduce: async () => caller,
    createAsk: refuse,
    renewAsk: (ask) => ask,
    operations: {
      prepare: () => {
        throw new Error('nothing is asked')
      },
      execute: () => {
        throw new Error('nothing is executed')
      },
      write: (answer) => Buffer.from(JSON.stringify(answer)),
    },
    services: new FakeServices(),
    maxOperations: 1,
    connectionId: 'r1',
    log: { error: (_fields, message) => void logged.push(message) },
    clock: new FakeClock(),
  }
  return { session: new SocketSession(options), closed, logged }
}

test.each(['ping', 'connection_init'])(
  'a fault in answering %s ends the connection, and nothing else',
  async (type) => {
    const { session, closed, logged } = startBroken()
    session.receive(JSON.stringify({ type }))
    await settle()
    expect(closed).toEqual(['1011 Internal error'])
    expect(logged).toEqual(['internal error'])
  },
)

test('so does a fault in telling an operation what went wrong', async () => {
  const { session, closed } = startBroken()
  session.caller = caller
  session.receive(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: '{ __typename }' } }))
  await settle()
  expect(closed).toEqual(['1011 Internal error'])
  expect(session.active).toBe(0)
})
