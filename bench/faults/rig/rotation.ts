// A client as a balancer is one: it asks in turn those replicas that say they are ready, and nobody else.
import { setTimeout as delay } from 'node:timers/promises'
import { createClient, type FleetClient, type Reply, type RequestOptions } from './client.ts'
import type { Replica } from './replica.ts'

const LOOK_EVERY_MS = 50

/** A client of replicas that come and go. */
export interface Rotation extends FleetClient {
  /** Replicas that are asked now, by their index. */
  members(): readonly number[]
  /** Says that a replica has another address, from which on it is looked at there. */
  moved(replica: Replica): Promise<void>
}

/** Starts looking at replicas; at first nobody is asked. @param isPatient as for `createClient` */
export function startRotation(replicas: readonly Replica[], isPatient: boolean): Rotation {
  const clients = new Map(replicas.map((replica) => [replica.index, createClient([replica.url], isPatient)]))
  const ready = new Set<number>()
  let isClosed = false
  let turn = 0

  const look = async (index: number) => {
    const client = clients.get(index)
    const { status } = (await client?.get('/readyz')) ?? { status: 0 }
    // Whoever has moved meanwhile has not said anything yet.
    if (client !== clients.get(index)) return
    if (status === 200) ready.add(index)
    else ready.delete(index)
  }
  const watch = async (index: number) => {
    while (!isClosed) {
      await look(index)
      await delay(LOOK_EVERY_MS)
    }
  }
  const watching = Promise.all(replicas.map(({ index }) => watch(index)))

  async function ask(send: (client: FleetClient) => Promise<Reply>, { replica }: RequestOptions): Promise<Reply> {
    const members = [...ready]
    turn += 1
    const index = replica ?? members[turn % members.length]
    const client = index === undefined ? undefined : clients.get(index)
    if (index === undefined || client === undefined) throw new Error('no replica is ready')
    return { ...(await send(client)), replica: index }
  }

  return {
    members: () => [...ready],
    moved: async ({ index, url }) => {
      const old = clients.get(index)
      ready.delete(index)
      clients.set(index, createClient([url], isPatient))
      await old?.close()
    },
    get: (path, options = {}) => ask((client) => client.get(path, { ...options, replica: 0 }), options),
    post: (path, body, options = {}) => ask((client) => client.post(path, body, { ...options, replica: 0 }), options),
    hangUp: async () => {
      await Promise.all([...clients.values()].map((client) => client.hangUp()))
    },
    close: async () => {
      isClosed = true
      await watching
      await Promise.all([...clients.values()].map((client) => client.close()))
    },
  }
}
