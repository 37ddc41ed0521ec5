// A way out that leads nowhere: keeps the requests and lets them read answers made up by a test.
import { isSupported, type Unsupported } from '#contract/capability.ts'
import type { RawAnswer, UpstreamCall, UpstreamRequest } from '#contract/upstream-call.ts'

/** When made-up answers are received. */
export const receivedAt = Date.UTC(2026, 10, 21, 4, 0, 0)

/** A complete answer. @param content a text as it is, anything else as JSON */
export function toRaw(content: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): RawAnswer {
  const body = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))
  return { status, headers, body, receivedAt }
}

/** The operation itself. @throws Error when it is a refusal */
export function requireSupported<Operation>(answer: Operation | Unsupported): Operation {
  if (!isSupported(answer)) throw new Error('the provider has no such call')
  return answer
}

/** What a test sees of a request. */
export type SeenRequest = Omit<UpstreamRequest<unknown>, 'read' | 'keep'>

/** Answers every call with what the test says. */
export class FakeUpstream {
  /** In the order they were made. */
  readonly requests: SeenRequest[] = []
  /** Operations that came with a `keep`. */
  readonly consuming: string[] = []
  private readonly answer: (request: SeenRequest) => RawAnswer

  /** @param answer one answer for all calls, or what makes it */
  constructor(answer: RawAnswer | ((request: SeenRequest) => RawAnswer)) {
    this.answer = typeof answer === 'function' ? answer : () => answer
  }

  readonly call: UpstreamCall = async (request) => {
    const { read, keep, ...seen } = request
    this.requests.push(seen)
    if (keep) this.consuming.push(request.operation)
    const raw = this.answer(seen)
    await keep?.(raw)
    return read(raw)
  }

  /** The query of the latest request as name → value. */
  get lastQuery(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.requests.at(-1)?.query ?? [])
  }
}
