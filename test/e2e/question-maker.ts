// Makes up questions of both faces, the same ones for the same seed. Two kinds are left out, because a newer answer to
// one question may then be known before an older one to another has ended, and either may be given: the state of a
// stream beside its list, and a past piece of a window that is still open.
import type { Sending } from '#test/support/plain-client.ts'

const HOUR_MS = 3_600_000
const WINDOW_MS = 2 * HOUR_MS

/** A question with everything that is sent of it. */
export type AskedQuestion = Sending

/** Streams that are asked for one thing only. */
const listed = ['8888_room1', '8888_room2', '8888_room3', '8888_room4']
const single = ['8888_room10', '8888_offline', '8888_forbidden', '8888_never']
const historic = ['8888_room1', '8888_room5', '8888_offline', '8888_&=+ü#@']
const reported = ['push.example.com/live/room1', 'push.example.com/live/room2', 'foreign.example.net/live/x']
const callers = ['all', 'all', 'web', 'web', 'app', 'cnc', 'wrong']

const PUSH =
  '{ from to samples { observedAt frameRate bitrateBitsPerSecond clientIp serverIp } missing { from to code message } fetchedAt stale }'
const PLAY =
  '{ samples { at: observedAt bandwidthBitsPerSecond onlineViewers trafficBytes __typename } totalTrafficBytes missing { code } fetchedAt stale }'
const SESSIONS =
  '{ sessions { startedAt endedAt durationMs source startsBefore endsAfter } missing { from to code } fetchedAt stale }'
const LIVE = 'live { onlineViewers bandwidthBitsPerSecond fetchedAt stale push { observedAt frameRate clientIp } }'

/** Makes questions. */
export class QuestionMaker {
  private state: number

  constructor(seed: number) {
    this.state = seed
  }

  /** A whole number from 0 up to, without, `limit`. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }

  /** A question as it may be asked at that moment. */
  make(now: number): AskedQuestion {
    return this.below(5) < 3 ? this.makeGraphql(now) : this.makeRest(now)
  }

  /** The same question as another client may ask it: of another kind, with a tag, packed. */
  vary(question: AskedQuestion, tag: string | undefined): AskedQuestion {
    const extra = this.pick<Readonly<Record<string, string>>>([
      {},
      {},
      { 'accept-encoding': this.pick(['gzip', 'br', 'zstd, gzip;q=0.5', 'identity', '*']) },
      { 'x-request-id': `again-${this.below(1000)}` },
      { 'user-agent': this.pick(['curl/8', 'Mozilla/5.0']) },
      tag === undefined ? {} : { 'if-none-match': tag },
      tag === undefined ? {} : { 'if-none-match': '"other"' },
    ])
    return { ...question, headers: { ...question.headers, ...extra } }
  }

  private makeGraphql(now: number): AskedQuestion {
    const { text, variables } = this.makeDocument(now)
    const headers = this.makeHeaders(['*/*', 'application/json', 'application/graphql-response+json'])
    if (this.below(4) > 0)
      return {
        method: 'POST',
        path: '/graphql',
        headers: { ...headers, 'content-type': this.pick(['application/json', 'application/json; charset=utf-8']) },
        body: JSON.stringify({ query: text, variables }),
      }
    const query = new URLSearchParams({ query: text, variables: JSON.stringify(variables) })
    return { path: `/graphql?${query.toString()}`, headers }
  }

  private makeDocument(now: number): { readonly text: string; readonly variables: Record<string, unknown> } {
    const range = this.makeRange(now)
    const every = this.pick([
      '',
      '',
      ', everySeconds: 60',
      ', everySeconds: 7',
      ', everySeconds: 3600',
      ', everySeconds: 0',
    ])
    const field = (name: string, rest: string) => `${this.pick(['', 'a: ', `b${this.below(3)}: `])}${name}${rest}`
    const inside = this.pick([
      field('pushSamples', `(from: $from, to: $to${every}) ${PUSH}`),
      field('playSamples', `(from: $from, to: $to${every}) ${PLAY}`),
      field('pushSessions', `(from: $from, to: $to) ${SESSIONS}`),
      field(
        'recordings',
        `(first: ${1 + this.below(20)}) { nodes { id startedAt url } pageInfo { hasNextPage endCursor } fetchedAt stale }`,
      ),
    ])
    const history = `query ($from: DateTime!, $to: DateTime!, $key: String!, $yes: Boolean = true) {
      stream(account: "tencent-main", key: $key) { id ...Part account { name provider } } }
      fragment Part on Stream { key ${inside} domain @include(if: $yes) app @skip(if: $yes) }`
    const plain = (text: string) => ({ text, variables: {} })
    return this.pick([
      () => ({ text: history, variables: { ...range, key: this.pick(historic), yes: this.below(2) === 0 } }),
      () => ({ text: history, variables: { ...range, key: this.pick(historic) } }),
      () =>
        plain(
          `{ stream(account: "tencent-main", key: "${this.pick(listed)}") { ${this.pick([LIVE, 'state', `state ${LIVE}`])} } }`,
        ),
      () =>
        plain(
          `{ stream(account: "tencent-main", key: "${this.pick(single)}") { state ingest { protocols } stateFetchedAt stateStale } }`,
        ),
      () =>
        plain(
          `{ account(name: "${this.pick(['tencent-main', 'cnc-main', 'none'])}") { name capabilities { capability supported } ${this.pick(['', 'quota { limit used remaining }', 'health { state since }', 'liveTotals { streamCount fetchedAt }'])} } }`,
        ),
      () =>
        plain(
          `{ liveStreams(first: ${this.pick([5, 50, 0])}) { nodes { key ${this.pick(['', 'state', LIVE])} } failures { account code } totalCount fetchedAt stale } }`,
        ),
      () =>
        plain(
          this.pick([
            '{ accounts { name } }',
            '{ __typename }',
            '{ __schema { queryType { name } } }',
            '{ nothing }',
            '{',
          ]),
        ),
      () => ({
        text: `query Many($from: DateTime!, $to: DateTime!) { pushSessions(account: "cnc-main", from: $from, to: $to, keys: ["${this.pick(reported)}", "${this.pick(reported)}"]) { stream { key } ${SESSIONS.slice(1)} }`,
        variables: range,
      }),
    ])()
  }

  private makeRest(now: number): AskedQuestion {
    const headers = this.makeHeaders(['*/*', 'application/json', 'text/csv', 'text/csv;q=0.9, application/json;q=0.2'])
    const range = this.makeRange(now)
    const between = new URLSearchParams({
      ...range,
      ...this.pick([{}, { everySeconds: '60' }, { everySeconds: 'x' }]),
    }).toString()
    const account = '/v1/accounts/tencent-main'
    const key = encodeURIComponent(this.pick(historic))
    const many = JSON.stringify({ keys: [this.pick(reported)], ...range })
    return this.pick<() => AskedQuestion>([
      () => ({ path: `${account}/streams/${key}/push-samples?${between}`, headers }),
      () => ({ path: `${account}/streams/${key}/play-samples?${between}`, headers }),
      () => ({ path: `${account}/streams/${key}/push-sessions?${new URLSearchParams(range).toString()}`, headers }),
      () => ({ path: `${account}/play-samples?${between}`, headers }),
      () => ({ path: `${account}/streams/${this.pick(single)}`, headers }),
      () => ({ path: `${account}/streams/${key}/recordings?first=${1 + this.below(5)}`, headers }),
      () => ({
        path: this.pick([account, '/v1/accounts', '/v1/accounts?name=cnc-main', '/v1/nothing', `${account}/snapshots`]),
        headers,
      }),
      () => ({ path: `/v1/live-streams?first=${this.pick(['5', '50', 'x'])}`, headers }),
      () => ({
        method: this.pick(['POST', 'POST', 'PUT']),
        path: '/v1/accounts/cnc-main/push-sessions',
        headers: { ...headers, 'content-type': 'application/json' },
        body: this.pick([many, many, many, '{']),
      }),
      () => ({ method: 'HEAD', path: `${account}/streams/${key}/recordings`, headers }),
    ])()
  }

  private makeHeaders(accepted: readonly string[]): Record<string, string> {
    const caller = this.pick(callers)
    return {
      'x-request-id': `ask-${this.below(100_000)}`,
      accept: this.pick(accepted),
      ...this.pick<Record<string, string>>([{ 'x-api-key': caller }, { authorization: `Bearer ${caller}` }]),
      ...this.pick<Record<string, string>>([
        {},
        {},
        {},
        { origin: 'https://page.example' },
        { origin: 'https://other.example' },
      ]),
    }
  }

  /** Whole windows that are closed, or what reaches up to this moment and beyond. */
  private makeRange(now: number): { readonly from: string; readonly to: string } {
    const window = Math.floor(now / WINDOW_MS) * WINDOW_MS
    const [from, to] = this.pick([
      [window - 2 * WINDOW_MS, window - WINDOW_MS],
      [window - 3 * WINDOW_MS, window - WINDOW_MS],
      [window - 1.5 * WINDOW_MS, window + WINDOW_MS],
      [now - HOUR_MS, now + HOUR_MS],
      [now - 60_000, now + 1],
      [now + HOUR_MS, now + 2 * HOUR_MS],
      [now - 30 * 24 * HOUR_MS, now - 28 * 24 * HOUR_MS],
    ])
    return { from: new Date(from ?? 0).toISOString(), to: new Date(to ?? 0).toISOString() }
  }

  private pick<Value>(values: readonly Value[]): Value {
    const value = values[this.below(values.length)]
    if (value === undefined) throw new Error('there is nothing to pick from')
    return value
  }
}
