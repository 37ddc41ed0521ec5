// What the rig asks: questions that nobody has asked before, so that each costs a provider call, and a few that are
// asked over and over, so that the cache answers them.
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { FleetClient, Reply, RequestOptions } from './client.ts'

/** An asked question with what became of it. */
export interface AskedQuestion extends Reply {
  readonly account: string
  /** The stream asked for. */
  readonly question: string
}

const DOMAINS = ['push.example.com', 'push.example.org']
const ROOMS = 5
const RANGE_MS = 3_600_000
const MINUTE_MS = 60_000

/** Asks one fleet. */
export class Questions {
  private readonly client: FleetClient
  private readonly range: string
  private readonly startedAtMs = Date.now()
  /** No two askers of a fleet may think of the same stream. */
  private readonly name = randomBytes(4).toString('hex')
  private lastFresh = 0
  private lastCached = 0

  constructor(client: FleetClient) {
    this.client = client
    const now = Date.now()
    const [from, to] = [now - RANGE_MS, now].map((ms) => encodeURIComponent(new Date(ms).toISOString()))
    // One range for all: another one would be another question.
    this.range = `from=${from}&to=${to}`
  }

  /** Sessions of a ChinaNetCenter stream that was never asked for: one provider call. */
  askFresh(account: string, options?: RequestOptions): Promise<AskedQuestion> {
    return this.askSessions(account, this.nameFresh(), options)
  }

  /** A stream that was never asked for. */
  nameFresh(): string {
    this.lastFresh += 1
    return `${DOMAINS[0]}/live/fresh-${this.name}-${this.lastFresh}`
  }

  /** Sessions of that ChinaNetCenter stream. They are good for 60 s. */
  async askSessions(account: string, question: string, options?: RequestOptions): Promise<AskedQuestion> {
    const path = `/v1/accounts/${account}/streams/${encodeURIComponent(question)}/push-sessions?${this.range}`
    return { account, question, ...(await this.client.get(path, options)) }
  }

  /**
   * Samples of a Tencent stream: one provider call, unless these minutes were asked for before.
   * @param minutesAgo where the five minutes that are asked for end; they are over for good when it is 10 or more
   */
  async askSamples(account: string, question: string, minutesAgo: number, options?: RequestOptions) {
    const path = `/v1/accounts/${account}/streams/${encodeURIComponent(question)}/push-samples?${this.toMinutes(minutesAgo)}`
    return { account, question, ...(await this.client.get(path, options)) } satisfies AskedQuestion
  }

  /** The five minutes that ended so many minutes ago, as a query. */
  toMinutes(minutesAgo: number): string {
    const [from, to] = [minutesAgo + 5, minutesAgo].map((minutes) => {
      const atMs = this.startedAtMs - minutes * MINUTE_MS
      return encodeURIComponent(new Date(atMs - (atMs % MINUTE_MS)).toISOString())
    })
    return `from=${from}&to=${to}`
  }

  /** A Tencent stream that was never asked for. */
  nameFreshStream(): string {
    this.lastFresh += 1
    return `8888_fresh_${this.name}_${this.lastFresh}`
  }

  /** Sessions of a few ChinaNetCenter streams in turn. */
  askCached(account: string, options?: RequestOptions): Promise<AskedQuestion> {
    const rooms = listRooms()
    this.lastCached += 1
    return this.askSessions(account, rooms[this.lastCached % rooms.length] ?? '', options)
  }

  /** The list of live Tencent streams: one provider call each 5 s. */
  async askList(account: string, options?: RequestOptions): Promise<AskedQuestion> {
    return { account, question: '', ...(await this.client.get(`/v1/live-streams?account=${account}&first=5`, options)) }
  }

  /** Has every replica learn what `askCached` asks for, and sees that it can. @throws Error when one cannot in 15 s */
  async warm(account: string, replicas: number): Promise<void> {
    const giveUpAtMs = performance.now() + 15_000
    for (const question of listRooms())
      for (let replica = 0; replica < replicas; replica += 1)
        for (;;) {
          const { status, code } = await this.askSessions(account, question, { replica })
          if (status === 200) break
          if (performance.now() > giveUpAtMs) throw new Error(`replica ${replica} cannot be warmed: ${code}`)
          await delay(100)
        }
  }
}

/** Streams that `askCached` asks for. */
export function listRooms(): readonly string[] {
  return DOMAINS.flatMap((domain) => Array.from({ length: ROOMS }, (_, index) => `${domain}/live/room${index + 1}`))
}
