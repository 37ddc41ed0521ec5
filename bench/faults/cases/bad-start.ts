import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { FaultCase, Stage } from '../fault-case.ts'
import type { Fleet, FleetAccount } from '../rig/fleet.ts'
import { Questions } from '../rig/questions.ts'
import { startReplica } from '../rig/replica.ts'

const quota = { limit: 1000, windowSeconds: 5 }
const well: FleetAccount = { name: 'well', provider: 'chinanetcenter', quota }
const START_LIMIT_MS = 5000
/** Must stand in nothing that is written. */
const CANARY = 'canary-8d1f4c'

/** Settings that are wrong in one place each, where a secret stands; and what that place is called. */
const wrong: readonly { readonly field: string; readonly settings: Readonly<Record<string, unknown>> }[] = [
  { field: 'redis.url', settings: { redis: { url: `http://user:${CANARY}@127.0.0.1:1` } } },
  { field: 'accounts[0].credentials', settings: { accounts: [toAccount({ credentials: CANARY })] } },
  {
    field: 'accounts[0].credentials.apiKey',
    settings: { accounts: [toAccount({ credentials: toCredentials([CANARY]) })] },
  },
  {
    field: 'accounts[0].credentials.apiKey',
    settings: { accounts: [toAccount({ credentials: toCredentials(`a ${CANARY}`) })] },
  },
  {
    field: 'accounts[0].endpoints.reports',
    settings: { accounts: [toAccount({ endpoints: { reports: `http://user:${CANARY}@127.0.0.1:1` } })] },
  },
  { field: 'access.keys[0].sha256', settings: { access: { keys: [{ name: 'web', sha256: CANARY }] } } },
  // Wrong without a secret in it.
  { field: 'upstream.deadlineMs', settings: { upstream: { deadlineMs: 'soon' } } },
  { field: 'acounts', settings: { acounts: [] } },
]

/** R19: a part that is missing at the start is missed and said so; settings that are wrong end it, and are named. */
export const badStart: FaultCase = {
  name: 'R19',
  title: 'started without Redis, without one provider, with bad settings',
  part: 'process',
  isQuick: false,
  needsRedis: false,
  tells: ['noRedisUpMs', 'noRedisPart', 'noProviderUpMs', 'noProviderPart', 'badSettingsStarted', 'secretsTold'],
  run: async (stage) => {
    const port = await findClosedPort()
    if (stage.hasRedis) {
      const fleet = await stage.startFleet({
        replicas: 1,
        accounts: [well],
        redisUrl: () => `redis://127.0.0.1:${port}`,
      })
      await judgeStart(stage, 'noRedis', fleet, 'redis')
    }
    const gone: FleetAccount = {
      ...well,
      name: 'gone',
      settings: { endpoints: { reports: `http://127.0.0.1:${port}` } },
    }
    const fleet = await stage.startFleet({ isEmbedded: true, accounts: [gone, well] })
    const { status, code } = await new Questions(fleet.client).askFresh(gone.name)
    stage.judgement.equals('goneProvider', `${status} ${code}`, '502 UPSTREAM_UNAVAILABLE')
    await judgeStart(stage, 'noProvider', fleet, 'providers')
    await judgeSettings(stage)
  },
}

const readinessSchema = z.object({ parts: z.array(z.object({ name: z.string(), state: z.string() })) })

/** Holds a fleet to be up, to answer what it can, and to say what it lacks. */
async function judgeStart(
  { judgement }: Stage,
  name: string,
  { replicas, client }: Fleet,
  part: string,
): Promise<void> {
  judgement.takesAtMost(`${name}UpMs`, Math.max(...replicas.map(({ startedInMs }) => startedInMs)), START_LIMIT_MS)
  const askedAtMs = performance.now()
  const { status, code } = await new Questions(client).askFresh(well.name)
  judgement.equals(`${name}Answers`, `${status} ${code}`, '200 ')
  judgement.takesAtMost(`${name}FirstAnswerMs`, performance.now() - askedAtMs, START_LIMIT_MS)
  // Whoever has never been answered takes a moment to know.
  await delay(1000)
  const ready = await client.get('/readyz')
  judgement.equals(`${name}Ready`, ready.status, 200)
  const { parts } = readinessSchema.parse(JSON.parse(ready.body))
  const missing = parts.filter(({ state }) => state !== 'ok').map((one) => one.name)
  judgement.equals(`${name}Part`, missing.join(', '), part)
}

async function judgeSettings({ judgement }: Stage): Promise<void> {
  let [started, unnamed, told] = [0, 0, 0]
  for (const { field, settings } of wrong) {
    const all = { accounts: [toAccount()], ...settings }
    const outcome = await startReplica({ index: 0, settings: all }).then(
      async (replica) => {
        started += 1
        await replica.stop()
        return ''
      },
      (error: unknown) => String(error),
    )
    if (outcome.includes(CANARY)) told += 1
    if (!outcome.includes(field)) unnamed += 1
    if (!/ended with [1-9]/.test(outcome)) started += 1
  }
  judgement.equals('badSettingsStarted', started, 0)
  judgement.equals('fieldsNotNamed', unnamed, 0)
  judgement.equals('secretsTold', told, 0)
}

function toAccount(more: Readonly<Record<string, unknown>> = {}) {
  return { name: 'one', provider: 'chinanetcenter', credentials: toCredentials('secret'), ...more }
}

function toCredentials(apiKey: unknown) {
  return { username: 'user', apiKey }
}

/** A port that nobody listens at. */
async function findClosedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
