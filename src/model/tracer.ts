// What follows a piece of work across the layers, where somebody wants to know. Off, it costs a call.
import type { ErrorCode } from './errors.ts'

/**
 * What is told of a piece of work besides its name: accounts, interfaces, counts, codes. Never an address, a key, or
 * what somebody has made up without end.
 */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>

/** A piece of work that is under way. */
export interface Span {
  /** Adds facts, or replaces those of the same names. */
  tell(facts: SpanFacts): void
}

/** What a client has asked for, from its arrival to its answer. */
export interface RequestSpan extends Span {
  /** Does work within it; so is whatever that work begins, and leaves to be done later. */
  run<Result>(work: () => Result): Result
  /** Ends it; only the first end counts. @param name of few words: a route, an operation of the schema */
  end(name: string, facts: SpanFacts, code: 'OK' | 'CLIENT_LEFT' | ErrorCode): void
}

/** Which trace a line of the log belongs to, as W3C Trace Context writes it. */
export interface TraceIds {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
}

/** `work` is done by this process, a `call` by another one. */
export type SpanKind = 'work' | 'call'

/** Follows work. Nothing here throws but what the work throws. */
export interface Tracer {
  /** Whether anybody wants to know. Where work is cheap, ask before telling. */
  readonly isOn: boolean
  /**
   * Whether what is done now belongs to something that is followed and under way, or over for no more than a moment: a
   * request, say, and not a timer of our own.
   */
  readonly isFollowing: boolean
  /** The request that is being answered here; undefined where that is not known. */
  readonly request: RequestSpan | undefined
  /** The span that is under way; undefined without one, and where its trace is not kept. */
  findIds(): TraceIds | undefined
  /**
   * Begins to follow a request.
   * @param traceParent the client's own span, as the header of that name has it; anything else counts for nothing
   * @param tookMs for one that is over already: how long it took, in milliseconds
   */
  begin(traceParent: string | undefined, tookMs?: number): RequestSpan
  /** Does work within a span below the one that is under way. It ends with the work, and failed when that failed. */
  follow<Result>(kind: SpanKind, name: string, facts: SpanFacts, work: (span: Span) => Promise<Result>): Promise<Result>
}

const noSpan: Span = { tell: () => undefined }
const noRequest: RequestSpan = { ...noSpan, run: (work) => work(), end: () => undefined }

/** Nobody wants to know. */
export const noTracer: Tracer = {
  isOn: false,
  isFollowing: false,
  request: undefined,
  findIds: () => undefined,
  begin: () => noRequest,
  follow: (_kind, _name, _facts, work) => work(noSpan),
}
