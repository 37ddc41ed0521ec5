// S11: clients that take all the time there is: over their heads, over their bodies, over reading. By sockets of the
// rig's own, and by slowhttptest as well where that is installed.
import { execFile } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { findProgram } from '../../../test/support/find-program.ts'
import { percentile } from '../figures/percentiles.ts'
import { steadyNow } from '../rig/steady-clock.ts'
import { sendGoodTraffic } from './good-traffic.ts'
import { toLines } from './raw-http.ts'
import type { Attack, Target } from './target.ts'

const SOCKETS = 500
const CLOSED_LIMIT_MS = 10_000
const GOOD_FLOOR_MS = 50
const GOOD_EVERY_MS = 20
const DRIP_MS = 1000
/** They come within this time. */
const ARRIVING_MS = 1500
/** Answers that a slow reader asks for in advance. */
const WANTED = 8
/** The same of one who wants the gateway to keep them all. */
const WANTED_AT_ONCE = 600
const GREEDY_SOCKETS = 20
const HEAP_LIMIT_MIB = 512
const MIB = 1024 * 1024

/** A kind of slowness: what is sent at once, and what each second after. */
interface Slowness {
  readonly name: string
  readonly first: string
  readonly drip: string
  /** Whether what comes back is left unread. */
  readonly isDeaf: boolean
}

/** S11. */
export async function attackSlowly({ target, judgement, isQuick, onEnd }: Attack): Promise<void> {
  const good = sendGoodTraffic(target, '/v1/accounts', GOOD_EVERY_MS)
  onEnd(good.stop)
  await delay(isQuick ? 700 : 1500)
  const usualFromMs = steadyNow()
  await delay(isQuick ? 1000 : 5000)
  const fromMs = steadyNow()
  const kinds = listKinds(target)
  const perKind = Math.ceil(SOCKETS / kinds.length)
  const runs = isQuick ? [kinds] : kinds.map((kind) => [kind])
  const lives: { readonly name: string; readonly lifeMs: number }[] = []
  for (const some of runs) {
    const count = isQuick ? perKind : SOCKETS
    const ended = await Promise.all(
      some.flatMap((kind) => Array.from({ length: count }, () => dawdle(target, kind, CLOSED_LIMIT_MS + 3000))),
    )
    lives.push(...ended)
  }
  const toMs = steadyNow()
  for (const { name } of kinds) {
    const own = lives.filter((life) => life.name === name).map(({ lifeMs }) => lifeMs)
    judgement.note(`${name}Sockets`, own.length)
    judgement.note(`${name}LeftOpen`, own.filter((lifeMs) => !Number.isFinite(lifeMs)).length)
    judgement.note(`${name}MedianMs`, percentile(own, 0.5))
    judgement.takesAtMost(`${name}ClosedAfterMs`, Math.max(...own), CLOSED_LIMIT_MS)
  }
  const usual = good.replies(usualFromMs, fromMs)
  const meanwhile = good.replies(fromMs, toMs)
  const usualP99Ms = percentile(
    usual.map(({ tookMs }) => tookMs),
    0.99,
  )
  judgement.note('usualP99Ms', usualP99Ms)
  judgement.note('goodRequests', meanwhile.length)
  judgement.equals('goodRequestsFailed', meanwhile.filter(({ status }) => status >= 400 || status === 0).length, 0)
  judgement.takesAtMost(
    'goodP99Ms',
    percentile(
      meanwhile.map(({ tookMs }) => tookMs),
      0.99,
    ),
    Math.max(2 * usualP99Ms, GOOD_FLOOR_MS),
  )
  if (!isQuick) await askInAdvance({ target, judgement })
  const tool = isQuick ? undefined : await findProgram('slowhttptest')
  judgement.note('by', tool === undefined ? "the rig's sockets" : "the rig's sockets and slowhttptest")
  if (tool !== undefined)
    for (const mode of ['-H', '-B', '-X'])
      judgement.equals(`slowhttptest${mode}Available`, await runTool(tool, mode, target), true)
}

function listKinds(target: Target): readonly Slowness[] {
  const caller = toLines(target.caller)
    .map((line) => `${line}\r\n`)
    .join('')
  const wanted = `GET /openapi.json HTTP/1.1\r\nHost: x\r\n${caller}\r\n`
  const question = `GET /graphql?query={__typename} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n${caller}\r\n`
  return [
    { name: 'slowHead', first: 'GET /v1/accounts HTTP/1.1\r\nHost: x\r\n', drip: 'X-a: b\r\n', isDeaf: false },
    {
      name: 'slowBody',
      first: `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${caller}Content-Length: 5000\r\n\r\n{`,
      drip: ' ',
      isDeaf: false,
    },
    { name: 'silent', first: '', drip: '', isDeaf: false },
    { name: 'slowRead', first: (wanted + question).repeat(WANTED / 2), drip: '', isDeaf: true },
  ]
}

/** Hundreds of requests in one piece, and nobody to read the answers: none may be kept for him beyond a few. */
async function askInAdvance({ target, judgement }: Pick<Attack, 'target' | 'judgement'>): Promise<void> {
  const [kind] = listKinds(target).filter(({ isDeaf }) => isDeaf)
  if (kind === undefined) return
  const greedy = { ...kind, first: kind.first.repeat(WANTED_AT_ONCE / WANTED) }
  let peakBytes = 0
  const watch = setInterval(() => {
    target.inspect().then(
      ({ heapBytes }) => {
        peakBytes = Math.max(peakBytes, heapBytes)
      },
      () => undefined,
    )
  }, 100)
  const ended = await Promise.all(
    Array.from({ length: GREEDY_SOCKETS }, () => dawdle(target, greedy, CLOSED_LIMIT_MS + 3000)),
  )
  clearInterval(watch)
  judgement.takesAtMost('inAdvanceClosedAfterMs', Math.max(...ended.map(({ lifeMs }) => lifeMs)), CLOSED_LIMIT_MS)
  judgement.atMost('inAdvanceHeapMiB', peakBytes / MIB, HEAP_LIMIT_MIB)
}

/** Keeps a socket as long as it can. */
async function dawdle({ port }: Target, { name, first, drip, isDeaf }: Slowness, limitMs: number) {
  await delay(Math.random() * ARRIVING_MS)
  const startedAtMs = performance.now()
  const socket: Socket = connect({ port, host: '127.0.0.1' })
  if (isDeaf) socket.pause()
  else socket.resume()
  socket.on('error', () => undefined)
  socket.write(first)
  const timer = setInterval(() => drip !== '' && socket.write(drip), DRIP_MS)
  // A socket that nobody reads does not hear of its end, unless something is written to it.
  const pulse = isDeaf ? setInterval(() => socket.write('\r\n'), 500) : undefined
  const lifeMs = await new Promise<number>((resolve) => {
    const limit = setTimeout(() => {
      if (isDeaf) void hasAll(socket).then((isServed) => resolve(isServed ? 0 : Number.POSITIVE_INFINITY))
      else resolve(Number.POSITIVE_INFINITY)
    }, limitMs)
    socket.once('close', () => {
      clearTimeout(limit)
      resolve(performance.now() - startedAtMs)
    })
  })
  clearInterval(timer)
  clearInterval(pulse)
  socket.destroy()
  return { name, lifeMs }
}

/** Whether everything had come long ago, into buffers on the way: then nobody was kept waiting. */
async function hasAll(socket: Socket): Promise<boolean> {
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  socket.resume()
  await delay(500)
  return text.split('HTTP/1.1 200').length - 1 >= WANTED
}

/** Whether the tool found the service there all the time. */
function runTool(program: string, mode: string, target: Target): Promise<boolean> {
  const url = `${target.url}${mode === '-X' ? '/openapi.json' : '/healthz'}`
  const words = [
    mode,
    '-c',
    String(SOCKETS),
    '-r',
    '200',
    '-i',
    '1',
    '-l',
    '30',
    '-p',
    '3',
    '-u',
    url,
    ...(mode === '-X' ? ['-k', '3', '-w', '64', '-y', '256', '-n', '1', '-z', '32'] : ['-s', '8192']),
  ]
  return new Promise((resolve) => {
    execFile(program, words, { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout) => {
      const plain = stripVTControlCharacters(stdout)
      const states = [...plain.matchAll(/service available:\s*(YES|NO)/g)].map(([, state]) => state)
      resolve(states.length > 0 && states.every((state) => state === 'YES'))
    })
  })
}
