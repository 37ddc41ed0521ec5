// An hour in which the last six hours of a stream are looked at every ten seconds, in leaps of time: the gateways run in
// this process, on a clock that the hour is told to, as does the provider.
import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '#model/clock.ts'
import { type Gateway, startGateway } from '#test/support/gateway.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { toKey } from './questions.ts'
import { openUpstream } from './upstream.ts'

const HOUR_MS = 3_600_000
const STEP_MS = 10_000
/** More than half of what the account may call: nothing has been taken yet. */
const MOST_CALLS_LEFT = 500_000

/** What is looked at, and by how many. */
export interface HourSetup {
  readonly history: 'playSamples' | 'pushSamples'
  readonly viewers: number
  readonly replicas: number
  readonly redisUrl: string
}

/** What the hour cost at the provider. */
export interface HourFigures {
  readonly calls: number
  readonly rows: number
}

const fields = {
  playSamples: 'observedAt onlineViewers bandwidthBitsPerSecond',
  pushSamples: 'observedAt bitrateBitsPerSecond clientIp',
} as const

/** Lets the hour pass. @throws Error when a viewer is not answered */
export async function liveAnHour({ history, viewers, replicas, redisUrl }: HourSetup): Promise<HourFigures> {
  // Behind the machine's time, so that nothing that goes by that is ahead of the hour's end.
  const startedAt = Math.floor(Date.now() / STEP_MS) * STEP_MS - 2 * HOUR_MS
  const begunAtMs = performance.now()
  let leaptMs = 0
  // Between two leaps time passes at its own pace, so that whatever waits for it goes on.
  const passedMs = () => leaptMs + performance.now() - begunAtMs
  const leapTo = (ms: number) => {
    leaptMs += Math.max(0, ms - passedMs())
  }
  const clock: Clock = {
    now: () => startedAt + Math.floor(passedMs()),
    monotonicMs: passedMs,
    delay: systemClock.delay,
  }
  const upstream = await openUpstream({ streams: 5, now: clock.now })
  const prefix = `bench-${randomUUID().slice(0, 8)}`
  const gateways: Gateway[] = []
  try {
    for (let replica = 0; replica < replicas; replica += 1)
      gateways.push(
        await startGateway({
          over: upstream.sandbox,
          settings: { redis: { url: redisUrl, prefix }, log: { level: 'error' } },
          tencent: upstream.account,
          overrides: { clock, fleetTime: { toFleet: (instant) => instant }, commandTimeoutMs: 10_000 },
        }),
      )
    for (const gateway of gateways) await waitUntil('the replicas share their quota', () => hasQuota(gateway))
    upstream.reset()
    const look = async (viewer: number, to: number) => {
      const variables = { from: new Date(to - 6 * HOUR_MS).toISOString(), to: new Date(to).toISOString() }
      const query = `query($from: DateTime!, $to: DateTime!) { stream(account: "tencent-main", key: "${toKey(1)}") { ${history}(from: $from, to: $to) { samples { ${fields[history]} } missing { code } stale } } }`
      const answer = await gateways[viewer % gateways.length]?.query(query, variables)
      const series = answer?.data?.stream?.[history]
      if (!series || series.stale || series.missing.length > 0 || series.samples.length === 0)
        throw new Error(`a viewer was not answered: ${JSON.stringify(answer).slice(0, 300)}`)
    }
    const firstAtMs = Math.ceil(passedMs() / STEP_MS) * STEP_MS
    for (let lookedMs = 0; lookedMs < HOUR_MS; lookedMs += STEP_MS) {
      leapTo(firstAtMs + lookedMs)
      await Promise.all(Array.from({ length: viewers }, (_, viewer) => look(viewer, startedAt + firstAtMs + lookedMs)))
    }
    const { calls, rows } = upstream
    return { calls, rows }
  } finally {
    for (const gateway of gateways) await gateway.close()
    await upstream.close()
  }
}

async function hasQuota(gateway: Gateway): Promise<boolean> {
  const { data } = await gateway.query('{ account(name: "tencent-main") { quota { remaining } } }')
  return data.account.quota.remaining > MOST_CALLS_LEFT
}
