// Clients: who asks for what, and what it costs.
import { type Dashboard, grown, ofAccount, type Row, rate, variables } from './dashboard.ts'
import { spenders } from './shared-panels.ts'

const chosen = 'client=~"$client"'
const spent = ofAccount('weir_client_calls_total', chosen)
const saved = ofAccount('weir_client_saved_total', chosen)
const isSaved = (by: string) => ofAccount('weir_client_saved_total', chosen, `by="${by}"`)

const glance: Row = {
  title: 'At a glance',
  panels: [
    {
      title: 'Calls spent',
      description: 'Provider calls over the shown range.',
      kind: 'number',
      unit: 'short',
      width: 6,
      queries: [{ expr: `sum(increase(${spent}[$__range]))`, legend: 'calls' }],
    },
    {
      title: 'Calls saved by the cache',
      description: 'Calls that would have been needed if nothing had been kept, over the shown range.',
      kind: 'number',
      unit: 'short',
      width: 6,
      queries: [{ expr: `sum(increase(${isSaved('cache')}[$__range]))`, legend: 'saved' }],
    },
    {
      title: 'Calls saved by sharing',
      description: 'Calls whose answer came from somebody else’s call in flight, over the shown range.',
      kind: 'number',
      unit: 'short',
      width: 6,
      queries: [{ expr: `sum(increase(${isSaved('sharing')}[$__range]))`, legend: 'saved' }],
    },
    {
      title: 'Share of all calls',
      description: 'What the chosen clients spend of all that is spent on the chosen accounts.',
      kind: 'number',
      unit: 'percentunit',
      width: 6,
      queries: [
        {
          expr: `sum(increase(${spent}[$__range])) / sum(increase(${ofAccount('weir_client_calls_total')}[$__range]))`,
          legend: 'share',
        },
      ],
    },
  ],
}

const spending: Row = {
  title: 'What they spend',
  panels: [
    {
      title: 'Calls by client',
      description:
        'Clients are told apart by the names of their keys, 200 at most; the rest is "other". snapshot-collector is Weir itself.',
      kind: 'areas',
      unit: 'cps',
      width: 12,
      queries: [{ expr: rate(spent, 'client'), legend: '{{client}}' }],
    },
    {
      title: 'Calls by account and operation',
      description: 'Of the chosen clients.',
      kind: 'areas',
      unit: 'cps',
      width: 12,
      queries: [{ expr: rate(spent, 'account, operation'), legend: '{{account}} {{operation}}' }],
    },
    {
      title: 'Share of an account’s calls',
      description: 'By client and account. One client with most of a full account is the one to talk to.',
      kind: 'lines',
      unit: 'percentunit',
      width: 12,
      max: 1,
      queries: [
        {
          expr: `${rate(spent, 'account, client')} / on (account) group_left () ${rate(ofAccount('weir_client_calls_total'), 'account')}`,
          legend: '{{account}} {{client}}',
        },
      ],
    },
    {
      title: 'Calls saved',
      description:
        'By client, and by what saved them. A client that saves little asks for what nobody else asks, or for ever new ranges.',
      kind: 'areas',
      unit: 'cps',
      width: 12,
      queries: [{ expr: rate(saved, 'client, by'), legend: '{{client}} {{by}}' }],
    },
    spenders(24, chosen),
  ],
}

const top: Row = {
  title: 'Over the shown range',
  panels: [
    {
      title: 'The ten that spent most',
      description: 'Provider calls by client.',
      kind: 'table',
      unit: 'short',
      width: 24,
      queries: [{ expr: `topk(10, ${grown(spent, 'client')})`, legend: 'Calls' }],
    },
  ],
}

/** Clients, all or some. */
export const client: Dashboard = {
  uid: 'weir-client',
  title: 'Weir / Client',
  description: 'Who asks, what it costs, what the cache and sharing save them.',
  variables: [variables.namespace, variables.job, variables.account, variables.client],
  rows: [glance, spending, top],
}
