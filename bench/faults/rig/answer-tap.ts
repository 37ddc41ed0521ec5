// Reads the bodies out of the bytes that went to a gateway: what it was sent, whatever it made of it.
import type { ProxyTap } from './tcp-proxy.ts'

/** The body of one answer. */
export interface TappedBody {
  /** What was sent of it. */
  readonly body: Buffer
  /** Whether that is all its head promised. */
  readonly isWhole: boolean
  /** Whether the client was the first to go, before it was whole. */
  readonly isLeft: boolean
}

const HEAD_END = '\r\n\r\n'

/** One connection, answer after answer. */
class Line {
  readonly done: TappedBody[] = []
  private rest: Buffer = Buffer.alloc(0)
  private isOver = false
  private isLeft = false

  push(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk])
    for (let answer = this.read(); answer?.isWhole; answer = this.read()) {
      this.done.push({ body: answer.body, isWhole: true, isLeft: false })
      this.rest = this.rest.subarray(answer.endsAt)
    }
  }

  end(who: 'client' | 'target'): void {
    if (this.isOver) return
    this.isOver = true
    this.isLeft = who === 'client'
  }

  list(): TappedBody[] {
    const begun = this.read()
    if (begun === undefined || begun.body.length === 0) return this.done
    return [...this.done, { body: begun.body, isWhole: false, isLeft: this.isLeft }]
  }

  /** The answer that the rest begins with; undefined while its head is not there. */
  private read(): { readonly body: Buffer; readonly isWhole: boolean; readonly endsAt: number } | undefined {
    const headEnd = this.rest.indexOf(HEAD_END)
    if (headEnd < 0) return undefined
    const head = this.rest.subarray(0, headEnd).toString('latin1')
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
    const from = headEnd + HEAD_END.length
    const body = this.rest.subarray(from, from + length)
    return { body, isWhole: body.length === length, endsAt: from + length }
  }
}

/** Listens to answers of HTTP/1.1 that say how long they are, as all of the sandbox's do that a pop may be given. */
export class AnswerTap implements ProxyTap {
  private readonly lines = new Map<number, Line>()

  onBytes(connection: number, chunk: Buffer): void {
    this.lineOf(connection).push(chunk)
  }

  onEnd(connection: number, end: 'client' | 'target'): void {
    this.lineOf(connection).end(end)
  }

  /** All bodies of which anything was sent. */
  bodies(): readonly TappedBody[] {
    return [...this.lines.values()].flatMap((line) => line.list())
  }

  private lineOf(connection: number): Line {
    const line = this.lines.get(connection) ?? new Line()
    this.lines.set(connection, line)
    return line
  }
}
