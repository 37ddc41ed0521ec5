// The log: JSON lines, or a readable form where a person looks at a terminal.
import { type DestinationStream, type Logger, pino } from 'pino'
import type { TraceIds } from '#model/tracer.ts'
import { scrub, toLoggableError, toLoggableFields, toLoggableRequest, toLoggableResponse } from './log-redaction.ts'

/** What is worth a line. */
export interface LogSettings {
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
}

/** Where lines go. */
export type LogDestination = DestinationStream

/**
 * Builds the log. Everything that goes through it is redacted, whoever logs it.
 * @param destination standard output when left out
 * @param findIds the trace that a line belongs to; left out: no line tells of one
 */
export function createLogger(
  settings: LogSettings,
  destination?: LogDestination,
  findIds?: () => TraceIds | undefined,
): Logger {
  return pino(
    {
      level: settings.level,
      timestamp: pino.stdTimeFunctions.isoTime,
      ...(findIds && { mixin: () => ({ ...findIds() }) }),
      formatters: { level: (label) => ({ level: label }), log: toLoggableFields },
      serializers: {
        msg: (message: unknown) => (typeof message === 'string' ? scrub(message) : message),
        // Fastify puts its own in for these names unless it finds them here. Errors were made loggable before.
        err: (error: unknown) => (error instanceof Error ? toLoggableError(error) : error),
        req: toLoggableRequest,
        res: toLoggableResponse,
      },
    },
    destination ?? process.stdout,
  )
}

/** Standard output, for a person who looks at a terminal. */
export async function openTerminal(): Promise<LogDestination> {
  const { PinoPretty } = await import('pino-pretty')
  return PinoPretty({ colorize: true, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' })
}

/** How long a line may wait for others, in milliseconds, unless they are more than `GATHERED_LETTERS`. */
const GATHERED_MS = 50
const GATHERED_LETTERS = 16 * 1024
/** Trouble is written at once: whatever comes next may end the process without a last moment. */
const isUrgent = /^\{"level":"(?:warn|error|fatal)"/

/**
 * Standard output, for programs: lines are gathered, because a write for each costs more than the line. Writes to files and
 * pipes are over when they return, so that nothing is on its way, and lost, when the process ends: what is gathered then
 * is written at the last moment, also when an error ends it that nobody caught.
 * @param out standard output
 */
export function openOutput(out: Pick<NodeJS.WriteStream, 'write'>): LogDestination {
  let gathered = ''
  let isDue = false
  const flush = () => {
    isDue = false
    if (gathered === '') return
    const lines = gathered
    gathered = ''
    out.write(lines)
  }
  process.once('exit', flush)
  return {
    write(line) {
      gathered += line
      if (gathered.length >= GATHERED_LETTERS || isUrgent.test(line)) flush()
      else if (!isDue) {
        isDue = true
        // It keeps no process alive.
        setTimeout(flush, GATHERED_MS).unref()
      }
    },
  }
}
