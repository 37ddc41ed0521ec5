// A head that is handed over as text is the one that Node would have made, on real sockets.
import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { waitUntil } from '#test/support/wait-until.ts'
import { ReadyHeads } from '../../src/server/ready-head.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

const heads = new ReadyHeads({ now: () => Date.now() })
const headers = { 'content-type': 'application/json; charset=utf-8', etag: '"a:b"', vary: 'accept, origin' }
const toLines = (length: number) =>
  [...Object.entries(headers), ['content-length', length]].map(([name, value]) => `${name}: ${value}\r\n`).join('')

/** Decides the head of an answer of that many bytes; of none for who has it. @returns whether it did */
type Decide = (response: ServerResponse, length: number, isKnown: boolean) => boolean
const decideReady: Decide = (response, length, isKnown) =>
  heads.decide(
    response,
    isKnown ? 304 : 200,
    isKnown ? toLines(length).replace(/content-length.*\r\n/, '') : toLines(length),
  )
const decideByNode: Decide = (response, length, isKnown) => {
  response.writeHead(isKnown ? 304 : 200, isKnown ? headers : { ...headers, 'content-length': length })
  return true
}

/** Answers every request by its path: a short text, or bytes of that length. Who asks `if-none-match` has it. */
function toListener(decide: Decide, decided: boolean[]): RequestListener {
  return (request, response) => {
    const length = Number(request.url?.slice(1))
    const isKnown = request.headers['if-none-match'] !== undefined
    const isDecided = decide(response, length, isKnown)
    decided.push(isDecided)
    if (!isDecided) decideByNode(response, length, isKnown)
    if (isKnown) response.end()
    else if (length > 4096) response.end(Buffer.alloc(length, 'b'))
    else response.end('a'.repeat(length), 'latin1')
  }
}

/** How many whole answers there are, and nothing behind them; undefined while one is not whole. */
function countWhole(told: string): number | undefined {
  let count = 0
  for (let at = 0; at < told.length; count += 1) {
    const end = told.indexOf('\r\n\r\n', at)
    const length = Number(/content-length: (\d+)/.exec(told.slice(at, end))?.[1] ?? 0)
    if (end < 0 || end + 4 + length > told.length) return undefined
    at = end + 4 + length
  }
  return count
}

/**
 * What a client is sent for its bytes, all that is of a moment made alike. Where the connection is to stay, one more
 * question is answered over it; where it is to end, it ends.
 */
async function ask(listener: RequestListener, text: string, answers: number, setUp?: (server: Server) => void) {
  const server = createServer(listener)
  setUp?.(server)
  servers.push(server.listen(0, '127.0.0.1'))
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  let told = ''
  let isEnded = false
  socket.setEncoding('latin1').on('data', (piece: string) => {
    told += piece
  })
  socket.on('end', () => {
    isEnded = true
  })
  socket.write(text)
  await waitUntil('all is answered', async () => countWhole(told) === answers)
  if (/^Connection: close/m.test(told)) await waitUntil('the connection has ended', async () => isEnded)
  else {
    socket.write(get('/1'))
    await waitUntil('one more is answered', async () => countWhole(told) === answers + 1)
  }
  socket.destroy()
  return told.replaceAll(/Date: [^\r]+ GMT/g, 'Date: now')
}

const get = (path: string, version = '1.1', more = '') => `GET ${path} HTTP/${version}\r\nhost: x\r\n${more}\r\n`

describe('a head that is ready', () => {
  const known = 'if-none-match: x\r\n'
  it.each([
    ['a short answer', get('/5'), [true, true]],
    ['an empty one', get('/0'), [true, true]],
    ['a long one', get('/100000'), [true, true]],
    ['several, asked for at once', get('/5') + get('/9000') + get('/7'), [true, true, true, true]],
    ['to who has it', get('/5', '1.1', known) + get('/5'), [true, true, true]],
    ['to who wants no more after it', get('/5', '1.1', 'connection: close\r\n'), [false]],
    ['to an old client', get('/5', '1.0'), [false]],
    ['to an old client that stays', get('/5', '1.0', 'connection: keep-alive\r\n'), [true, true]],
    ['to an old client that has it', get('/5', '1.0', `connection: keep-alive\r\n${known}`), [false]],
  ])('is sent as Node would send it: %s', async (_what, text, expected) => {
    const ready: boolean[] = []
    const answers = text.split('GET ').length - 1
    const ours = await ask(toListener(decideReady, ready), text, answers)
    const theirs = await ask(toListener(decideByNode, []), text, answers)
    expect(ours).toEqual(theirs)
    expect(ready).toEqual(expected)
  })

  it('tells for how long the connection stays, as the server has it', async () => {
    const told = await ask(toListener(decideReady, []), get('/5'), 1, (server) => {
      server.keepAliveTimeout = 72_000
    })
    expect(told).toContain('\r\nKeep-Alive: timeout=72\r\n')
  })

  it('is left to Node where the head is decided already, has no date, or tells nothing of staying', async () => {
    const decided: boolean[] = []
    const listener: RequestListener = (_request, response) => {
      response.sendDate = false
      decided.push(decideReady(response, 0, false))
      response.sendDate = true
      response.writeHead(200, { 'content-length': 0 })
      decided.push(decideReady(response, 0, false))
      response.end()
    }
    await ask(listener, get('/0'), 1)
    expect(decided.slice(0, 2)).toEqual([false, false])
    const ready: boolean[] = []
    await ask(toListener(decideReady, ready), get('/5'), 1, (server) => {
      server.keepAliveTimeout = 0
    })
    expect(ready).toEqual([false, false])
  })

  it('has the date of its second', async () => {
    let now = Date.UTC(2026, 10, 22, 12, 0, 0, 999)
    const own = new ReadyHeads({ now: () => now })
    const listener: RequestListener = (_request, response) => {
      own.decide(response, 200, 'content-length: 0\r\n')
      response.end()
      now += 1
    }
    const dates: string[] = []
    const server = createServer(listener)
    servers.push(server.listen(0, '127.0.0.1'))
    await once(server, 'listening')
    for (let index = 0; index < 2; index += 1) {
      const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
      dates.push(answer.headers.get('date') ?? '')
    }
    expect(dates).toEqual(['Sun, 22 Nov 2026 12:00:00 GMT', 'Sun, 22 Nov 2026 12:00:01 GMT'])
  })
})
