// Pages in the Relay shape.
import type { PageRequest } from '#model/page.ts'
import type { FreshPage } from '#services/views.ts'
import type { Context } from '../context.ts'
import type {
  LiveStreamConnectionResolvers,
  RecordingConnectionResolvers,
  SnapshotConnectionResolvers,
} from '../generated.ts'
import type { ConnectionParent } from '../parents.ts'
import { toInt } from './count.ts'

/** What the connection types resolve from. */
export function toConnection<Item>(page: FreshPage<Item>, { after }: PageRequest): ConnectionParent<Item> {
  // A cursor is the place of an item, so whoever brings one has at least that item behind them.
  return { ...page, hasPreviousPage: after !== null && after !== undefined }
}

/** Fields every connection has; `Item` is what its nodes resolve from. */
function connectionOf<Item>() {
  return {
    nodes: (page: ConnectionParent<Item>, _arguments: object, { answerSize }: Context) =>
      answerSize.add(page.items).map(({ item }) => item),
    edges: (page: ConnectionParent<Item>, _arguments: object, { answerSize }: Context) =>
      answerSize.add(page.items).map(({ item, cursor }) => ({ cursor, node: item })),
    pageInfo: ({ items, hasNextPage, hasPreviousPage }: ConnectionParent<Item>) => ({
      hasNextPage,
      hasPreviousPage,
      startCursor: items[0]?.cursor ?? null,
      endCursor: items.at(-1)?.cursor ?? null,
    }),
    totalCount: (page: ConnectionParent<Item>) => toInt('totalCount', page.totalCount),
  }
}

export const LiveStreamConnection = connectionOf() satisfies LiveStreamConnectionResolvers
export const RecordingConnection = connectionOf() satisfies RecordingConnectionResolvers
export const SnapshotConnection = connectionOf() satisfies SnapshotConnectionResolvers
