// What is answered from kept bytes is what would have been answered without them: a thousand questions, each asked again
// and again of two gateways over one provider, of which only one keeps answers.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FakeClock } from '#test/support/fake-clock.ts'
import { type Gateway, startGateway } from '#test/support/gateway.ts'
import { type Sent, send } from '#test/support/plain-client.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { type AskedQuestion, QuestionMaker } from './question-maker.ts'

const BLOCKS = 25
const QUESTIONS_PER_BLOCK = 40
const TICK_MS = 5000

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
/** On the grid of the histories and of the days, so that ranges can be whole windows. */
const startedAt = Date.UTC(2026, 10, 21, 4, 0, 0)

const clock = new FakeClock(startedAt)
let keeping: Gateway
let plain: Gateway
let closeSandbox: () => Promise<void>

beforeAll(async () => {
  const quota = { limit: 100_000, windowSeconds: 300 }
  const sandbox = await startSandbox({ streams: 60, now: () => clock.now(), quota })
  closeSandbox = () => sandbox.close()
  const start = (keepsAnswers: boolean) =>
    startGateway({
      over: sandbox,
      settings: {
        log: { level: 'error' },
        server: { port: 0, cors: { origins: ['https://page.example'] } },
        queries: { maxProviderCalls: 200 },
        limits: { requestsPerMinute: 100_000 },
        access: {
          mode: 'keys',
          keys: [
            { name: 'all', sha256: sha256('all'), role: 'ops' },
            { name: 'web', sha256: sha256('web'), accounts: ['tencent-main'] },
            { name: 'app', sha256: sha256('app'), accounts: ['tencent-main'] },
            { name: 'cnc', sha256: sha256('cnc'), accounts: ['cnc-main'] },
          ],
        },
      },
      tencent: { quota },
      chinanetcenter: { quota },
      overrides: { clock, keepsAnswers },
    })
  keeping = await start(true)
  plain = await start(false)
}, 60_000)
afterAll(async () => {
  await keeping.close()
  await plain.close()
  await closeSandbox()
})

/** What two answers must have in common: all but what is of one connection, and how a body is packed. */
function toCommon({ status, headers, body }: Sent) {
  const { date: _date, connection: _connection, 'keep-alive': _keepAlive, ...rest } = headers
  const { 'content-length': _length, 'content-encoding': _encoding, ratelimit, ...same } = rest
  // When its minute begins anew goes by the time of the machine.
  return { status, headers: { ...same, ratelimit: String(ratelimit).replace(/t=\d+/, '') }, body: body.toString() }
}

async function askBoth(question: AskedQuestion): Promise<Sent> {
  const kept = await send(keeping.address, question)
  const made = await send(plain.address, question)
  expect(toCommon(kept), JSON.stringify(question)).toEqual(toCommon(made))
  return made
}

it('changes no answer, whoever asks, however and when', { timeout: 600_000 }, async () => {
  const maker = new QuestionMaker(20261121)
  const earlier: AskedQuestion[] = []
  for (let block = 0; block < BLOCKS; block += 1) {
    // Two ticks of the live data on: what the last block learnt of it has ended, and time passes within one tick.
    await clock.advance((2 + maker.below(8)) * TICK_MS)
    for (let index = 0; index < QUESTIONS_PER_BLOCK; index += 1) {
      const question = maker.make(clock.now())
      earlier.push(question)
      const answer = await askBoth(question)
      await askBoth(question)
      if (index === 15 || index === 30) await clock.advance(1000 + maker.below(900))
      const tag = answer.headers['etag']
      await askBoth(maker.vary(question, tag === undefined ? undefined : String(tag)))
      const known = earlier[maker.below(earlier.length)]
      if (known && maker.below(3) === 0) await askBoth(known)
    }
    await clock.advance(TICK_MS - (clock.monotonicMs() % TICK_MS || TICK_MS))
  }
  const scrape = (await send(keeping.address, { path: '/metrics', headers: { 'x-api-key': 'all' } })).body.toString()
  const hits = [...scrape.matchAll(/from="memory"\} (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0)
  // Most third questions of what can be kept at all, or the proof would prove nothing.
  expect(hits).toBeGreaterThan(BLOCKS * QUESTIONS_PER_BLOCK * 0.4)
  expect(earlier).toHaveLength(BLOCKS * QUESTIONS_PER_BLOCK)
})
