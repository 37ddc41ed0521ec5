// Accounts: what they can do, what their provider grants and how it has been answering.
import { z } from 'zod'
import type { ProviderId } from '#contract/provider.ts'
import type { HealthReading, QuotaReading } from '#contract/readings.ts'
import type { LiveTotals } from '#model/stream.ts'
import { toIsoTime } from '#model/time-range.ts'
import type { AccountView, Answer } from '#services/services.ts'
import {
  codeField,
  countField,
  fieldFailureSchema,
  freshnessFields,
  measuredField,
  optionalTimeField,
  pagingFields,
  timeField,
  toFreshnessFields,
} from './fields.ts'

const providers = { tencent: 'TENCENT', chinanetcenter: 'CHINANETCENTER' } as const satisfies Record<ProviderId, string>

const capabilitySupportSchema = z
  .object({
    capability: z
      .enum([
        'LIVE_STREAMS',
        'LIVE_STAT',
        'STREAM_STATE',
        'PUSH_SAMPLES',
        'PLAY_SAMPLES',
        'PUSH_SESSIONS',
        'RECORDINGS',
        'SNAPSHOTS',
      ])
      .meta({ description: 'A question that a provider may be able to answer.' }),
    supported: z.boolean().meta({ description: 'Whether it is answered here, derived answers included.' }),
    reason: z.string().nullable().meta({ description: 'Why not, or how; null when there is nothing to say.' }),
  })
  .meta({ id: 'CapabilitySupport', description: 'What one capability of an account is worth.' })

const quotaSchema = z
  .object({
    limit: z.int().meta({ description: 'Calls the provider grants per window.' }),
    windowSeconds: z.number().meta({ description: 'Length of the rolling window in seconds.' }),
    used: z.int().meta({ description: 'Calls that still count.' }),
    remaining: z.int().meta({ description: 'Calls that are free now.' }),
    nextFreeAt: optionalTimeField('When the next call is free; null while one is free now.'),
  })
  .meta({ id: 'Quota', description: "Where the account's quota at its provider stands." })

const accountHealthSchema = z
  .object({
    state: z.enum(['UP', 'DEGRADED', 'DOWN']).meta({
      description:
        '`UP`: the last call was good, or there was none yet. `DEGRADED`: the last call failed or was throttled. `DOWN`: the breaker is open.',
    }),
    since: timeField('When that state began.'),
    lastErrorCode: codeField('A code of the error table.')
      .nullable()
      .meta({ description: 'Code of the last failure; null when there was none since the start.' }),
  })
  .meta({ id: 'AccountHealth', description: "How the account's provider has been answering." })

const liveTotalsSchema = z
  .object({
    streamCount: countField('Live streams; null when not told.'),
    onlineViewers: countField('Viewers over all live streams; null when not told.'),
    bandwidthBitsPerSecond: measuredField('Playback bandwidth over all live streams, in bit/s; null when not told.'),
    ...freshnessFields,
  })
  .meta({ id: 'LiveTotals', description: 'Totals over the live streams of an account.' })

const accountFields = {
  name: z.string().meta({ description: 'Name of the account, as in the settings.', examples: ['tencent-main'] }),
  provider: z.enum(Object.values(providers)).meta({ description: 'The CDN behind it.' }),
  capabilities: z.array(capabilitySupportSchema).meta({ description: 'Every capability, supported or not.' }),
  quota: quotaSchema.meta({ description: "Where the account's quota at its provider stands." }),
  health: accountHealthSchema.meta({ description: "How the account's provider has been answering." }),
}

const accountSummarySchema = z
  .object(accountFields)
  .meta({ id: 'AccountSummary', description: 'An account, as far as it costs no provider call.' })

/** One account. */
export const accountSchema = z
  .object({
    ...accountFields,
    liveTotals: liveTotalsSchema.nullable().meta({
      description: 'Totals over its live streams; null when they could not be had, see `failures`.',
    }),
    failures: z.array(fieldFailureSchema).meta({ description: 'Parts that could not be had; empty when whole.' }),
  })
  .meta({ id: 'Account', description: 'One configured set of credentials at a provider.' })

/** All accounts. */
export const accountListSchema = z
  .object({
    items: z.array(accountSummarySchema).meta({ description: 'Accounts the caller may see, as in the settings.' }),
    ...pagingFields,
  })
  .meta({ id: 'AccountList', description: 'Accounts. The list has no pages.' })

/** See `accountSummarySchema`. */
export function toAccountSummary(
  account: AccountView,
  quota: QuotaReading,
  health: HealthReading,
): z.output<typeof accountSummarySchema> {
  const { limit, windowSeconds, used, remaining, nextFreeAt } = quota
  return {
    name: account.name,
    provider: providers[account.provider],
    capabilities: account.capabilities.map(({ capability, supported, reason }) => ({ capability, supported, reason })),
    quota: {
      limit,
      windowSeconds,
      used,
      remaining,
      nextFreeAt: nextFreeAt === null ? null : toIsoTime(nextFreeAt),
    },
    health: { state: health.state, since: toIsoTime(health.since), lastErrorCode: health.lastErrorCode },
  }
}

/** See `liveTotalsSchema`. */
export function toLiveTotals(answer: Answer<LiveTotals>): z.output<typeof liveTotalsSchema> {
  const { streamCount, onlineViewers, bandwidthBitsPerSecond } = answer.value
  return { streamCount, onlineViewers, bandwidthBitsPerSecond, ...toFreshnessFields(answer) }
}
