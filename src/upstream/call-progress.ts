// How far a call has got, and what is told of its attempts while it gets there.
import type { Ask } from '#contract/ask.ts'
import type { UpstreamRequest } from '#contract/upstream-call.ts'
import type { Clock } from '#model/clock.ts'
import { GatewayError } from '#model/errors.ts'
import type { Span, Tracer } from '#model/tracer.ts'
import type { CallWatch } from './breaker.ts'
import type { QuotaWait, SentCall, UpstreamObserver } from './upstream-observer.ts'

/** How far a call has got. */
export interface Progress {
  readonly watch: CallWatch
  /** Attempts that were begun. */
  attempts: number
  /** When bytes of the latest attempt last left, on `Clock.monotonicMs`; undefined as long as none have. */
  leftAtMs?: number | undefined
  /** When the last exchange was over, on the same clock: what is done with an answer is none of the provider's time. */
  endedAtMs?: number
  /** Of the attempt that is under way. */
  span?: Span
  /** How long that attempt has waited for starts, in milliseconds. */
  waitedMs?: number
}

/** Whether the provider may have handed out something that nobody can ask for again. */
export function isConsumed(request: Pick<UpstreamRequest<unknown>, 'keep'>, progress: Progress): boolean {
  return request.keep !== undefined && progress.leftAtMs !== undefined
}

/** Tells of one account's calls. */
export class CallTeller {
  private readonly account: string
  private readonly clock: Pick<Clock, 'monotonicMs'>
  private readonly tracer: Tracer
  private readonly observer: UpstreamObserver | undefined

  constructor(options: {
    readonly account: string
    readonly clock: Pick<Clock, 'monotonicMs'>
    readonly tracer: Tracer
    readonly observer: UpstreamObserver | undefined
  }) {
    this.account = options.account
    this.clock = options.clock
    this.tracer = options.tracer
    this.observer = options.observer
  }

  /** Makes an attempt. Of one whose bytes never left only the span is told. */
  attempt<Answer>(operation: string, ask: Ask, progress: Progress, make: () => Promise<Answer>): Promise<Answer> {
    progress.attempts += 1
    // What left before was told of with its own attempt.
    progress.leftAtMs = undefined
    const { attempts: attempt } = progress
    const facts = { 'weir.account': this.account, 'weir.interface': operation, 'weir.attempt': attempt }
    const tell = (outcome: SentCall['outcome']) => {
      progress.span?.tell({ 'weir.outcome': outcome })
      const { leftAtMs, endedAtMs = Number.NEGATIVE_INFINITY } = progress
      if (leftAtMs === undefined) return
      // An end from before it left is that of another attempt.
      const tookMs = (endedAtMs >= leftAtMs ? endedAtMs : this.clock.monotonicMs()) - leftAtMs
      const { caller, lane, capability } = ask
      const call = { operation, attempt, outcome, tookMs, client: caller.name, lane }
      this.observer?.called(capability === undefined ? call : { ...call, capability })
    }
    return this.tracer.follow('call', `provider ${operation}`, facts, async (span) => {
      progress.span = span
      progress.waitedMs = 0
      try {
        const answer = await make()
        tell('OK')
        return answer
      } catch (error) {
        if (error instanceof GatewayError) tell(error.code)
        else tell(ask.signal.aborted ? 'CLIENT_LEFT' : 'INTERNAL')
        throw error
      }
    })
  }

  /** Waits for a start. */
  async wait<Permit>({ lane }: Pick<Ask, 'lane'>, progress: Progress, take: () => Promise<Permit>): Promise<Permit> {
    const sinceMs = this.clock.monotonicMs()
    const tell = (outcome: QuotaWait['outcome']) => {
      const waitedMs = this.clock.monotonicMs() - sinceMs
      // Of the attempt: a start that was lost is waited for again.
      progress.waitedMs = (progress.waitedMs ?? 0) + waitedMs
      progress.span?.tell({ 'weir.quota.wait_ms': progress.waitedMs })
      this.observer?.waited({ lane, waitedMs, outcome })
    }
    try {
      const permit = await take()
      tell('granted')
      return permit
    } catch (error) {
      tell(error instanceof GatewayError && error.code === 'QUOTA_EXHAUSTED' ? 'refused' : 'left')
      throw error
    }
  }
}
