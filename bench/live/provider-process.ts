// The rig's handle on the provider's process.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { z } from 'zod'

const openedSchema = z.object({
  urls: z.object({ tencentStatistics: z.string(), tencentControl: z.string(), control: z.string() }),
  credentials: z.object({ appId: z.int(), apiKey: z.string() }),
  quota: z.object({ limit: z.int(), windowSeconds: z.number() }),
})

const callsSchema = z.object({
  calls: z.array(
    z.object({
      interface: z.string(),
      arrivedAtMs: z.number(),
      finishedAtMs: z.number().optional(),
      parameters: z.record(z.string(), z.string()),
    }),
  ),
})
const MOST_CALLS = 100_000
const START_LIMIT_MS = 30_000

/** A call that arrived at the provider. Times are epoch milliseconds of `steadyNow`. */
export interface ProviderCall {
  /** The provider's name of it. */
  readonly operation: string
  /** The stream it asks for; null for one that asks for all. */
  readonly key: string | null
  readonly arrivedAtMs: number
  /** When the answer had been written; null while it is not. */
  readonly answeredAtMs: number | null
}

/** A running provider. */
export interface ProviderProcess {
  /** The settings of an account at it, but for its name. */
  readonly account: Readonly<Record<string, unknown>>
  /** Has streams pushed from now on, without an end. */
  start(keys: readonly string[]): Promise<void>
  /** Ends them. */
  stop(keys: readonly string[]): Promise<void>
  /** Every call that arrived at or after an instant, in order of arrival. */
  calls(sinceMs: number): Promise<readonly ProviderCall[]>
  close(): Promise<void>
}

/** Starts it. @throws Error when it does not say where it listens */
export async function startProvider(): Promise<ProviderProcess> {
  const child = fork(join(import.meta.dirname, 'provider.ts'))
  const ended = once(child, 'exit')
  const [message]: unknown[] = await Promise.race([
    once(child, 'message', { signal: AbortSignal.timeout(START_LIMIT_MS) }),
    ended.then(() => Promise.reject(new Error("the provider's process did not start"))),
  ])
  const { urls, credentials, quota } = openedSchema.parse(message)

  const ask = async (path: string, body?: object): Promise<unknown> => {
    const words = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(`${urls.control}${path}`, words)
    const text = await answer.text()
    if (!answer.ok) throw new Error(`the provider's control port: ${text.slice(0, 200)}`)
    return JSON.parse(text)
  }
  return {
    account: {
      provider: 'tencent',
      credentials,
      endpoints: { statistics: urls.tencentStatistics, control: urls.tencentControl },
      quota,
    },
    start: async (keys) => void (await ask('/streams', { start: keys })),
    stop: async (keys) => void (await ask('/streams', { stop: keys })),
    calls: async (sinceMs) => {
      const { calls } = callsSchema.parse(await ask(`/calls?limit=${MOST_CALLS}&sinceMs=${sinceMs}`))
      return calls.map((call) => ({
        operation: call.interface,
        key: call.parameters['Param.s.stream_id'] ?? call.parameters['Param.s.channel_id'] ?? null,
        arrivedAtMs: call.arrivedAtMs,
        answeredAtMs: call.finishedAtMs ?? null,
      }))
    },
    close: async () => {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
