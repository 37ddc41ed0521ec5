// Accounts.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Ask } from '#contract/ask.ts'
import { CapabilityUnsupportedError } from '#model/errors.ts'
import type { AccountView } from '#services/views.ts'
import { addRoute } from '../route.ts'
import type { RestContext } from '../route-definition.ts'
import { accountListSchema, accountSchema, toAccountSummary, toLiveTotals } from '../schemas/account.ts'
import { accountPath, repeatableNameArgument } from '../schemas/arguments.ts'
import { collectorSchema, toCollector } from '../schemas/collector.ts'
import { exampleAccount, exampleTimes } from '../schemas/examples.ts'
import { tryField } from '../try-field.ts'

/** Adds the routes. */
export function addAccountRoutes(app: FastifyInstance, context: RestContext): void {
  const { services, clock } = context

  const summarise = async (account: AccountView, ask: Ask) => {
    const quota = await services.getQuota(account.name, ask)
    // Who else asks is not told to a reader, nor that somebody does.
    const spenders = ask.caller.role === 'ops' ? services.listQuotaSpenders(account.name, ask) : null
    const { name } = account
    return toAccountSummary(account, quota, spenders, services.getHealth(name, ask), services.getSampling(name, ask))
  }

  // Quota and health move with every call of anybody, so that these answers are good for no time at all.
  const passing = () => ({ fetchedAt: clock.now(), freshUntil: clock.now(), stale: false })

  addRoute(app, context, {
    url: '/accounts',
    operationId: 'listAccounts',
    tag: 'Accounts',
    summary: 'List accounts',
    description: 'The accounts that the caller may see, with quota and health. Asks no provider.',
    path: z.strictObject({}),
    query: z.strictObject({
      name: repeatableNameArgument('Only the accounts of these names; unknown ones are left out.', 'tencent-main'),
    }),
    answer: accountListSchema,
    example: { items: [exampleAccount], nextCursor: null },
    handle: async ({ query }, ask) => {
      const accounts = services.listAccounts(query.name ?? null, ask)
      const items = await Promise.all(accounts.map((account) => summarise(account, ask)))
      return { body: { items, nextCursor: null }, tagged: items, freshness: passing() }
    },
  })

  addRoute(app, context, {
    url: '/accounts/:account',
    operationId: 'getAccount',
    tag: 'Accounts',
    summary: 'Get an account',
    description: 'One account with quota, health and the totals over its live streams, which cost one provider call.',
    path: accountPath,
    query: z.strictObject({}),
    answer: accountSchema,
    example: {
      ...exampleAccount,
      liveTotals: { streamCount: 12, onlineViewers: 3480, bandwidthBitsPerSecond: 5_120_000_000, ...exampleTimes },
      failures: [],
    },
    handle: async ({ path }, ask) => {
      const account = services.getAccount(path.account, ask)
      const totals = await tryField(['liveTotals'], services.getLiveTotals(account.name, ask))
      const summary = await summarise(account, ask)
      const now = passing()
      return {
        body: { ...summary, liveTotals: totals.answer && toLiveTotals(totals.answer), failures: totals.failures },
        tagged: [summary, totals.answer?.value, totals.failures],
        freshness: totals.answer ? { ...totals.answer, freshUntil: now.freshUntil } : now,
        failureCount: totals.failures.length,
      }
    },
  })

  addRoute(app, context, {
    url: '/accounts/:account/collector',
    operationId: 'getCollector',
    tag: 'Accounts',
    summary: 'How the snapshots of an account are being collected',
    description:
      'The collector of the account as far as the replica that answers knows, and its counts since that was started. For keys of role ops. Asks no provider.',
    path: accountPath,
    query: z.strictObject({}),
    answer: collectorSchema,
    example: {
      ...{ collects: true, isCollector: true, lagSeconds: 4.2, backlog: 0 },
      ...{ popped: 5230, stored: 5228, quarantined: 0, batchesUnknown: 0 },
    },
    handle: async ({ path: { account } }, ask) => {
      const reading = await services.getCollector(account, ask)
      if (!reading)
        throw new CapabilityUnsupportedError(`the provider of ${account} has no queue of snapshots`, { account })
      return { body: toCollector(reading), tagged: reading, freshness: passing() }
    },
  })
}
