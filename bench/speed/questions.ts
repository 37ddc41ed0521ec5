// What is asked: four shapes of answers, one question over and over or many in turn.

/** Name of the account that is asked. */
export const ACCOUNT = 'main'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

const documents = {
  live: 'query Live($account: String!, $key: String!) { stream(account: $account, key: $key) { live { onlineViewers bandwidthBitsPerSecond push { frameRate } } } }',
  list: 'query List($account: String!) { account(name: $account) { liveStreams(first: 100) { nodes { key state live { onlineViewers bandwidthBitsPerSecond push { frameRate } } } } } }',
  play: 'query Play($account: String!, $key: String!, $from: DateTime!, $to: DateTime!) { stream(account: $account, key: $key) { playSamples(from: $from, to: $to) { samples { observedAt bandwidthBitsPerSecond } } } }',
  push: 'query Push($account: String!, $key: String!, $from: DateTime!, $to: DateTime!) { stream(account: $account, key: $key) { pushSamples(from: $from, to: $to) { samples { observedAt bitrateBitsPerSecond clientIp } } } }',
} as const

/** The shapes whose answers are compared. */
export const shapeNames = ['q1', 'q2', 'q3', 'q4'] as const
export type ShapeName = (typeof shapeNames)[number]

/** What each of them is. */
export const shapeTitles: Readonly<Record<ShapeName, string>> = {
  q1: 'Q1: one stream, live',
  q2: 'Q2: 100 live streams',
  q3: 'Q3: 2 h of playback',
  q4: 'Q4: 2 h of ingest, 1 440 rows',
}

const loadNames = [...shapeNames, 'q4-gzip', 'q1-alone', 'q1-1000', 's1', 's1-1000', 'q4-50'] as const
/** One way of asking. */
export type LoadName = (typeof loadNames)[number]

/** What is sent. */
export interface Load {
  /** What it is called on the page of results. */
  readonly title: string
  /** Whose answer it has; undefined for one that is compared with none. */
  readonly shape: ShapeName | undefined
  /** JSON, each on one line. */
  readonly bodies: readonly string[]
  readonly connections: number
  readonly headers: Readonly<Record<string, string>>
}

const CONNECTIONS = 48
/** Streams of the rotation, and at least as many as the emulated provider has. */
export const STREAMS = 1000
const LONG_KEYS = 50

/** All loads, for ranges that are closed at that time, epoch milliseconds. */
export function createLoads(now: number): Readonly<Record<LoadName, Load>> {
  const until = Math.floor(now / HOUR_MS) * HOUR_MS - 2 * HOUR_MS
  const hours = { from: toText(until - 2 * HOUR_MS), to: toText(until) }
  const keys = Array.from({ length: STREAMS }, (_, index) => toKey(index + 1))
  const [first = ''] = keys
  const live = (key: string) => toBody(documents.live, { key })
  /** One minute of the past: as small as Q1, and true for ever. */
  const moment = (key: string) => toBody(documents.play, { key, from: toText(until - MINUTE_MS), to: toText(until) })
  const push = (key: string) => toBody(documents.push, { key, ...hours })
  const load = (title: string, shape: ShapeName | undefined, ...bodies: readonly string[]): Load => ({
    title,
    shape,
    bodies,
    connections: CONNECTIONS,
    headers: {},
  })
  const q1 = load(shapeTitles.q1, 'q1', live(first))
  const q4 = load(shapeTitles.q4, 'q4', push(first))
  return {
    q1,
    q2: load(shapeTitles.q2, 'q2', toBody(documents.list, {})),
    q3: load(shapeTitles.q3, 'q3', toBody(documents.play, { key: first, ...hours })),
    q4,
    'q4-gzip': { ...q4, title: 'Q4, gzip', headers: { 'accept-encoding': 'gzip' } },
    'q1-alone': { ...q1, title: 'Q1, one connection', connections: 1 },
    'q1-1000': load('Q1, 1 000 streams in turn', 'q1', ...keys.map(live)),
    s1: load('one settled minute of one stream', undefined, moment(first)),
    's1-1000': load('one settled minute, 1 000 streams in turn', undefined, ...keys.map(moment)),
    'q4-50': load('Q4, 50 streams in turn', 'q4', ...keys.slice(0, LONG_KEYS).map(push)),
  }
}

/** A question about one stream as it is now. */
export const askLive = (key: string) => toBody(documents.live, { key })
/** A question about two hours of ingest. @param from epoch milliseconds */
export const askPush = (key: string, from: number) =>
  toBody(documents.push, { key, from: toText(from), to: toText(from + 2 * HOUR_MS) })

/** Key of a stream of the emulated provider, from 1. */
export const toKey = (number: number) => `8888_room${number}`
const toText = (instant: number) => new Date(instant).toISOString()
const toBody = (query: string, variables: Readonly<Record<string, string>>) =>
  JSON.stringify({ query, variables: { account: ACCOUNT, ...variables } })
