// What the Redis client throws, reduced to words that can be shown: its own errors carry commands and arguments.

/** Why there is no connection, or none any more. */
export class ConnectionFault extends Error {
  override readonly name = 'ConnectionFault'
  /** One word, such as `ECONNREFUSED` or `WRONGPASS`. */
  readonly reason: string
  /** Whether nobody listened at the address. */
  readonly isRefused: boolean

  constructor(reason: string, isRefused = false) {
    super(`no connection to Redis: ${reason}`)
    this.reason = reason
    this.isRefused = isRefused
  }
}

/** What an attempt to connect, or a connection, ended with. */
export function toConnectionFault(error: unknown): ConnectionFault {
  if (error instanceof ConnectionFault) return error
  if (!(error instanceof Error)) return new ConnectionFault('CLOSED')
  // Of a cluster, what the node that was asked last has failed of.
  if ('lastNodeError' in error) return toConnectionFault(error.lastNodeError)
  if (error.message.startsWith('All sentinels are unreachable')) return new ConnectionFault('NO_SENTINEL')
  return new ConnectionFault(findAnswerCode(error) ?? findSystemCode(error) ?? 'CLOSED', isRefusal(error))
}

/** The first word of an error that Redis has answered; undefined for any other error. */
export function findAnswerCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return undefined
  // A script may answer with any text, even with what it was sent.
  return /^[A-Z][A-Z0-9_]{1,31}(?= |$)/.exec(error.message)?.[0] ?? 'ERR'
}

/** Whether an attempt to connect failed because nobody listens. A name with several addresses: at none of them. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isRefusal)
  return findSystemCode(error) === 'ECONNREFUSED'
}

function findSystemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return /^[A-Z][A-Z0-9_]{1,63}$/.test(error.code) ? error.code : undefined
}
