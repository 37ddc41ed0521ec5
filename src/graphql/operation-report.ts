// What becomes of an operation of a WebSocket, gathered while it runs and told once, when it is over.
import { OperationTypeNode } from 'graphql'
import { type AnsweredRequest, type RequestObserver, toOperationName } from '#contract/answered-request.ts'
import type { Meter } from '#contract/ask.ts'
import type { Clock } from '#model/clock.ts'
import type { ErrorCode } from '#model/errors.ts'
import type { Operation } from './operations.ts'

/** Whose operation it is, and who is told of it. */
export interface OperationReportOptions extends Pick<AnsweredRequest, 'client' | 'requestId'> {
  /** Left out: nobody. */
  readonly observer: RequestObserver | undefined
  readonly clock: Pick<Clock, 'monotonicMs'>
}

/** An operation that runs. */
export class OperationReport {
  private readonly options: OperationReportOptions
  private readonly begunAtMs: number
  private operation: Pick<Operation, 'label' | 'name' | 'type'> | undefined
  private code: ErrorCode | undefined
  private isLetIn = false
  /** The one that still counts, and what those before it have counted. */
  private meter: Meter | undefined
  private readonly sum = { calls: 0, cached: 0, coalesced: 0 }

  constructor(options: OperationReportOptions) {
    this.options = options
    this.begunAtMs = options.clock.monotonicMs()
  }

  /** Learns what is asked. */
  name(operation: Pick<Operation, 'label' | 'name' | 'type'>): void {
    this.operation = operation
  }

  /** Has what it costs from now on counted by another meter. */
  count(meter: Meter): void {
    this.close()
    this.isLetIn = true
    this.meter = meter
  }

  /** Learns of an error; the first one counts. */
  fail(code: ErrorCode | undefined): void {
    this.code ??= code
  }

  /** Tells of it. @param hasLeft whether it is over because the client wants no more of it */
  end(hasLeft: boolean): void {
    this.close()
    const { observer, clock, client, requestId } = this.options
    const isLasting = this.operation?.type === OperationTypeNode.SUBSCRIPTION
    observer?.answered({
      face: 'graphql',
      operation: this.operation?.label ?? (this.isLetIn ? 'invalid' : 'unknown'),
      operationName: toOperationName(this.operation?.name),
      // Nobody but its client ends what goes on for ever, and errors before that are errors all the same.
      code: hasLeft && !isLasting ? 'CLIENT_LEFT' : (this.code ?? 'OK'),
      status: null,
      tookMs: Math.max(0, clock.monotonicMs() - this.begunAtMs),
      isLasting,
      client,
      from: 'made',
      ...this.sum,
      requestId,
    })
  }

  private close(): void {
    const { sum, meter } = this
    if (!meter) return
    sum.calls += meter.calls
    sum.cached += meter.cached
    sum.coalesced += meter.coalesced
    this.meter = undefined
  }
}
