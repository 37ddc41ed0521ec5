// The use cases with a span around each: what a request is made of, whichever face it came by.
import type { SpanFacts, Tracer } from '#model/tracer.ts'
import type { Services } from './services.ts'

/** What is followed. */
export interface FollowedServicesOptions {
  readonly tracer: Tracer
  /** Names of the accounts there are: what else a client asks for is not told. */
  readonly accounts: readonly string[]
}

/** The same use cases; those that take time are followed. Put around them only where somebody wants to know. */
export function followServices(services: Services, { tracer, accounts }: FollowedServicesOptions): Services {
  const known = new Map<string, SpanFacts>(accounts.map((name) => [name, { 'weir.account': name }]))
  const none: SpanFacts = {}

  /** @param account as the client gave it; null where there are several, or none */
  function follow<Answer>(name: keyof Services, account: string | null, work: () => Promise<Answer>): Promise<Answer> {
    const facts = (account === null ? undefined : known.get(account)) ?? none
    return tracer.follow('work', name, facts, async (span) => {
      const answer = await work()
      if (isAged(answer)) span.tell({ 'weir.stale': answer.stale })
      return answer
    })
  }

  return {
    ...services,
    getCollector: (account, ask) => follow('getCollector', account, () => services.getCollector(account, ask)),
    getQuota: (account, ask) => follow('getQuota', account, () => services.getQuota(account, ask)),
    getLiveTotals: (account, ask) => follow('getLiveTotals', account, () => services.getLiveTotals(account, ask)),
    listLiveStreams: (query, ask) => follow('listLiveStreams', null, () => services.listLiveStreams(query, ask)),
    listAccountLiveStreams: (account, query, ask) =>
      follow('listAccountLiveStreams', account, () => services.listAccountLiveStreams(account, query, ask)),
    getStreamState: (ref, ask) => follow('getStreamState', ref.account, () => services.getStreamState(ref, ask)),
    getStreamStatus: (ref, ask) => follow('getStreamStatus', ref.account, () => services.getStreamStatus(ref, ask)),
    getLiveReading: (ref, ask) => follow('getLiveReading', ref.account, () => services.getLiveReading(ref, ask)),
    listPushSamples: (ref, query, ask) =>
      follow('listPushSamples', ref.account, () => services.listPushSamples(ref, query, ask)),
    listPlaySamples: (ref, query, ask) =>
      follow('listPlaySamples', ref.account, () => services.listPlaySamples(ref, query, ask)),
    listAccountPlaySamples: (account, query, ask) =>
      follow('listAccountPlaySamples', account, () => services.listAccountPlaySamples(account, query, ask)),
    listPushSessions: (ref, query, ask) =>
      follow('listPushSessions', ref.account, () => services.listPushSessions(ref, query, ask)),
    listManyPushSessions: (account, query, ask) =>
      follow('listManyPushSessions', account, () => services.listManyPushSessions(account, query, ask)),
    listRecordings: (ref, query, ask) =>
      follow('listRecordings', ref.account, () => services.listRecordings(ref, query, ask)),
    listSnapshots: (ref, query, ask) =>
      follow('listSnapshots', ref.account, () => services.listSnapshots(ref, query, ask)),
    listAccountSnapshots: (account, query, ask) =>
      follow('listAccountSnapshots', account, () => services.listAccountSnapshots(account, query, ask)),
    listQuarantinedSnapshots: (account, first, ask) =>
      follow('listQuarantinedSnapshots', account, () => services.listQuarantinedSnapshots(account, first, ask)),
  }
}

function isAged(answer: unknown): answer is { readonly stale: boolean } {
  return typeof answer === 'object' && answer !== null && 'stale' in answer && typeof answer.stale === 'boolean'
}
