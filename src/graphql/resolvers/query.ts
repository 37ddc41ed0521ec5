// Root fields.
import { throwWhenAllLost } from '#services/range.ts'
import type { QueryResolvers } from '../generated.ts'
import { toConnection } from './connection.ts'

export const Query = {
  node: (_root, { id }, { services, ask }) => services.getStreamById(id, ask),
  accounts: (_root, { names }, { services, ask }) => services.listAccounts(names ?? null, ask),
  account: (_root, { name }, { services, ask }) => services.getAccount(name, ask),
  stream: (_root, ref, { services, ask }) => services.getStream(ref, ask),
  liveStreams: async (_root, { accounts = null, ...page }, { services, ask }) => {
    const answer = await services.listLiveStreams({ ...page, accounts }, ask)
    return { ...toConnection(answer, page), failures: answer.failures }
  },
  pushSessions: async (_root, { account, ...query }, { services, ask }) =>
    throwWhenAllLost(await services.listManyPushSessions(account, query, ask)),
} satisfies QueryResolvers
