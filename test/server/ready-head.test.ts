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

const decideReady = (response: ServerResponse, length: number) => heads.decide(response, toLines(length))
function decideByNode(response: ServerResponse, length: number): boolean {
  response.writeHead(200, { ...headers, 'content-length': length })
  return true
}

/** Answers every request by its path: a short text, or bytes of that length. */
function toListener(
  decide: (response: ServerResponse, length: number) => boolean,
  decided: boolean[],
): RequestListener {
  return (request, response) => {
    const length = Number(request.url?.slice(1))
    decided.push(decide(response, length))
    if (!response.headersSent) decideByNode(response, length)
    if (length > 4096) response.end(Buffer.alloc(length, 'b'))
    else response.end('a'.repeat(length), 'latin1')
  }
}

/** What a client is sent for its bytes, all that is of a moment made alike. */
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
  await waitUntil('all is answered', async () => {
    const bodies = [...told.matchAll(/content-length: (\d+)/g)].reduce((sum, [, length]) => sum + Number(length), 0)
    const ends = told.split('\r\n\r\n').length - 1
    return ends === answers && told.length >= bodies
  })
  // An end that is coming comes at once: the server has said so in the same turn.
  await new Promise((resolve) => setTimeout(resolve, 20))
  socket.destroy()
  return { told: told.replaceAll(/Date: [^\r]+ GMT/g, 'Date: now'), isEnded }
}

const get = (path: string, version = '1.1', more = '') => `GET ${path} HTTP/${version}\r\nhost: x\r\n${more}\r\n`

describe('a head that is ready', () => {
  it.each([
    ['a short answer', get('/5'), 1],
    ['an empty one', get('/0'), 1],
    ['a long one', get('/100000'), 1],
    ['several, asked for at once', get('/5') + get('/9000') + get('/7'), 3],
    ['one that the client wants no more after', get('/5', '1.1', 'connection: close\r\n'), 1],
    ['an old client', get('/5', '1.0'), 1],
    ['an old client that stays', get('/5', '1.0', 'connection: keep-alive\r\n'), 1],
  ])('is sent as Node would send it: %s', async (_what, text, answers) => {
    const [ready, node]: [boolean[], boolean[]] = [[], []]
    const ours = await ask(toListener(decideReady, ready), text, answers)
    const theirs = await ask(toListener(decideByNode, node), text, answers)
    expect(ours).toEqual(theirs)
    expect(ready).toEqual(Array.from({ length: answers }, () => !/close|1\.0\r\nhost: x\r\n\r\n/.test(text)))
  })

  it('tells for how long the connection stays, as the server has it', async () => {
    const { told } = await ask(toListener(decideReady, []), get('/5'), 1, (server) => {
      server.keepAliveTimeout = 72_000
    })
    expect(told).toContain('\r\nKeep-Alive: timeout=72\r\n')
  })

  it('is left to Node where the head is decided already, or has no date', async () => {
    const decided: boolean[] = []
    const listener: RequestListener = (_request, response) => {
      response.sendDate = false
      decided.push(decideReady(response, 0))
      response.sendDate = true
      response.writeHead(200, { 'content-length': 0 })
      decided.push(decideReady(response, 0))
      response.end()
    }
    await ask(listener, get('/0'), 1)
    expect(decided).toEqual([false, false])
  })

  it('has the date of its second', async () => {
    let now = Date.UTC(2026, 10, 22, 12, 0, 0, 999)
    const own = new ReadyHeads({ now: () => now })
    const listener: RequestListener = (_request, response) => {
      own.decide(response, 'content-length: 0\r\n')
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
