// What a stream of events carries, and how one asks for it.
import { z } from 'zod'
import { type ServerSentEvent, toEventText } from '#events/event-stream.ts'
import { errorTable, type GatewayError } from '#model/errors.ts'
import { readPlaceText } from '#services/event-place.ts'
import { type StreamEvent, type StreamNews, type WatchedKind, watchedKinds } from '#services/views.ts'
import { nameArgument } from './arguments.ts'
import { exampleLiveStat, exampleSnapshot } from './examples.ts'
import { toPlaySample } from './play-sample.ts'
import { toProblem } from './problem.ts'
import { toPushSample } from './push-sample.ts'
import { toSnapshot } from './snapshot.ts'
import { toLiveStat, toStateChange } from './stream.ts'

/** How long browsers wait before they connect anew: a process that stops is gone by then, and its successor there. */
export const RETRY_MS = 3000

const kinds = Object.keys(watchedKinds).filter(isKind)

function isKind(text: string): text is WatchedKind {
  return Object.hasOwn(watchedKinds, text)
}

/** Which events are wanted: any number of kinds, in one text or several. */
const eventsArgument = z
  .preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(z.string()))
  .transform((texts, context): readonly WatchedKind[] => {
    const names = texts.flatMap((text) => text.split(',')).map((name) => name.trim())
    if (names.every(isKind)) return [...new Set(names)]
    const [bad = ''] = names.filter((name) => !isKind(name))
    const message = `holds "${bad.slice(0, 80)}"; allowed are ${kinds.join(', ')}, with commas between them`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
  .meta({
    type: 'array',
    items: { type: 'string', enum: kinds },
    description:
      "Which events are wanted, with commas between them or one by one. All that the account's provider can tell when left out.",
    'x-examples': { two: { summary: 'samples and states', value: ['pushSample', 'streamState'] } },
  })

const lastEventIdArgument = nameArgument(
  'Id of the last event that was received: what came after it comes first. The header `Last-Event-ID`, which browsers send when they connect anew, goes before it.',
  '1794974400000-0-0_',
).refine((text) => readPlaceText(text) !== undefined, {
  error: 'is no id of an event; pass one that came with an event',
})

/** What a stream of events is asked with. */
export const eventArguments = z.strictObject({
  events: eventsArgument.optional(),
  lastEventId: lastEventIdArgument.optional(),
})

/** The headers it is asked with, for the documentation: nobody is refused for what his browser sends by itself. */
export const eventHeaders = z.object({
  'Last-Event-ID': z
    .string()
    .optional()
    .meta({
      description:
        'Id of the last event that was received, as browsers send it when they connect anew. Goes before `lastEventId`; one that is no id brings a `gap` event.',
      examples: ['1794974400000-0-0_'],
    }),
})

/** An event of a stream. */
export function toStreamEvent({ place, ...news }: StreamEvent): ServerSentEvent {
  const event = { event: news.kind, data: JSON.stringify(toData(news)) }
  return place === null ? event : { id: place, ...event }
}

function toData(news: StreamNews): object | null {
  switch (news.kind) {
    case 'pushSample':
      return toPushSample(news.sample)
    case 'playSample':
      return toPlaySample(news.sample)
    case 'liveStat':
      return news.live && toLiveStat(news.live, news.live)
    case 'streamState':
      return toStateChange(news)
    case 'snapshot':
      return toSnapshot(news.snapshot)
    case 'gap':
      return {}
  }
}

/** Why no more events come. It is no place in the list of them. */
export function toProblemEvent(error: GatewayError, requestId: string): ServerSentEvent {
  return { event: 'problem', data: JSON.stringify(toProblem(error, errorTable[error.code].status, requestId)) }
}

/** What `data` of each event is, for the documentation. */
export const eventDataWords =
  '`data` of a `pushSample` event is a `PushSample`, of `playSample` a `PlaySample`, of `liveStat` a `LiveStat`, or `null` for a stream that is not live, of `streamState` an object with `state`, `stateSince` and `stateSource`, of `snapshot` a `Snapshot`, of `problem` a `Problem`, and of `gap` an empty object.'

/** A stream as it comes, with an event of two kinds. */
export const exampleEvents = [
  `retry: ${RETRY_MS}\n\n`,
  toEventText({ id: '1794974400000-0-0_', event: 'pushSample', data: JSON.stringify(exampleLiveStat.push) }),
  toEventText({ id: '1794974400000-0-0_1794974401000-0', event: 'snapshot', data: JSON.stringify(exampleSnapshot) }),
].join('')
