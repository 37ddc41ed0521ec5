// The rig's handle on the providers' process.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { z } from 'zod'
import {
  type Arrival,
  arrivalsSchema,
  openedSchema,
  replyMessageSchema,
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

  const { replicas, accounts, jitterMs, maxClockSkewSeconds } = setup
  const opened = openedSchema.parse(
    await send({ kind: 'open', replicas, accounts: [...accounts], jitterMs, maxClockSkewSeconds }),
  )
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
    close: async () => {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
