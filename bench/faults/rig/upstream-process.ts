// The rig's handle on the providers' process.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { z } from 'zod'
import {
  type Arrival,
  arrivalsSchema,
  openedSchema,
  type Pop,
  popsSchema,
  type QueueState,
  queueStateSchema,
  replyMessageSchema,
  type SentBody,
  sentBodiesSchema,
  type UpstreamAccount,
  type UpstreamOrder,
} from './upstream-protocol.ts'

/** How the providers are to be. */
export interface UpstreamSetup {
  readonly replicas: number
  readonly accounts: readonly UpstreamAccount[]
  /** Most milliseconds a request is held back on its way, at random. */
  readonly jitterMs: number
  /** How far a signature's date may be off, seconds. */
  readonly maxClockSkewSeconds: number
  /** Whether `bodies` is to tell anything. */
  readonly keepsBodies: boolean
}

/** The providers, in a process of their own. */
export interface Upstream extends z.infer<typeof openedSchema> {
  /** Every call that has arrived so far, in order of arrival. */
  arrivals(): Promise<readonly Arrival[]>
  /** Spoils calls, as `sandbox/faults.ts` describes. */
  fault(fault: Readonly<Record<string, unknown>>): Promise<void>
  clearFaults(): Promise<void>
  /** Holds every answer back, milliseconds. */
  setLatency(ms: number): Promise<void>
  /** Puts so many new messages into the screenshot queue, no two alike. */
  fillQueue(count: number): Promise<void>
  /** Takes away what waits in the queue; it counts as handed out to nobody. */
  clearQueue(): Promise<void>
  /** How the queue is doing. */
  queue(): Promise<QueueState>
  /** Every call for the queue, in order of arrival, with what it took. */
  pops(): Promise<readonly Pop[]>
  /** The bodies of all answers, as far as they were sent. */
  bodies(): Promise<readonly SentBody[]>
  close(): Promise<void>
}

/** Starts them. @throws Error when they cannot be had */
export async function startUpstream(setup: UpstreamSetup): Promise<Upstream> {
  const child = fork(join(import.meta.dirname, '..', 'upstream.ts'))
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let lastId = 0
  child.on('message', (message) => {
    const { id, problem, value } = replyMessageSchema.parse(message)
    const waiter = waiting.get(id)
    waiting.delete(id)
    if (problem === undefined) waiter?.resolve(value)
    else waiter?.reject(new Error(`the providers' process: ${problem}`))
  })
  const ended = once(child, 'exit').then(() => {
    for (const { reject } of waiting.values()) reject(new Error("the providers' process ended"))
  })

  const send = (order: UpstreamOrder) =>
    new Promise<unknown>((resolve, reject) => {
      lastId += 1
      waiting.set(lastId, { resolve, reject })
      child.send({ id: lastId, order })
    })

  const opened = openedSchema.parse(await send({ kind: 'open', ...setup, accounts: [...setup.accounts] }))
  return {
    ...opened,
    arrivals: async () => arrivalsSchema.parse(await send({ kind: 'arrivals' })),
    fault: async (fault) => {
      await send({ kind: 'fault', fault })
    },
    clearFaults: async () => {
      await send({ kind: 'clearFaults' })
    },
    setLatency: async (ms) => {
      await send({ kind: 'latency', ms })
    },
    fillQueue: async (count) => {
      await send({ kind: 'fillQueue', count })
    },
    clearQueue: async () => {
      await send({ kind: 'clearQueue' })
    },
    queue: async () => queueStateSchema.parse(await send({ kind: 'queue' })),
    pops: async () => popsSchema.parse(await send({ kind: 'pops' })),
    bodies: async () => sentBodiesSchema.parse(await send({ kind: 'bodies' })),
    close: async () => {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
