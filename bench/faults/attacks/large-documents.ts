// Documents that are too large in one way or another: what the limits of queries are for. None of them is valid beyond
// its size where that does not matter, because the limits come before the rules of the specification.

/** A document and what it is. */
export interface LargeDocument {
  readonly what: string
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
}

/** Most bytes of a body, and of a message on a socket. */
export const BODY_LIMIT_BYTES = 64 * 1024
/** Most bytes of a request's line and headers; some are other headers'. */
export const HEAD_LIMIT_BYTES = 15 * 1024

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

const repeat = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ')
/** A short name: with longer ones ten thousand would not fit into a body. */
function shortName(index: number): string {
  return index < LETTERS.length
    ? LETTERS.charAt(index)
    : shortName(Math.floor(index / LETTERS.length) - 1) + LETTERS.charAt(index % LETTERS.length)
}

/** S1: so many levels, plainly, by inline fragments, by fragments. */
export const deepDocuments: readonly LargeDocument[] = [
  { what: '11 levels of valid fields', query: nestValid(11) },
  ...[11, 1000, 10_000, 100_000].flatMap((levels) => [
    { what: `${levels} levels`, query: `${'{a'.repeat(levels)}${'}'.repeat(levels)}` },
    { what: `${levels} levels by inline fragments`, query: `${'{...{a'.repeat(levels)}${'}}'.repeat(levels)}` },
    {
      what: `${levels} levels by fragments`,
      query: `{...F0} ${repeat(levels, (index) => `fragment F${index} on Query{a{...F${index + 1}}}`)} fragment F${levels} on Query{a}`,
    },
  ]),
]

/** S2: many of one thing. */
export const wideDocuments: readonly LargeDocument[] = [
  { what: '31 aliases', query: `{${repeat(31, (index) => `a${index}:__typename`)}}` },
  { what: '31 aliases of a provider call', query: `{${repeat(31, (index) => toStateField(`a${index}`, index))}}` },
  { what: '10 000 aliases', query: `{${repeat(10_000, (index) => `${shortName(index)}:x`)}}` },
  { what: '30 000 aliases', query: `{${repeat(30_000, (index) => `${shortName(index)}:x`)}}` },
  { what: '5000 equal fields', query: `{accounts{${'name '.repeat(5000)}}}` },
  { what: '10 000 directives', query: `{__typename ${'@a '.repeat(10_000)}}` },
  { what: '500 root fields', query: `{${repeat(500, (index) => `f${index}`)}}` },
]

/** S3: small ones that unfold. */
export const unfoldingDocuments: readonly LargeDocument[] = [
  ...[16, 22].map((levels) => ({
    what: `fragments that double ${levels} times`,
    query: `{accounts{...F0}} ${repeat(levels, (index) => {
      const next = `account{...F${index + 1}}`
      return `fragment F${index} on Account{liveStreams{nodes{${next}}edges{node{${next}}}}}`
    })} fragment F${levels} on Account{name}`,
  })),
  { what: 'lists of 1000, three deep', query: nestLists(3) },
  { what: 'an operation called __schema', query: `query __schema ${nestLists(3)}` },
  { what: 'a deep operation called __schema', query: `query __schema${'{a'.repeat(40)}${'}'.repeat(40)}` },
]

/** S4: documents that are large in bytes. */
export const heavyDocuments: readonly LargeDocument[] = [
  { what: '900 KB of tokens', query: `{${'a '.repeat(450_000)}}` },
  { what: '60 KB of tokens', query: `{${'a '.repeat(30_000)}}` },
  { what: '60 KB of comment', query: `#${'x'.repeat(60_000)}` },
  { what: '30 000 lists opened', query: `{accounts(names:${'['.repeat(30_000)}` },
  { what: 'a list of 10 000 names', query: `{accounts(names:[${'"a" '.repeat(10_000)}]){name}}` },
]

/** A body of a request. */
export interface LargeBody {
  readonly what: string
  /** As it is sent: no client would write it. */
  readonly body: string
}

/** S4: what stands beside the document. */
export const heavyBodies: readonly LargeBody[] = [
  ...heavyDocuments.map(({ what, query }) => ({ what, body: JSON.stringify({ query }) })),
  { what: '1 MB of variables', body: withNames(`["${'x'.repeat(1_000_000)}"]`) },
  { what: 'variables nested 100 000 deep', body: withNames('['.repeat(100_000) + ']'.repeat(100_000)) },
  { what: 'variables nested 30 000 deep', body: withNames('['.repeat(30_000) + ']'.repeat(30_000)) },
  { what: 'objects nested 10 000 deep', body: withNames(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`) },
  {
    what: 'the number 1e400',
    body: '{"query":"query($first:Int){liveStreams(first:$first){nodes{key}}}","variables":{"first":1e400}}',
  },
  {
    what: 'a list of 10 000 inputs',
    body: JSON.stringify({
      query: `query($keys:[String!]!){pushSessions(account:"left",keys:$keys,from:"2026-01-01T00:00:00Z",to:"2026-01-01T01:00:00Z"){sessions{startedAt}}}`,
      variables: { keys: Array.from({ length: 10_000 }, (_, index) => `${index}`.slice(-3)) },
    }),
  },
]

function withNames(names: string): string {
  return `{"query":"query($names:[String!]){accounts(names:$names){name}}","variables":{"names":${names}}}`
}

/** A field that costs a provider call. */
function toStateField(alias: string, index: number): string {
  return `${alias}:stream(account:"left",key:"k${index}"){state}`
}

function nestValid(levels: number): string {
  const names = ['liveStreams(first:1)', 'nodes', 'account']
  const path = Array.from({ length: levels - 1 }, (_, index) => names[index % 3])
  return `${path.map((name) => `{${name}`).join('')}{__typename}${'}'.repeat(levels - 1)}`
}

/** Lists of a thousand, so many inside each other. */
function nestLists(levels: number): string {
  const open = '{liveStreams(first:1000){nodes{account'.repeat(levels).replace(/account$/, 'key')
  return open + '}'.repeat(3 * levels)
}
