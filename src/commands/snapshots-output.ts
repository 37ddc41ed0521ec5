// Where the commands about snapshots write: what was asked for, and how far it has come.
import type { Writable } from 'node:stream'
import type { Clock } from '#model/clock.ts'

/** Nobody reads what is written any more. */
export class ReaderLeftError extends Error {
  override readonly name = 'ReaderLeftError'
}

/** What was asked for, on its way out. */
export interface Output {
  /** Writes, and waits until it has been taken: no more is in memory than that. @throws ReaderLeftError */
  write(chunk: string | Uint8Array): Promise<void>
}

/** Writes to a stream, which stays open. */
export function createOutput(out: Writable): Output {
  // Whoever writes is told of a failure; without a listener it would end the process as well.
  out.on('error', () => undefined)
  return {
    write: (chunk) =>
      new Promise((resolve, reject) => {
        out.write(chunk, (error) => {
          if (!error) resolve()
          else reject(isGone(error) ? new ReaderLeftError('nobody reads it', { cause: error }) : error)
        })
      }),
  }
}

function isGone(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED')
}

/** A line of newline-delimited JSON. */
export function toLine(value: object): string {
  return `${JSON.stringify(value)}\n`
}

/** Where progress is shown, as `process.stderr` is one. */
export interface ProgressStream {
  /** True for a terminal. */
  readonly isTTY?: boolean | undefined
  write(text: string): unknown
}

/** How far something has come. Shows nothing but numbers. */
export interface Progress {
  /** Counts more of it. */
  add(count: number): void
  /** So many so far. */
  readonly count: number
  /** Ends the line that a terminal shows. */
  end(): void
}

/** How often a terminal is told, in milliseconds. */
const TERMINAL_EVERY_MS = 200
/** After how many of them a file is told. */
const FILE_EVERY = 10_000

/** Shows progress. @param what is counted: `snapshots` */
export function createProgress(stream: ProgressStream, clock: Pick<Clock, 'monotonicMs'>, what: string): Progress {
  let count = 0
  let shownAtMs = clock.monotonicMs()
  let isLineOpen = false
  return {
    get count() {
      return count
    },
    add(more) {
      const before = count
      count += more
      if (stream.isTTY) {
        if (clock.monotonicMs() < shownAtMs + TERMINAL_EVERY_MS) return
        shownAtMs = clock.monotonicMs()
        isLineOpen = true
        stream.write(`\r${count} ${what}`)
      } else if (Math.floor(count / FILE_EVERY) > Math.floor(before / FILE_EVERY)) stream.write(`${count} ${what}\n`)
    },
    end() {
      if (isLineOpen) stream.write('\r\u001b[K')
      isLineOpen = false
    },
  }
}
