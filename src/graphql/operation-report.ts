// What becomes of an operation that may go on, gathered while it runs and told once, when it is over: by whoever follows
// the request that it came by, or here, where it came by none.
import { OperationTypeNode } from 'graphql'
import {
  type AnsweredRequest,
  type NoteRequest,
  type RequestObserver,
  toOperationName,
} from '#contract/answered-request.ts'
import type { Meter } from '#contract/ask.ts'
import type { Clock } from '#model/clock.ts'
import type { ErrorCode } from '#model/errors.ts'
import type { Operation } from './operations.ts'

/** Learns what becomes of an operation. */
export interface OperationListener {
  /** What is asked. */
  name(operation: Pick<Operation, 'label' | 'name' | 'type'>): void
  /** What it costs from now on is counted by another meter. */
  count(meter: Meter): void
  /** An error; the first one counts. */
  fail(code: ErrorCode | undefined): void
}

/** What an operation has cost so far, over all its meters. */
class MeterSum {
  /** The one that still counts, and what those before it have counted. */
  private meter: Meter | undefined
  private readonly sum = { calls: 0, cached: 0, coalesced: 0 }

  /** Goes on with another one. */
  count(meter: Meter): void {
    const { calls, cached, coalesced } = this
    Object.assign(this.sum, { calls, cached, coalesced })
    this.meter = meter
  }

  get calls(): number {
    return this.sum.calls + (this.meter?.calls ?? 0)
  }

  get cached(): number {
    return this.sum.cached + (this.meter?.cached ?? 0)
  }

  get coalesced(): number {
    return this.sum.coalesced + (this.meter?.coalesced ?? 0)
  }
}

/** Notes an operation with the request that it came by. @param request the message of Node's HTTP server */
export function listenFor(request: object, note: NoteRequest | undefined): OperationListener {
  const sum = new MeterSum()
  let hasFailed = false
  return {
    name: ({ label, name, type }) =>
      note?.(request, {
        operation: label,
        operationName: toOperationName(name),
        isLasting: type === OperationTypeNode.SUBSCRIPTION,
      }),
    count: (meter) => {
      sum.count(meter)
      note?.(request, { meter: sum })
    },
    fail: (code) => {
      if (hasFailed || code === undefined) return
      hasFailed = true
      note?.(request, { code })
    },
  }
}

/** Whose operation it is, and who is told of it. */
export interface OperationReportOptions extends Pick<AnsweredRequest, 'client' | 'requestId'> {
  /** Left out: nobody. */
  readonly observer: RequestObserver | undefined
  readonly clock: Pick<Clock, 'monotonicMs'>
}

/** An operation of a WebSocket. */
export class OperationReport implements OperationListener {
  private readonly options: OperationReportOptions
  private readonly begunAtMs: number
  private operation: Pick<Operation, 'label' | 'name' | 'type'> | undefined
  private code: ErrorCode | undefined
  private isLetIn = false
  private readonly sum = new MeterSum()

  constructor(options: OperationReportOptions) {
    this.options = options
    this.begunAtMs = options.clock.monotonicMs()
  }

  name(operation: Pick<Operation, 'label' | 'name' | 'type'>): void {
    this.operation = operation
  }

  count(meter: Meter): void {
    this.isLetIn = true
    this.sum.count(meter)
  }

  fail(code: ErrorCode | undefined): void {
    this.code ??= code
  }

  /** Tells of it. @param hasLeft whether it is over because the client wants no more of it */
  end(hasLeft: boolean): void {
    const { observer, clock, client, requestId } = this.options
    const { calls, cached, coalesced } = this.sum
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
      calls,
      cached,
      coalesced,
      requestId,
    })
  }
}
