// The accounts of the settings: what every account has, and what its provider wants.
import { z } from 'zod'
import type { Provider, ProviderId } from '#contract/provider.ts'
import { type QuotaLimits, toDefaultGuardMs } from '#upstream/quota.ts'
import { findNearestName } from './nearest-name.ts'
import { parseSection, type SectionPlace } from './parse-section.ts'
import { type ConfigProblem, toPathText } from './problems.ts'
import { accountBasicsSchema } from './schema.ts'
import { isMapping } from './settings-file.ts'

/** What the provider grants an account, with every default filled in. */
export interface QuotaConfig extends QuotaLimits {
  /** Share of the limit kept for processes that have lost sight of the others, 0..0.9. */
  readonly outageReserve: number
}

/** How the account's snapshot queue is collected. */
export interface CollectionConfig {
  /** Whether it is collected at all: taking messages out is never done unasked. */
  readonly collect: boolean
  /** Pace while batches come back short, ≥ 1. */
  readonly pollSeconds: number
  /** Days for which snapshots and the answers they came from are kept, ≥ 1. */
  readonly keepDays: number
  /** Most snapshots that are kept, ≥ 1. */
  readonly keepCount: number
}

/** One account. */
export interface AccountConfig {
  readonly name: string
  readonly provider: ProviderId
  /** What the provider's own schema made of the rest: always `credentials` and `endpoints`. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly quota: QuotaConfig
  /** Null where the provider has no snapshot queue. */
  readonly snapshots: CollectionConfig | null
}

/** What came of one entry of the list. */
export interface ParsedAccount {
  /** The name as written, when it is text: other parts may refer to it even if the account is faulty. */
  readonly name: string | null
  /** Null when there are problems. */
  readonly account: AccountConfig | null
  readonly problems: readonly ConfigProblem[]
}

/** Parses one entry of `accounts`. */
export function parseAccount(value: unknown, providers: readonly Provider[], place: SectionPlace): ParsedAccount {
  if (!isMapping(value))
    return { name: null, account: null, problems: [toProblem(place, [], 'is no mapping', 'an account', null)] }
  const { name, provider: providerId, quota, ...rest } = value
  const given = Object.entries({ name, provider: providerId, quota }).filter(([, item]) => item !== undefined)
  const basics = parseSection(accountBasicsSchema, Object.fromEntries(given), place)
  const provider = providers.find((candidate) => candidate.id === providerId)
  const ids = providers.map((candidate) => candidate.id)

  const own = provider
    ? parseSection(provider.settings.strict(), rest, { ...place, otherNames: ['name', 'provider', 'quota'] })
    : undefined
  const problems = [
    ...basics.problems,
    ...(own?.problems ?? []),
    ...(typeof providerId === 'string' && !provider ? [toUnknownProvider(place, providerId, ids)] : []),
    ...(provider ? findUnknownInterfaces(place, provider, quota) : []),
  ]
  const written = typeof name === 'string' ? name : null
  if (!provider || !own || own.value === undefined || basics.value === undefined || problems.length > 0)
    return { name: written, account: null, problems }

  const { guardMs, ...limits } = basics.value.quota
  return {
    name: written,
    problems: [],
    account: {
      name: basics.value.name,
      provider: provider.id,
      settings: own.value,
      quota: { ...limits, guardMs: guardMs ?? toDefaultGuardMs(limits.windowSeconds) },
      snapshots: toCollection(own.value),
    },
  }
}

const collectionSchema = z.object({
  collect: z.boolean(),
  pollSeconds: z.int().min(1),
  keepDays: z.int().min(1),
  keepCount: z.int().min(1),
})

/** Providers with a snapshot queue have these settings under `snapshots`; others have none of them. */
function toCollection(settings: Readonly<Record<string, unknown>>): CollectionConfig | null {
  return collectionSchema.safeParse(settings['snapshots']).data ?? null
}

/** A limit of a call that the provider does not have would limit nothing. */
function findUnknownInterfaces(place: SectionPlace, provider: Provider, quota: unknown): readonly ConfigProblem[] {
  const limits = isMapping(quota) ? quota['interfaces'] : undefined
  return Object.keys(isMapping(limits) ? limits : {})
    .filter((name) => !provider.operations.includes(name))
    .map((name) => {
      const nearest = findNearestName(name, provider.operations)
      const remedy = nearest === undefined ? null : `did you mean "${nearest}"?`
      const path = ['quota', 'interfaces', name]
      return toProblem(place, path, 'is no call of the provider', `one of ${provider.operations.join(', ')}`, remedy)
    })
}

function toUnknownProvider(place: SectionPlace, written: string, ids: readonly string[]): ConfigProblem {
  const nearest = findNearestName(written, ids)
  const shown = written.length > 40 ? 'not known' : `${JSON.stringify(written)}, which is not known`
  const remedy = nearest === undefined ? null : `did you mean "${nearest}"?`
  return toProblem(place, ['provider'], `is ${shown}`, `one of ${ids.join(', ')}`, remedy)
}

function toProblem(
  place: SectionPlace,
  path: readonly PropertyKey[],
  problem: string,
  allowed: string | null,
  remedy: string | null,
): ConfigProblem {
  return { path: toPathText([...place.path, ...path]), problem, allowed, remedy }
}
