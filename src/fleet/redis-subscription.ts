// A connection to Redis that listens to one channel and does nothing else: whoever subscribes may send no other
// commands. It comes back by itself, and says whenever something may have been missed.
import { Redis } from 'ioredis'
import type { Clock } from '#model/clock.ts'
import { startPatientTimer } from './patient-timer.ts'
import type { RedisAddress, RedisNode } from './redis-address.ts'
import { ConnectionFault, toConnectionFault } from './redis-fault.ts'
import { toServerOptions } from './redis-options.ts'

/** What it works with. Callbacks never throw. */
export interface RedisSubscriptionOptions {
  readonly address: RedisAddress
  readonly channel: string
  readonly clock: Clock
  readonly onMessage: (message: string) => void
  /** Called when the channel is heard from now on. What was said before that may have been missed. */
  readonly onHeard: () => void
  /** Called when it is not heard any more, and after every attempt that failed. @param reason one word */
  readonly onDeaf: (reason: string) => void
}

/** A subscription that lasts until it is closed. */
export interface RedisSubscription {
  /** Ends the connection and every timer. Nothing is called any more. */
  close(): Promise<void>
}

/** How long an attempt, and an answer to a question, may take; in milliseconds. */
const patience = { connectTimeoutMs: 500, commandTimeoutMs: 400 }
/** How often the server is asked whether it is alive, in milliseconds. */
const PROBE_EVERY_MS = 500
/** Pauses between attempts grow by so much, up to the longest, in milliseconds. */
const PAUSE_STEP_MS = 100
const LONGEST_PAUSE_MS = 450
/** A connection that has lasted for less counts as one more failed attempt, in milliseconds. */
const STEADY_AFTER_MS = 1000

/** Subscribes, and keeps at it until closed. */
export function openRedisSubscription(options: RedisSubscriptionOptions): RedisSubscription {
  const closing = new AbortController()
  const running = keepListening(options, closing.signal)
  return {
    close: async () => {
      closing.abort()
      await running
    },
  }
}

async function keepListening(options: RedisSubscriptionOptions, closing: AbortSignal): Promise<void> {
  const { address, clock } = options
  for (let attempt = 0, failures = 0; !closing.aborted; attempt += 1) {
    const lastedMs = await listenOnce(options, toPlace(address, attempt), closing)
    failures = lastedMs >= STEADY_AFTER_MS ? 0 : failures + 1
    await clock.delay(Math.min(failures * PAUSE_STEP_MS, LONGEST_PAUSE_MS), closing).catch(() => undefined)
  }
}

/**
 * Where the next attempt is made: by another sentinel each time, for the first may be dead. What is published at any
 * node of a cluster is told at each of them, so one is enough.
 */
function toPlace(address: RedisAddress, attempt: number): Exclude<RedisAddress, { form: 'cluster' }> {
  const first = address.nodes[attempt % address.nodes.length] ?? address.nodes[0]
  const others = address.nodes.filter((node) => node !== first)
  const nodes: readonly [RedisNode, ...RedisNode[]] = [first, ...others]
  if (address.form !== 'cluster') return { ...address, nodes }
  return { ...address, form: 'server', database: 0, nodes }
}

/** Listens until the connection is lost. @returns for how long it was heard, in milliseconds */
async function listenOnce(
  { channel, clock, onMessage, onHeard, onDeaf }: RedisSubscriptionOptions,
  place: Exclude<RedisAddress, { form: 'cluster' }>,
  closing: AbortSignal,
): Promise<number> {
  const ended = new AbortController()
  const client = new Redis(toServerOptions(place, patience))
  function end(fault: ConnectionFault): void {
    if (ended.signal.aborted) return
    ended.abort()
    client.disconnect()
    if (!closing.aborted) onDeaf(fault.reason)
  }
  const onClosing = () => end(new ConnectionFault('DROPPED'))
  closing.addEventListener('abort', onClosing, { once: true })
  client.on('error', (error: unknown) => end(toConnectionFault(error)))
  client.on('end', () => end(new ConnectionFault('CLOSED')))
  client.on('message', (_, message) => {
    if (!ended.signal.aborted) onMessage(message)
  })

  /** Resolves when the work is done, and when the connection has ended, which it does where the work fails. */
  function wait(withinMs: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const stopTimer = startPatientTimer(withinMs, () => end(new ConnectionFault('ETIMEDOUT')))
      const done = () => {
        stopTimer()
        ended.signal.removeEventListener('abort', done)
        resolve()
      }
      ended.signal.addEventListener('abort', done, { once: true })
      work.then(done, (error: unknown) => {
        end(toConnectionFault(error))
        done()
      })
    })
  }

  const opening = client.connect().then(() => client.subscribe(channel))
  await wait(patience.connectTimeoutMs + 2 * patience.commandTimeoutMs, opening)
  const heardSinceMs = clock.monotonicMs()
  const isHeard = !ended.signal.aborted
  if (isHeard) onHeard()
  while (!ended.signal.aborted) {
    await clock.delay(PROBE_EVERY_MS, ended.signal).catch(() => undefined)
    if (!ended.signal.aborted) await wait(patience.commandTimeoutMs, client.ping())
  }
  closing.removeEventListener('abort', onClosing)
  return isHeard ? clock.monotonicMs() - heardSinceMs : 0
}
