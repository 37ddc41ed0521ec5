// What an operator sets for a ChinaNetCenter account.
import { z } from 'zod'
import { endpointAddress } from '#contract/endpoint-address.ts'

const credentials = z.strictObject({
  username: z
    .string()
    .regex(/^[^\s:]+$/)
    .meta({ description: "The account's user name.", allowed: 'text without blanks and colons' }),
  apiKey: z.string().regex(/^\S+$/).meta({ description: "The account's API key.", allowed: 'text without blanks' }),
})

/** Settings of a ChinaNetCenter account besides `name`, `provider` and `quota`. */
export const chinanetcenterSettings = z.strictObject({
  credentials: credentials.describe('What proves the account.'),
  endpoints: z
    .strictObject({
      reports: endpointAddress(
        'Where reports are asked for, without the path of the report. Use https: the signature does not cover the call.',
        'https://open.chinanetcenter.com',
      ),
    })
    .prefault({})
    .describe('Addresses of the hosts. Requests go nowhere else.'),
  maxDomainsPerCall: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe('Domains the provider grants this account in one call. Asking for more is refused.'),
  allowSingleDay: z
    .boolean()
    .default(false)
    .describe('Whether the provider takes a report from a day to the same day. Otherwise the next day is asked too.'),
})

/** What the adapter sees of the settings. */
export type ChinanetcenterSettings = Omit<z.output<typeof chinanetcenterSettings>, 'credentials'>
