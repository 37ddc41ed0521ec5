// The one way out to a provider, for one account: deadline → breaker → retry → quota → sign → send → classify.
// It knows nothing of what a provider's answers mean; the request itself reads them.
import type { LookupFunction } from 'node:net'
import type { buildConnector } from 'undici'
import type { Ask } from '#contract/ask.ts'
import type { AccountReadings } from '#contract/readings.ts'
import type { Credential, Signer } from '#contract/signer.ts'
import { CutOffError, type UpstreamCall, type UpstreamRequest } from '#contract/upstream-call.ts'
import { createProcessTurn, type Turn } from '#fleet/turn.ts'
import type { Clock } from '#model/clock.ts'
import { UpstreamError } from '#model/errors.ts'
import { noTracer, type Tracer } from '#model/tracer.ts'
import { BREAK_MS, Breaker } from './breaker.ts'
import { CallTeller, isConsumed, type Progress } from './call-progress.ts'
import { toDetails, withAccount } from './error-context.ts'
import { Health } from './health.ts'
import { ProviderClock } from './provider-clock.ts'
import type { Quota } from './quota.ts'
import { type SentOutcome, toReadable } from './readable-answer.ts'
import { withRetries } from './retry.ts'
import { RetryBudget } from './retry-budget.ts'
import { ThrottlePause } from './throttle-pause.ts'
import { createTransport } from './transport.ts'
import type { UpstreamObserver } from './upstream-observer.ts'

/** The little that is needed of a logger. Nothing handed to it ever holds an address, a key or a body. */
export interface UpstreamLog {
  debug(details: object, message: string): void
  info(details: object, message: string): void
  warn(details: object, message: string): void
}

/** What an account's way out is made with. */
export interface UpstreamClientOptions {
  /** The account's name. */
  readonly account: string
  /** The provider's id. */
  readonly provider: string
  /** Role → base address. */
  readonly endpoints: Readonly<Record<string, string>>
  readonly credential: Credential
  readonly signer: Signer
  /** How long a signature with an expiry stays good, in seconds. */
  readonly ttlSeconds: number
  /** Handed in open, and closed by whoever made it. */
  readonly quota: Quota
  readonly clock: Clock
  /** In [0, 1), for the back-off. */
  readonly random: () => number
  /** Longest a call takes, whatever its ask allows, in milliseconds. */
  readonly deadlineMs: number
  /** Most bytes of an answer's body, as received. */
  readonly maxResponseBytes: number
  readonly log: UpstreamLog
  /** Spreads the trials of open breakers over the replicas; left out for a process alone. */
  readonly turn?: Turn
  /** Most calls in flight per origin; 16 when left out. */
  readonly maxConnections?: number
  /** Milliseconds to bring up a connection; 5 000 when left out. */
  readonly connectTimeoutMs?: number
  /** How long the answer of a call that takes away what it answers is read, in milliseconds; 60 000 when left out. */
  readonly consumingMs?: number
  /** Finds hosts for all accounts of the process, which often have the same; one of the client's own when left out. */
  readonly lookup?: LookupFunction
  /** Told of calls and of waits for them; nobody is when left out. */
  readonly observer?: UpstreamObserver
  /** Follows attempts; nobody does when left out. */
  readonly tracer?: Tracer
  /** Makes the sockets; undici's own when left out. */
  readonly connector?: buildConnector.connector
}

/** The way out of one account. */
export interface UpstreamClient {
  readonly call: UpstreamCall
  readonly readings: AccountReadings
  /** Whether an endpoint is left alone because it keeps failing. */
  isBroken(): boolean
  /** Refuses new calls, lets those in flight end, then cuts every connection. */
  close(): Promise<void>
}

/** Most permits one attempt may let go stale before it gives up. */
const MAX_STALE_PERMITS = 5

/** Share of a call's time that is kept for the answer. */
const ANSWER_SHARE = 0.2
/** Most of it, in milliseconds. */
const MAX_ANSWER_MS = 2000

/** Opens an account's way out. Connects and sends nothing by itself. @throws Error for an endpoint that is no address */
export function createUpstreamClient(options: UpstreamClientOptions): UpstreamClient {
  const { clock, quota, log, account, provider } = options
  const transport = createTransport({
    endpoints: options.endpoints,
    clock,
    maxResponseBytes: options.maxResponseBytes,
    maxConnections: options.maxConnections ?? 16,
    connectTimeoutMs: options.connectTimeoutMs ?? 5000,
    ...(options.lookup && { lookup: options.lookup }),
    ...(options.connector && { connector: options.connector }),
  })
  const consumingMs = options.consumingMs ?? 60_000
  const breakers = new Map<string, Breaker>()
  const turn = options.turn ?? createProcessTurn()
  const budget = new RetryBudget(clock)
  const teller = new CallTeller({ account, clock, tracer: options.tracer ?? noTracer, observer: options.observer })
  const pause = new ThrottlePause(quota, clock)
  const health = new Health(clock)
  const providerClock = new ProviderClock(clock)
  const running = new Set<Promise<unknown>>()
  let closed = false

  function breakerOf(role: string): Breaker {
    const known = breakers.get(role)
    if (known !== undefined) return known
    const breaker = new Breaker({
      clock,
      mayTry: () => turn.mayTry({ scope: account, key: `trial:${role}` }, BREAK_MS),
      onChange: (isOpen) => {
        if (isOpen) health.broke()
        log.warn({ account, endpoint: role }, isOpen ? 'the breaker opened' : 'the breaker closed')
      },
    })
    breakers.set(role, breaker)
    return breaker
  }

  function isBroken(): boolean {
    return [...breakers.values()].some((breaker) => breaker.isOpen)
  }

  /** Sends once, with a permit that is fresh when the first byte leaves. */
  async function send<Answer>(request: UpstreamRequest<Answer>, ask: Ask, progress: Progress) {
    for (let stale = 0; stale < MAX_STALE_PERMITS; stale += 1) {
      await pause.wait(toLatestStartMs(ask, clock), ask.signal)
      const latestStartMs = toLatestStartMs(ask, clock)
      const lease = transport.lease(request.endpoint)
      try {
        const permit = await teller.wait(ask, progress, () =>
          quota
            .take(request.operation, { ...ask, deadlineAtMs: latestStartMs }, lease)
            .catch((error) => Promise.reject(pause.explain(error, latestStartMs))),
        )
        const signed = options.signer(
          {
            query: request.query ?? [],
            headers: request.headers ?? {},
            ...(request.idParameter !== undefined && { idParameter: request.idParameter }),
          },
          { credential: options.credential, now: providerClock.now(), ttlSeconds: options.ttlSeconds },
        )
        const outcome = await transport.send(
          lease,
          {
            endpoint: request.endpoint,
            path: request.path,
            method: request.method,
            query: signed.query,
            headers: signed.headers,
            body: request.body,
          },
          {
            mayLeave: () => {
              const isStale = clock.monotonicMs() > permit.goodUntilMs
              // The provider may have asked to be left alone while this call waited for its turn.
              if (isStale || pause.isOn) return false
              // From here on the provider may count it, so that we do too.
              ask.meter.calls += 1
              progress.leftAtMs = clock.monotonicMs()
              progress.watch.left()
              return true
            },
            signal: ask.signal,
            isHeldOn: () => isConsumed(request, progress) && !(ask.signal.reason instanceof CutOffError),
            deadlineAtMs: () =>
              isConsumed(request, progress) ? (progress.leftAtMs ?? 0) + consumingMs : ask.deadlineAtMs,
          },
        )
        progress.watch.ended()
        progress.endedAtMs = clock.monotonicMs()
        if (outcome.kind !== 'unsent') return outcome
        log.info(
          { account, operation: request.operation },
          'a start of the quota was lost: the call could not leave at once',
        )
      } finally {
        lease.release()
      }
    }
    throw new UpstreamError('UPSTREAM_UNAVAILABLE', 'no connection stays up long enough to send a request')
  }

  async function attempt<Answer>(request: UpstreamRequest<Answer>, ask: Ask, progress: Progress): Promise<Answer> {
    try {
      const outcome = await send(request, ask, progress)
      // Before anything else: what was taken away from the provider exists only here.
      if (request.keep !== undefined) {
        const answer = outcome.kind === 'answer' ? outcome.answer : outcome.arrived()
        if (answer !== undefined) await request.keep(answer)
      }
      return pause.heed(() => read(request, outcome), progress.leftAtMs ?? Number.NEGATIVE_INFINITY)
    } catch (error) {
      if (error instanceof UpstreamError)
        log.debug({ account, operation: request.operation, code: error.code }, 'an attempt at a provider call failed')
      throw error
    }
  }

  /** Reads an answer. One that refused a signature for its time is worth another attempt with a better one. */
  function read<Answer>(request: UpstreamRequest<Answer>, outcome: SentOutcome): Answer {
    try {
      return request.read(toReadable(outcome))
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.code !== 'UPSTREAM_CREDENTIAL') throw error
      const skewMs = outcome.kind === 'answer' ? providerClock.learn(outcome.answer) : undefined
      if (skewMs === undefined) throw error
      log.warn({ account, skewMs }, "reckoning with a provider's clock that is ahead of this machine's by so much")
      throw new UpstreamError(error.code, error.message, { ...toDetails(error), retry: { times: 1 } })
    }
  }

  async function call<Answer>(request: UpstreamRequest<Answer>, ask: Ask): Promise<Answer> {
    ask.signal.throwIfAborted()
    const nowMs = clock.monotonicMs()
    const limitMs = request.keep === undefined ? nowMs + options.deadlineMs : Number.POSITIVE_INFINITY
    const bounded = { ...ask, deadlineAtMs: Math.min(ask.deadlineAtMs, limitMs) }
    if (bounded.deadlineAtMs <= nowMs)
      throw new UpstreamError('UPSTREAM_TIMEOUT', 'the deadline had passed before the provider was asked')
    let ran = false
    try {
      return await breakerOf(request.endpoint).run((watch) => {
        ran = true
        const progress: Progress = { watch, attempts: 0 }
        const make = () => attempt(request, bounded, progress)
        return withRetries(() => teller.attempt(request.operation, bounded, progress, make), {
          clock,
          random: options.random,
          budget,
          deadlineAtMs: bounded.deadlineAtMs,
          signal: bounded.signal,
          mayRepeat: () => !closed && !isConsumed(request, progress),
          pausedForMs: () => pause.restMs,
        })
      }, bounded.deadlineAtMs - nowMs)
    } catch (error) {
      if (ran) health.failed(error, isBroken())
      throw error
    }
  }

  return {
    async call(request, ask) {
      if (closed) throw new UpstreamError('UPSTREAM_UNAVAILABLE', 'the gateway is stopping', { account, provider })
      const work = call(request, ask)
      running.add(work)
      try {
        const answer = await work
        health.succeeded(isBroken())
        return answer
      } catch (error) {
        throw withAccount(error, { account, provider })
      } finally {
        running.delete(work)
      }
    },
    readings: { quota: () => quota.read(), health: () => health.read() },
    isBroken,
    async close() {
      closed = true
      await Promise.allSettled(running)
      await transport.close()
    },
  }
}

/**
 * Until when a start is worth waiting for: a call that starts just before its deadline cannot be answered in time,
 * wastes its start and makes the provider look slow.
 */
function toLatestStartMs(ask: Pick<Ask, 'deadlineAtMs'>, clock: Clock): number {
  const restMs = ask.deadlineAtMs - clock.monotonicMs()
  return ask.deadlineAtMs - Math.min(MAX_ANSWER_MS, restMs * ANSWER_SHARE)
}
