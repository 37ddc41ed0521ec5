// What is measured right now.
import type { LiveStatResolvers, LiveTotalsResolvers } from '../generated.ts'
import { toInt } from './count.ts'

export const LiveStat = {
  onlineViewers: ({ onlineViewers }) => toInt('onlineViewers', onlineViewers),
  // The provider says nothing about when it measured.
  push: ({ push, fetchedAt }) => push && { ...push, observedAt: fetchedAt },
} satisfies LiveStatResolvers

export const LiveTotals = {
  streamCount: ({ streamCount }) => toInt('streamCount', streamCount),
  onlineViewers: ({ onlineViewers }) => toInt('onlineViewers', onlineViewers),
} satisfies LiveTotalsResolvers
