import { isLive, type SandboxStream } from './stream.ts'

/** What the tests and the control port may do to the streams of one provider. All changes count from the provider's now. */
export interface StreamControl {
  /** Keys of every known stream, in listing order. */
  keys(): string[]
  /** Keys of the streams that are live now. */
  liveKeys(): string[]
  /** Adds streams that push from now on; known keys are started instead. */
  add(...keys: string[]): void
  /** Makes the streams push without a gap from now on; unknown keys are added. */
  start(...keys: string[]): void
  /** Ends the streams' pushes now; their history stays. Throws RangeError for an unknown key. */
  stop(...keys: string[]): void
  /** Forgets the streams, history included, as if they had never pushed. */
  remove(...keys: string[]): void
  /** Disables the streams and ends their pushes. Throws RangeError for an unknown key. */
  forbid(...keys: string[]): void
  /** Makes exactly these streams live: starts the ones that are not, stops all others. */
  setLive(keys: readonly string[]): void
}

/** The streams of one provider, by key and in listing order. */
export class StreamSet implements StreamControl {
  readonly #streams = new Map<string, SandboxStream>()
  readonly #create: (key: string, second: number) => SandboxStream
  readonly #now: () => number
  readonly #graceSeconds: number
  #changes = 0
  #lastLive: { second: number; changes: number; streams: readonly SandboxStream[] } | undefined

  /**
   * @param streams - the first streams
   * @param create - makes a stream that has never pushed yet
   * @param now - the provider's clock, UNIX seconds
   * @param graceSeconds - reconnect pauses up to this long go unnoticed in lists and states
   */
  constructor(
    streams: Iterable<SandboxStream>,
    create: (key: string, second: number) => SandboxStream,
    now: () => number,
    graceSeconds: number,
  ) {
    for (const stream of streams) this.#streams.set(stream.key, stream)
    this.#create = create
    this.#now = now
    this.#graceSeconds = graceSeconds
  }

  /** The stream of a key, or undefined when the provider has never heard of it. */
  find(key: string): SandboxStream | undefined {
    return this.#streams.get(key)
  }

  /** Every known stream, in listing order. */
  all(): IterableIterator<SandboxStream> {
    return this.#streams.values()
  }

  /** Counts the changes made by hand; what was worked out under an older count may be wrong. */
  get changes(): number {
    return this.#changes
  }

  /** The streams that the provider shows as live at a second, in listing order; the same list while nothing changes. */
  live(second: number): readonly SandboxStream[] {
    const last = this.#lastLive
    if (last?.second === second && last.changes === this.#changes) return last.streams
    const streams = [...this.#streams.values()].filter((stream) => isLive(stream, second, this.#graceSeconds))
    this.#lastLive = { second, changes: this.#changes, streams }
    return streams
  }

  /** Whether the provider shows the stream as live at a second. */
  isLive(stream: SandboxStream, second: number): boolean {
    return isLive(stream, second, this.#graceSeconds)
  }

  keys(): string[] {
    return [...this.#streams.keys()]
  }

  liveKeys(): string[] {
    return this.live(this.#now()).map((stream) => stream.key)
  }

  add(...keys: string[]): void {
    this.start(...keys)
  }

  start(...keys: string[]): void {
    const now = this.#now()
    this.#changes += 1
    for (const key of keys) {
      const stream = this.#streams.get(key) ?? this.#create(key, now)
      this.#streams.set(key, stream)
      stream.forbidden = false
      switchStream(stream, now, true)
    }
  }

  stop(...keys: string[]): void {
    const now = this.#now()
    this.#changes += 1
    for (const key of keys) switchStream(this.#known(key), now, false)
  }

  remove(...keys: string[]): void {
    this.#changes += 1
    for (const key of keys) this.#streams.delete(key)
  }

  forbid(...keys: string[]): void {
    this.stop(...keys)
    for (const key of keys) this.#known(key).forbidden = true
  }

  setLive(keys: readonly string[]): void {
    const wanted = new Set(keys)
    const live = new Set(this.liveKeys())
    this.start(...keys.filter((key) => !live.has(key)))
    this.stop(...[...live].filter((key) => !wanted.has(key)))
  }

  #known(key: string): SandboxStream {
    const stream = this.#streams.get(key)
    if (stream === undefined) throw new RangeError(`no stream ${JSON.stringify(key)} in the sandbox`)
    return stream
  }
}

/** Changes at or after `second` give way: a clock that was set back must not leave switches in the future. */
function switchStream(stream: SandboxStream, second: number, pushing: boolean): void {
  const later = stream.switches.findIndex((change) => change.at >= second)
  if (later !== -1) stream.switches.splice(later)
  if (stream.switches.at(-1)?.pushing !== pushing) stream.switches.push({ at: second, pushing })
}
