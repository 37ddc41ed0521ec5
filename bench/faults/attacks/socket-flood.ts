// S9: sockets that hold what they can hold: places, operations, memory, turns.
import { setTimeout as delay } from 'node:timers/promises'
import { getIntrospectionQuery } from 'graphql'
import WebSocket from 'ws'
import { percentile } from '../figures/percentiles.ts'
import { steadyNow } from '../rig/steady-clock.ts'
import { operator } from './clients.ts'
import { putToWork } from './flooded-memory.ts'
import { isGateway } from './gateway.ts'
import { sendGoodTraffic } from './good-traffic.ts'
import { connectSocket, introduceSocket, readMessage } from './operation-socket.ts'
import { OPCODE, openRawWebSocket, type RawWebSocket, toFrame } from './raw-websocket.ts'
import { watchSnapshots } from './socket-watchers.ts'
import type { Attack, Target } from './target.ts'
import { openWays } from './ways.ts'

const MIB = 1024 * 1024
const GROWTH_LIMIT_MIB = 100
const IDLE_LIMIT_MS = 5000
const HEALTH_LIMIT_MS = 200
const CLOSE_LIMIT_MS = 15_000
/** Refusals of what is too much, as WebSockets say it, and as HTTP does before there is a socket. */
const REFUSALS = [1013, 4429, 4408, 429, 503]

/** Where those come from who only hold places: what they take is theirs, and nobody else's. */
const HOLDER = '127.0.0.2'

/** S9. */
export async function attackWithSockets(attack: Attack): Promise<void> {
  const { target, judgement, isQuick, onEnd } = attack
  const health = sendGoodTraffic({ url: target.url, caller: {} }, '/healthz', 50)
  onEnd(health.stop)
  const watching = isGateway(target) ? await watchSnapshots(target) : undefined
  await delay(500)
  const ways = openWays(target, { isPatient: true })
  await putToWork(ways, isQuick ? 300 : 3000)
  await ways.close()
  const before = await target.inspect(true)
  const peak = { rss: before.rssBytes }
  const watch = setInterval(() => {
    target.inspect().then(
      ({ rssBytes }) => {
        peak.rss = Math.max(peak.rss, rssBytes)
      },
      () => undefined,
    )
  }, 250)
  const fromMs = steadyNow()
  try {
    const parts = [
      () => holdPlaces(attack, isQuick ? 1200 : 3000),
      () => subscribeOften(attack, isQuick ? 2000 : 10_000),
      () => sendFragments(attack, isQuick ? 20_000 : 1_000_000),
      () => sendBadFrames(attack),
      () => floodWithPings(attack, isQuick ? 20_000 : 200_000),
      () => readSlowly(attack, 20_000),
    ]
    // One after the other, each has a figure of its own; side by side they take no longer than the longest.
    if (isQuick) await Promise.all(parts.map((part) => part()))
    else for (const part of parts) await part()
  } finally {
    clearInterval(watch)
  }
  const healths = health.replies(fromMs)
  judgement.note('healthChecks', healths.length)
  judgement.equals('failedHealthChecks', healths.filter(({ status }) => status !== 200).length, 0)
  judgement.takesAtMost(
    'healthP99Ms',
    percentile(
      healths.map(({ tookMs }) => tookMs),
      0.99,
    ),
    HEALTH_LIMIT_MS,
  )
  if (watching !== undefined) {
    const { sent, lost, repeated } = await watching.end()
    judgement.note('events', sent)
    judgement.equals('eventsLost', lost, 0)
    judgement.equals('eventsRepeated', repeated, 0)
  }
  judgement.note('rssBeforeMiB', before.rssBytes / MIB)
  judgement.atMost('rssGrowthMiB', (peak.rss - before.rssBytes) / MIB, GROWTH_LIMIT_MIB)
}

/** Sockets that never say who they are. */
async function holdPlaces({ target, judgement }: Attack, count: number): Promise<void> {
  const ends = Array.from({ length: count }, async (_, index) => {
    // A listener's queue holds only so many that have not been accepted.
    await delay(index * 2)
    const socket = connectSocket({ url: target.url, caller: {} }, { localAddress: HOLDER })
    // What a busy machine takes to make the connection is not its idle time.
    let startedAtMs = performance.now()
    socket.once('open', () => {
      startedAtMs = performance.now()
    })
    return new Promise<{ readonly code: number; readonly tookMs: number }>((resolve) => {
      const end = (code: number) => resolve({ code, tookMs: performance.now() - startedAtMs })
      const limit = setTimeout(() => end(0), CLOSE_LIMIT_MS)
      socket.once('unexpected-response', (request, response) => {
        clearTimeout(limit)
        end(response.statusCode ?? 0)
        request.destroy()
      })
      socket.once('close', (code) => {
        clearTimeout(limit)
        end(code)
      })
    })
  })
  const closed = await Promise.all(ends)
  const codes = Object.entries(Object.groupBy(closed, ({ code }) => code)).map(
    ([code, some]) => `${some?.length} ${code}`,
  )
  judgement.note('idleEnds', codes.join(', '))
  for (const [code, some = []] of Object.entries(Object.groupBy(closed, (one) => one.code)))
    judgement.note(
      `idleMedianMs${code}`,
      percentile(
        some.map(({ tookMs }) => tookMs),
        0.5,
      ),
    )
  judgement.equals('idleLeftOpen', closed.filter(({ code }) => !REFUSALS.includes(code)).length, 0)
  judgement.takesAtMost('idleClosedAfterMs', Math.max(...closed.map(({ tookMs }) => tookMs)), IDLE_LIMIT_MS)
}

/** More operations on one socket than it may have. */
async function subscribeOften({ target, judgement }: Attack, count: number): Promise<void> {
  const socket = await introduceSocket(target)
  let refused = 0
  let code = 0
  socket.on('message', (data) => {
    if (readMessage(data).type === 'error') refused += 1
  })
  socket.once('close', (closedWith) => {
    code = closedWith
  })
  for (let index = 0; index < count && socket.readyState === WebSocket.OPEN; index += 1) {
    socket.send(
      JSON.stringify({
        id: `s${index}`,
        type: 'subscribe',
        payload: { query: 'subscription{snapshot(account:"right"){id}}' },
      }),
    )
    if (index % 100 === 0) await delay(1)
  }
  const giveUpAtMs = performance.now() + CLOSE_LIMIT_MS
  while (code === 0 && refused < count - 100 && performance.now() < giveUpAtMs) await delay(20)
  judgement.note('operationsRefused', refused)
  judgement.note('tooManyOperationsClosedWith', code)
  judgement.equals('operationsAreCapped', REFUSALS.includes(code) || refused >= count - 100, true)
  socket.terminate()
}

/** A message in pieces of one byte, without an end. */
async function sendFragments({ target, judgement }: Attack, count: number): Promise<void> {
  const raw = await introduceRaw(target)
  const piece = toFrame(OPCODE.continuation, Buffer.from(' '), { isLast: false })
  raw.socket.write(toFrame(OPCODE.text, Buffer.from(' '), { isLast: false }))
  const thousand = Buffer.concat(Array<Buffer>(1000).fill(piece))
  let end: number | undefined
  const closing = raw.closed(CLOSE_LIMIT_MS).then((code) => {
    end = code
    return code
  })
  for (let sent = 0; sent < count && end === undefined; sent += 1000) {
    if (!raw.socket.write(thousand))
      await Promise.race([closing, new Promise((resolve) => raw.socket.once('drain', resolve))])
    await delay(0)
  }
  const code = await closing
  judgement.note('fragmentsClosedWith', code)
  judgement.equals('fragmentsAreCapped', [1009, 1008, 1002, ...REFUSALS].includes(code), true)
  raw.socket.destroy()
}

/** A message that is too large, and frames that are none. */
async function sendBadFrames({ target, judgement }: Attack): Promise<void> {
  const large = await introduceRaw(target)
  large.socket.write(toFrame(OPCODE.text, Buffer.alloc(20 * MIB, 32)))
  judgement.equals('largeFrameClosedWith', await large.closed(CLOSE_LIMIT_MS), 1009)
  for (const reserved of [1, 2, 4]) {
    const odd = await introduceRaw(target)
    odd.socket.write(toFrame(OPCODE.text, Buffer.from('{}'), { reserved }))
    judgement.equals(`reservedBit${reserved}ClosedWith`, await odd.closed(CLOSE_LIMIT_MS), 1002)
  }
}

/** Pings, each of which wants an answer. */
async function floodWithPings({ target, judgement }: Attack, count: number): Promise<void> {
  const raw = await introduceRaw(target)
  const hundred = Buffer.concat(Array<Buffer>(100).fill(toFrame(OPCODE.ping, Buffer.alloc(125, 1))))
  for (let sent = 0; sent < count && !raw.socket.destroyed; sent += 100) {
    raw.socket.write(hundred)
    await delay(0)
  }
  const code = await raw.closed(CLOSE_LIMIT_MS)
  judgement.note('pingsClosedWith', code)
  judgement.equals('pingsAreCapped', [1006, 1008, ...REFUSALS].includes(code), true)
  raw.socket.destroy()
}

/** Asks for ten megabytes and reads none of them. */
async function readSlowly({ target, judgement }: Attack, pauseMs: number): Promise<void> {
  const raw = await introduceRaw({ port: target.port, caller: operator.headers })
  const closing = raw.closed(pauseMs + CLOSE_LIMIT_MS)
  raw.socket.pause()
  const payload = { query: getIntrospectionQuery() }
  for (let index = 0; index < 150; index += 1) raw.say({ id: `slow${index}`, type: 'subscribe', payload })
  await delay(pauseMs)
  // What the gateway has given up is seen once somebody reads.
  raw.socket.resume()
  const code = await closing
  judgement.note('slowReaderClosedWith', code)
  judgement.equals('slowReaderIsLetGo', code !== 0, true)
  raw.socket.destroy()
}

async function introduceRaw(target: Pick<Target, 'port' | 'caller'>): Promise<RawWebSocket> {
  const raw = await openRawWebSocket(target)
  raw.say({ type: 'connection_init' })
  await delay(50)
  return raw
}
