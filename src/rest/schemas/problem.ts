// Errors as RFC 9457 problem details.
import { z } from 'zod'
import { ERROR_PAGE, errorTable, type GatewayError, toErrorTitle } from '#model/errors.ts'
import { codeField } from './fields.ts'

/** An error. */
export const problemSchema = z
  .object({
    type: z
      .string()
      .meta({ description: 'Address of the explanation of the code.', examples: [`${ERROR_PAGE}#NOT_FOUND`] }),
    title: z.string().meta({ description: 'The code in words.' }),
    status: z.int().meta({ description: 'The HTTP status.' }),
    detail: z.string().meta({ description: 'What happened, and for a bad argument what is allowed.' }),
    code: codeField('What went wrong, the same on both faces of the gateway.'),
    retryable: z.boolean().meta({ description: 'Whether the same question may succeed later without a change.' }),
    retryAfterMs: z.number().optional().meta({ description: 'Milliseconds after which it may succeed, where known.' }),
    account: z.string().optional().meta({ description: 'The account it is about, where it is about one.' }),
    provider: z.string().optional().meta({ description: 'The provider it came from, where it came from one.' }),
    providerCode: z.string().optional().meta({ description: "The provider's own number or word for it." }),
    requestId: z.string().meta({ description: "Finds the request in the gateway's log." }),
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457).' })

/** See `problemSchema`. @param status where it is not the one of the table: a body too large is 413, a method 405 */
export function toProblem(error: GatewayError, status: number, requestId: string): z.output<typeof problemSchema> {
  const { code, message, retryAfterMs, account, provider, providerCode } = error
  return {
    type: `${ERROR_PAGE}#${code}`,
    title: toErrorTitle(code),
    status,
    detail: message,
    code,
    retryable: errorTable[code].retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(account === undefined ? {} : { account }),
    ...(provider === undefined ? {} : { provider }),
    ...(providerCode === undefined ? {} : { providerCode }),
    requestId,
  }
}
