import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { FaultCase, Stage } from '../fault-case.ts'
import { percentile } from '../figures/percentiles.ts'
import type { Reply } from '../rig/client.ts'
import type { Fleet, FleetAccount } from '../rig/fleet.ts'
import { startFloodingHost } from '../rig/flooding-host.ts'
import { type AskedQuestion, Questions } from '../rig/questions.ts'
import { toTookMs } from './mixed-load.ts'

const MIB = 1024 * 1024
const CALLS = 20
const DEADLINE_MS = 2000
const SLACK_MS = 600
/** What a gateway may hold is said of one answer; all others come together. */
const FLOODS_AT_ONCE = 1
/** The minutes that are asked for are over for good. */
const MINUTES_AGO = 30
/** The limit of one answer, and what sockets and a proxy may hold beside it. */
const SENT_LIMIT_BYTES = 8 * MIB + 8 * MIB
const MEMORY_LIMIT_MIB = 64
const WATCH_MS = 25
const SWEEP_MS = 100

/** Accounts that share the calls of a kind: so many failures on one would open its breaker, and hide the rest. */
const SHARES = 2

/** What the emulated provider makes of its answers. */
const spoiling = [
  { name: 'page', fault: { kind: 'html' } },
  { name: 'cut', fault: { kind: 'truncated' } },
  { name: 'notJson', fault: { kind: 'malformed', variant: 'not-json' } },
  { name: 'notHttp', fault: { kind: 'malformed', variant: 'not-http' } },
  { name: 'errorInside', fault: { kind: 'error' } },
  { name: 'drip', fault: { kind: 'drip', chunkBytes: 1, intervalMs: 200 } },
  { name: 'bigHead', fault: { kind: 'malformed', variant: 'big-header' } },
  { name: 'twoLengths', fault: { kind: 'malformed', variant: 'two-lengths' } },
  { name: 'lengthTooLong', fault: { kind: 'malformed', variant: 'long-length' } },
  { name: 'lengthTooShort', fault: { kind: 'malformed', variant: 'short-length' } },
]

/** R12: an answer that is no answer is an error, is never kept, and costs no more than it may. */
export const spoiltAnswers: FaultCase = {
  name: 'R12',
  title: 'pages, cut and endless bodies, bombs, drips, lying lengths instead of answers',
  part: 'providers',
  isQuick: true,
  needsRedis: false,
  tells: ['notRefused', 'nullsWithoutError', 'notAskedAgain', 'wrongAfterwards', 'sentMostMiB', 'memoryMiB'],
  run: async (stage) => {
    const flooding = await startFloodingHost()
    stage.onEnd(() => flooding.close())
    const fleet = await stage.startFleet({
      isEmbedded: true,
      accounts: [
        ...spoiling.flatMap(({ name }) => toAccounts(name)),
        ...floods.flatMap((name) => toAccounts(name, `${flooding.url}/${name}`)),
      ],
      settings: { upstream: { deadlineMs: DEADLINE_MS } },
    })
    const trial = new Trial(stage, fleet)
    await trial.askGood('before')
    for (const { name, fault } of spoiling) {
      await fleet.upstream.fault({ ...fault, provider: 'tencent' })
      await trial.askBad(name)
      await fleet.upstream.clearFaults()
    }
    // What costs memory comes last, when all code is warm.
    const memory = await watchMemory(stage, fleet)
    for (const name of floods) await trial.askBad(name)
    stage.judgement.atMost('memoryMiB', await memory.end(), MEMORY_LIMIT_MIB)
    stage.judgement.atMost('sentMostMiB', flooding.mostSent() / MIB, SENT_LIMIT_BYTES / MIB)
    await trial.askGood('after')
    await trial.judge()
  },
}

/** Kinds of answers that a host of the rig gives. */
const floods = ['plain', 'packed']

/** A stream for each call: what is kept of one must not answer for another. */
function toStream(name: string, call: number): string {
  return `8888_spoilt_${name}_${call}`
}

/** The account that a call of this kind is made with. */
function toName(kind: string, call: number): string {
  return `${kind}-${call % SHARES}`
}

/** @param url of a provider of its own; left out: the emulated one */
function toAccounts(kind: string, url?: string): FleetAccount[] {
  const settings = url === undefined ? {} : { endpoints: { statistics: url, control: url } }
  const quota = { limit: 100_000, windowSeconds: 5 }
  return Array.from({ length: SHARES }, (_, share) => ({
    name: toName(kind, share),
    provider: 'tencent',
    quota,
    settings,
  }))
}

const problemSchema = z.object({
  data: z.object({ stream: z.object({ pushSamples: z.unknown() }).nullable() }).nullable(),
  errors: z.array(z.object({ extensions: z.object({ code: z.string() }) })).optional(),
})

/** Asks for every kind of spoilt answer, and for the same once they are good. */
class Trial {
  private readonly stage: Stage
  private readonly fleet: Fleet
  private readonly questions: Questions
  private readonly bad: { readonly kind: string; readonly answer: AskedQuestion }[] = []
  private readonly good = new Map<string, AskedQuestion[]>()
  private nullsWithoutError = 0

  constructor(stage: Stage, fleet: Fleet) {
    this.stage = stage
    this.fleet = fleet
    this.questions = new Questions(fleet.client)
  }

  async askBad(kind: string): Promise<void> {
    await inTurns(CALLS, floods.includes(kind) ? FLOODS_AT_ONCE : CALLS, async (call) => {
      const answer = await this.questions.askSamples(toName(kind, call), toStream(kind, call), MINUTES_AGO)
      this.bad.push({ kind, answer })
    })
    const reply = await this.askGraph(toName(kind, CALLS), toStream(kind, CALLS))
    const { data, errors } = problemSchema.parse(JSON.parse(reply.body))
    const isNull = data?.stream?.pushSamples === null || data?.stream === null || data === null
    if (!isNull || !errors?.some(({ extensions }) => extensions.code.startsWith('UPSTREAM_')))
      this.nullsWithoutError += 1
  }

  /** What the provider says of the same streams and minutes when nothing is wrong, as if nobody had asked yet. */
  async askGood(when: 'before' | 'after'): Promise<void> {
    const answers: AskedQuestion[] = []
    // Those before are of other streams: nothing of what is asked later may be kept by then.
    for (const { name } of spoiling)
      await inTurns(when === 'before' ? SHARES : CALLS, CALLS, async (call) => {
        const stream = when === 'before' ? toStream('other', call) : toStream(name, call)
        answers.push(await this.questions.askSamples(toName(name, call), stream, MINUTES_AGO))
      })
    this.good.set(when, answers)
  }

  async judge(): Promise<void> {
    const { judgement } = this.stage
    for (const [kind, answers] of Map.groupBy(this.bad, (one) => one.kind)) {
      const told = [...Map.groupBy(answers, ({ answer: { status, code } }) => `${status} ${code}`)]
      judgement.note(kind, told.map(([text, { length }]) => `${length} × ${text}`).join(', '))
    }
    const isRefused = ({ answer: { status, code } }: (typeof this.bad)[number]) =>
      status >= 502 && status <= 504 && code.startsWith('UPSTREAM_')
    judgement.equals('notRefused', this.bad.filter((one) => !isRefused(one)).length, 0)
    judgement.equals('nullsWithoutError', this.nullsWithoutError, 0)
    const slowest = percentile(
      this.bad.map(({ answer }) => toTookMs(answer)),
      1,
    )
    judgement.takesAtMost('slowestMs', slowest, DEADLINE_MS + SLACK_MS)
    const after = this.good.get('after') ?? []
    const before = this.good.get('before') ?? []
    const arrivals = await this.fleet.upstream.arrivals()
    judgement.equals('wrongAfterwards', after.filter(({ status }) => status !== 200).length, 0)
    judgement.equals('wrongBefore', before.filter(({ status }) => status !== 200).length, 0)
    // Every good answer needed a call of its own: nothing bad was kept in its place.
    const firstAtMs = Math.min(...after.map(({ sentAtMs }) => sentAtMs))
    const calls = arrivals.filter(({ atMs }) => atMs >= firstAtMs - 1)
    judgement.equals('notAskedAgain', Math.max(0, after.length - calls.length), 0)
  }

  private askGraph(account: string, key: string): Promise<Reply> {
    const [from, to] = [...new URLSearchParams(this.questions.toMinutes(MINUTES_AGO)).values()]
    const query = `query ($account: String!, $key: String!, $from: DateTime!, $to: DateTime!) {
      stream(account: $account, key: $key) { pushSamples(from: $from, to: $to) { samples { observedAt } } } }`
    return this.fleet.client.post('/graphql', { query, variables: { account, key, from, to } })
  }
}

/** Does something so many times, at most `atOnce` at a time. */
async function inTurns(count: number, atOnce: number, work: (turn: number) => Promise<void>): Promise<void> {
  const turns = Array.from({ length: count }, (_, turn) => turn).values()
  const worker = async () => {
    for (const turn of turns) await work(turn)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** Watches how much more memory a process takes. */
interface MemoryWatch {
  /** Ends it. @returns the most that there was beyond the beginning, MiB */
  end(): Promise<number>
}

async function watchMemory({ isTimed }: Stage, { replicas: [replica] }: Fleet): Promise<MemoryWatch> {
  if (replica === undefined) throw new Error('a fleet without a replica')
  const { rssBytes: first } = await replica.inspectSwept()
  let isOver = false
  const watch = async () => {
    let most = first
    while (!isOver) {
      // When it is cleared away is a matter of time as well.
      const { rssBytes } = await (isTimed ? replica.inspect() : replica.inspectSwept())
      most = Math.max(most, rssBytes)
      await delay(isTimed ? WATCH_MS : SWEEP_MS)
    }
    return (most - first) / MIB
  }
  const watching = watch()
  return {
    end: () => {
      isOver = true
      return watching
    },
  }
}
