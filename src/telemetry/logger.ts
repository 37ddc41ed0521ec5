// The log: JSON lines, or a readable form where a person looks at a terminal.
import { type DestinationStream, type Logger, pino } from 'pino'
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
 */
export function createLogger(settings: LogSettings, destination?: LogDestination): Logger {
  return pino(
    {
      level: settings.level,
      timestamp: pino.stdTimeFunctions.isoTime,
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
