// Histories: the services say `items`, the schema says of what.
import type {
  PlaySampleResolvers,
  PlaySampleSeriesResolvers,
  PushSampleSeriesResolvers,
  PushSessionSeriesResolvers,
  StreamPushSessionsResolvers,
} from '../generated.ts'
import { toInt } from './count.ts'

export const PushSampleSeries = {
  samples: ({ items }, _arguments, { answerSize }) => answerSize.add(items),
} satisfies PushSampleSeriesResolvers
export const PlaySampleSeries = {
  samples: ({ items }, _arguments, { answerSize }) => answerSize.add(items),
} satisfies PlaySampleSeriesResolvers
export const PushSessionSeries = {
  sessions: ({ items }, _arguments, { answerSize }) => answerSize.add(items),
} satisfies PushSessionSeriesResolvers
export const StreamPushSessions = {
  sessions: ({ items }, _arguments, { answerSize }) => answerSize.add(items),
} satisfies StreamPushSessionsResolvers

export const PlaySample = {
  onlineViewers: ({ onlineViewers }) => toInt('onlineViewers', onlineViewers),
} satisfies PlaySampleResolvers
