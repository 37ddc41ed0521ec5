// Which answers are worth reading at all, whatever a provider means by them.
import type { RawAnswer } from '#contract/upstream-call.ts'
import { UpstreamError } from '#model/errors.ts'
import type { ExchangeOutcome } from './exchange.ts'

/** How an exchange ended whose request was sent. */
export type SentOutcome = Exclude<ExchangeOutcome, { kind: 'unsent' }>

/** The answer of an exchange, if it is one to be read. @throws the failure; UpstreamError */
export function toReadable(outcome: SentOutcome): RawAnswer {
  if (outcome.kind === 'failure') throw outcome.error
  const { status, headers } = outcome.answer
  if (status >= 300 && status < 400)
    throw new UpstreamError('UPSTREAM_RESPONSE', 'the provider answered with a redirect, which is never followed', {
      retry: { times: 0 },
    })
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (encoding !== '' && encoding !== 'identity')
    throw new UpstreamError('UPSTREAM_RESPONSE', 'the answer is encoded in a way that was not asked for', {
      retry: { times: 0 },
    })
  return outcome.answer
}
