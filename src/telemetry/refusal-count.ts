// Counts what is refused at the door: who may not come in, and who has come too often.
import { type ErrorCode, GatewayError } from '#model/errors.ts'

const reasons: Partial<Record<ErrorCode, 'client_limit' | 'access'>> = {
  RATE_LIMITED: 'client_limit',
  UNAUTHENTICATED: 'access',
  FORBIDDEN: 'access',
  ACCESS_UNAVAILABLE: 'access',
}

/** Since the start of the process. */
export class RefusalCount {
  private readonly counts = { client_limit: 0, access: 0 }

  /** By reason. */
  read(): Readonly<Record<'client_limit' | 'access', number>> {
    return this.counts
  }

  /** The same work, whose refusals are counted. */
  watch<Given extends unknown[], Result>(work: (...given: Given) => Promise<Result>): typeof work {
    return async (...given) => {
      try {
        return await work(...given)
      } catch (error) {
        const reason = error instanceof GatewayError ? reasons[error.code] : undefined
        if (reason !== undefined) this.counts[reason] += 1
        throw error
      }
    }
  }
}
