// Accounts.
import type { ProviderId } from '#contract/provider.ts'
import type { AccountResolvers, Provider, QuarantinedBatchResolvers, QuotaResolvers } from '../generated.ts'
import { toConnection } from './connection.ts'

const providers: Readonly<Record<ProviderId, Provider>> = { tencent: 'TENCENT', chinanetcenter: 'CHINANETCENTER' }

export const Account = {
  provider: ({ provider }) => providers[provider],
  quota: async ({ name }, _arguments, { services, ask }) => ({
    ...(await services.getQuota(name, ask)),
    account: name,
  }),
  health: ({ name }, _arguments, { services, ask }) => services.getHealth(name, ask),
  sampling: ({ name }, _arguments, { services, ask }) => services.getSampling(name, ask),
  collector: ({ name }, _arguments, { services, ask }) => services.getCollector(name, ask),
  quarantinedSnapshots: async ({ name }, { first }, { services, ask, answerSize }) =>
    answerSize.add((await services.listQuarantinedSnapshots(name, first, ask)).value),
  liveTotals: async ({ name }, _arguments, { loaders }) => {
    const { value, fetchedAt, stale } = await loaders.getLiveTotals(name)
    return { ...value, fetchedAt, stale }
  },
  liveStreams: async ({ name }, { domain = null, ...page }, { services, ask }) => {
    const answer = await services.listAccountLiveStreams(name, { ...page, domain }, ask)
    return { ...toConnection(answer, page), failures: answer.failures }
  },
  playSamples: ({ name }, { domain = null, ...query }, { loaders }) =>
    loaders.getAccountPlaySamples(name, { ...query, domain }),
  snapshots: async ({ name }, query, { services, ask }) =>
    toConnection(await services.listAccountSnapshots(name, query, ask), query),
} satisfies AccountResolvers

export const Quota = {
  spenders: ({ account }, _arguments, { services, ask }) => services.listQuotaSpenders(account, ask),
} satisfies QuotaResolvers

export const QuarantinedBatch = {
  sizeBytes: ({ bytes }) => bytes,
} satisfies QuarantinedBatchResolvers
