// Settings of Tailcall: the part of the schema that is asked for, each field over HTTP with its answer kept.

/** Far longer than a run. */
const KEPT_MS = 3_600_000

/** @param origin address of the same data as plain JSON  @param workers threads */
export function writeTailcallConfig(words: {
  readonly port: number
  readonly workers: number
  readonly origin: string
}): string {
  const { port, workers, origin } = words
  const kept = `@cache(maxAge: ${KEPT_MS})`
  const from = (path: string) => `@http(url: "${origin}/${path}") ${kept}`
  return `schema
  @server(hostname: "127.0.0.1", port: ${port}, workers: ${workers})
  @upstream(httpCache: 1000) {
  query: Query
}

type Query {
  stream(account: String!, key: String!): Stream ${from('stream?key={{.args.key}}')}
  account(name: String!): Account @expr(body: { name: "{{.args.name}}" })
}

type Stream {
  live: LiveStat
  playSamples(from: String!, to: String!): PlaySeries ${from('play?from={{.args.from}}&to={{.args.to}}')}
  pushSamples(from: String!, to: String!): PushSeries ${from('push?from={{.args.from}}&to={{.args.to}}')}
}

type Account {
  name: String!
  liveStreams(first: Int!): LiveList ${from('list?first={{.args.first}}')}
}

type LiveList {
  nodes: [LiveStream!]!
}

type LiveStream {
  key: String!
  state: String
  live: LiveStat
}

type LiveStat {
  onlineViewers: Int
  bandwidthBitsPerSecond: Float
  push: PushSample
  fetchedAt: String
}

type PlaySeries {
  samples: [PlaySample!]!
}

type PushSeries {
  samples: [PushSample!]!
}

type PlaySample {
  observedAt: String!
  bandwidthBitsPerSecond: Float
}

type PushSample {
  observedAt: String
  frameRate: Float
  bitrateBitsPerSecond: Float
  clientIp: String
}
`
}
