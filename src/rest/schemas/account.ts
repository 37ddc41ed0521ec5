// Accounts: what they can do, what their provider grants and how it has been answering.
import { z } from 'zod'
import type { ProviderId } from '#contract/provider.ts'
import type { HealthReading } from '#contract/readings.ts'
import type { Sampling } from '#model/live-event.ts'
import type { LiveTotals } from '#model/stream.ts'
import { toIsoTime } from '#model/time-range.ts'
import type { AccountView, Answer, QuotaSpenderView, QuotaView } from '#services/views.ts'
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

const capabilityField = z.enum([
  'LIVE_STREAMS',
  'LIVE_STAT',
  'STREAM_STATE',
  'PUSH_SAMPLES',
  'PLAY_SAMPLES',
  'PUSH_SESSIONS',
  'RECORDINGS',
  'SNAPSHOTS',
])

const capabilitySupportSchema = z
  .object({
    capability: capabilityField.meta({ description: 'A question that a provider may be able to answer.' }),
    supported: z.boolean().meta({ description: 'Whether it is answered here, derived answers included.' }),
    reason: z.string().nullable().meta({ description: 'Why not, or how; null when there is nothing to say.' }),
  })
  .meta({ id: 'CapabilitySupport', description: 'What one capability of an account is worth.' })

const spentField = (description: string) => z.int().min(0).meta({ description })

const quotaSpenderSchema = z
  .object({
    client: z.string().meta({
      description:
        "Name of the key or of the token's holder, `anonymous` without either. `snapshot-collector` is Weir itself where it collects snapshots, `other` everybody who is not told apart; no client is called so.",
    }),
    operation: capabilityField.meta({
      description: 'What was asked of the provider. Push sessions that are derived count as push samples.',
    }),
    calls: spentField('Calls that were sent for this client, retries included. Others may have shared their answers.'),
    savedByCache: spentField(
      'Calls that it did not need because of what was kept; for whole answers that were sent again too.',
    ),
    savedBySharing: spentField("Calls that it did not need because another client's was under way."),
  })
  .meta({
    id: 'QuotaSpender',
    description: 'What a client has had of an account for one capability in the last window of its quota.',
  })

const quotaSchema = z
  .object({
    limit: z.int().meta({ description: 'Calls the provider grants per window.' }),
    windowSeconds: z.number().meta({ description: 'Length of the rolling window in seconds.' }),
    used: z.int().meta({ description: 'Calls that still count.' }),
    remaining: z.int().meta({ description: 'Calls that are free now.' }),
    nextFreeAt: optionalTimeField('When the next call is free; null while one is free now.'),
    exhaustedAt: optionalTimeField(
      'When no call is left, should the pace of the last fifth of the window go on; null when that pace does not use the quota up, and when it is used up already. Of the pace only the calls of the replica that answers are known: others are taken to be as busy.',
    ),
    spenders: z.array(quotaSpenderSchema).nullable().meta({
      description:
        'Who has spent it, and on what, in the last `windowSeconds`: most calls first, at most 50. They are the calls and the savings of the replica that answers alone, since it was started. For keys of role ops; null for others.',
    }),
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

const samplingSchema = z
  .object({
    watchedStreams: z.int().min(0).meta({ description: 'Streams that somebody watches, at any replica.' }),
    pushEverySeconds: measuredField(
      'Seconds between two readings of ingest and states; null while nobody watches any.',
    ),
    playEverySeconds: measuredField('Seconds between two readings of playback; null while nobody watches any.'),
    slowedBecause: z
      .string()
      .nullable()
      .meta({ description: 'Why that is slower than the provider measures; null when it is not.' }),
  })
  .meta({ id: 'Sampling', description: 'How the watched streams of an account are being read.' })

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
  sampling: samplingSchema.meta({
    description: 'How its watched streams are being read, as far as the replica that answers knows.',
  }),
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

/** See `accountSummarySchema`. @param spenders null where the caller may not know */
export function toAccountSummary(
  account: AccountView,
  quota: QuotaView,
  spenders: readonly QuotaSpenderView[] | null,
  health: HealthReading,
  { watchedStreams, pushEverySeconds, playEverySeconds, slowedBecause }: Sampling,
): z.output<typeof accountSummarySchema> {
  const { limit, windowSeconds, used, remaining, nextFreeAt, exhaustedAt } = quota
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
      exhaustedAt: exhaustedAt === null ? null : toIsoTime(exhaustedAt),
      spenders:
        spenders?.map(({ client, operation, calls, savedByCache, savedBySharing }) => ({
          client,
          operation,
          calls,
          savedByCache,
          savedBySharing,
        })) ?? null,
    },
    health: { state: health.state, since: toIsoTime(health.since), lastErrorCode: health.lastErrorCode },
    sampling: { watchedStreams, pushEverySeconds, playEverySeconds, slowedBecause },
  }
}

/** See `liveTotalsSchema`. */
export function toLiveTotals(answer: Answer<LiveTotals>): z.output<typeof liveTotalsSchema> {
  const { streamCount, onlineViewers, bandwidthBitsPerSecond } = answer.value
  return { streamCount, onlineViewers, bandwidthBitsPerSecond, ...toFreshnessFields(answer) }
}
