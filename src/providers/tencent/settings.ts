// What an operator sets for a Tencent account.
import { z } from 'zod'
import { endpointAddress } from '#contract/endpoint-address.ts'

const idParameter = z.enum(['cmd', 'appid'])

/** A number that identifies something at Tencent, written with or without quotes; text from here on. */
function vendorId(description: string) {
  return z
    .union([z.int().min(1), z.string().regex(/^[1-9]\d{0,19}$/)])
    .transform(String)
    .meta({ description, allowed: 'a number, 1 or more' })
}

const credentials = z.strictObject({
  appId: z
    .union([z.int().min(1), z.string().regex(/^[1-9]\d{0,19}$/)])
    .meta({ description: "The account's live APPID.", allowed: 'a number, 1 or more' }),
  apiKey: z
    .string()
    .regex(/^\S+$/)
    .meta({ description: "The account's API key (not the anti-leech push key).", allowed: 'text without blanks' }),
})

const snapshots = z
  .strictObject({
    collect: z
      .boolean()
      .default(false)
      .describe('Whether Weir drains the screenshot queue. It takes the messages away from everyone else.'),
    pollSeconds: z
      .int()
      .min(1)
      .max(3600)
      .default(10)
      .describe('Seconds between two looks at the queue while batches come back short.'),
    keepDays: z
      .int()
      .min(1)
      .max(3650)
      .default(30)
      .describe('Days for which snapshots are kept, and the raw answers that they were read from.'),
    keepCount: z
      .int()
      .min(1)
      .max(100_000_000)
      .default(1_000_000)
      .describe('Most snapshots that are kept; the oldest go first.'),
    bucket: z
      .string()
      .regex(/^[a-z0-9](?:[a-z0-9-]{0,39})$/)
      .optional()
      .meta({
        description: 'COS bucket of the screenshots, for messages that hold a bare file name. Goes with `cosAppId`.',
        allowed: 'lower-case letters, digits and hyphens, at most 40',
      }),
    cosAppId: vendorId('APPID of that bucket. Goes with `bucket`.').optional(),
  })
  .refine(
    ({ bucket, cosAppId }) => (bucket === undefined) === (cosAppId === undefined),
    'holds one of bucket and cosAppId without the other',
  )

/** Settings of a Tencent account besides `name`, `provider` and `quota`. */
export const tencentSettings = z.strictObject({
  credentials: credentials.describe('What proves the account.'),
  endpoints: z
    .strictObject({
      statistics: endpointAddress(
        'Where the statistics calls go (Get_LiveStat and the two histories).',
        'http://statcgi.video.qcloud.com/common_access',
      ),
      control: endpointAddress(
        'Where the status, recording and queue calls go.',
        'http://fcgi.video.qcloud.com/common_access',
      ),
    })
    .prefault({})
    .describe('Addresses of the two hosts. Requests go nowhere else.'),
  idParameters: z
    .strictObject({
      statistics: idParameter.default('cmd').describe('Name of the APPID parameter on the statistics host.'),
      control: idParameter.default('appid').describe('Name of the APPID parameter on the control host.'),
    })
    .prefault({})
    .describe('How each host wants the APPID named; the pages of the vendor differ.'),
  signatureTtlSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(60)
    .describe('Seconds a signature stays good. Whoever sees a signed address can use it that long.'),
  recordings: z
    .strictObject({
      vodBizId: vendorId('VOD bizid, to build addresses of recordings that come without one.').optional(),
    })
    .prefault({})
    .describe('How recordings are addressed.'),
  snapshots: snapshots.prefault({}).describe('The screenshot queue.'),
})

/** What the adapter sees of the settings. */
export type TencentSettings = Omit<z.output<typeof tencentSettings>, 'credentials'>

/** Role of a host; its own address, its own numbers of errors. */
export type TencentRole = keyof TencentSettings['endpoints']
