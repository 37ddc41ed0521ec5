// What is live now.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Page } from '#model/page.ts'
import type { LiveStreamPageView, LiveStreamView } from '#services/views.ts'
import { toPageFields } from '../page.ts'
import { addRoute } from '../route.ts'
import type { RestContext } from '../route-definition.ts'
import { accountPath, domainArgument, pageArguments, repeatableNameArgument } from '../schemas/arguments.ts'
import { exampleLiveStat, exampleStream, exampleTimes } from '../schemas/examples.ts'
import { liveStreamListSchema, toLiveStream } from '../schemas/stream.ts'

const example = {
  items: [
    {
      ...exampleStream,
      state: 'LIVE' as const,
      stateSource: 'LIST' as const,
      stateSince: null,
      stateFetchedAt: exampleTimes.fetchedAt,
      stateStale: false,
      live: exampleLiveStat,
    },
  ],
  nextCursor: null,
  totalCount: 1,
  ...exampleTimes,
}

/** Adds the routes. */
export function addLiveStreamRoutes(app: FastifyInstance, context: RestContext): void {
  const { services } = context

  addRoute(app, context, {
    url: '/live-streams',
    operationId: 'listLiveStreams',
    tag: 'Live',
    summary: 'List live streams of many accounts',
    description:
      'One account down never hides the others: it stands in `failures`, and the next page asks it again. Without `account` the accounts that can list are asked.',
    path: z.strictObject({}),
    query: z.strictObject({
      account: repeatableNameArgument('Accounts to ask; may be repeated.', 'tencent-main'),
      ...pageArguments,
    }),
    answer: liveStreamListSchema,
    example: {
      ...example,
      failures: [
        { account: 'cnc-main', code: 'CAPABILITY_UNSUPPORTED' as const, message: 'there is no list of live streams' },
      ],
    },
    handle: async ({ query: { account = null, ...page } }, ask) => {
      return toAnswer(await services.listLiveStreams({ ...page, accounts: account }, ask))
    },
  })

  addRoute(app, context, {
    url: '/accounts/:account/live-streams',
    operationId: 'listAccountLiveStreams',
    tag: 'Live',
    summary: 'List live streams of an account',
    description: "The live streams of one account, optionally of one of the provider's domains.",
    path: accountPath,
    query: z.strictObject({ ...domainArgument, ...pageArguments }),
    answer: liveStreamListSchema,
    example: { ...example, failures: [] },
    handle: async ({ path, query: { domain = null, ...page } }, ask) => {
      return toAnswer(await services.listAccountLiveStreams(path.account, { ...page, domain }, ask))
    },
  })
}

function toAnswer(answer: LiveStreamPageView) {
  const failures = answer.failures.map(({ account, code, message }) => ({ account, code, message }))
  const body = { ...toPageFields(answer, toLiveStream), failures }
  return { body, tagged: [toTagged(answer), failures], freshness: answer, failureCount: failures.length }
}

/** Everything but the ages. */
function toTagged({ items, hasNextPage, totalCount }: Page<LiveStreamView>) {
  return [items.map(({ cursor, item: { id, reading } }) => [cursor, id, reading]), hasNextPage, totalCount]
}
