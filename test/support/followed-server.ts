// A server whose slow clients are watched over, and clients that read nothing unless they are told to.
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { readSendQueues, type SendQueues } from '#src/server/send-queues.ts'
import { LOOK_EVERY_MS, SlowClients } from '#src/server/slow-clients.ts'
import { FakeClock, settle } from './fake-clock.ts'

/** A request that asks for the connection to be kept. */
export const REQUEST = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'

let server: Server | undefined
const clients: Socket[] = []
/** Ends the server of the last test and its clients. */
export function closeFollowed(): void {
  for (const client of clients.splice(0)) client.destroy()
  server?.closeAllConnections()
  server?.close()
  server = undefined
}

/** Has `closeFollowed` end this client too. */
export function trackClient(client: Socket): void {
  clients.push(client)
}

/**
 * A server followed by `SlowClients` on a clock of its own.
 * @param readQueues what the system holds; the system's own word when left out
 */
export async function serve(answer: RequestListener, readQueues: () => Promise<SendQueues> = readSendQueues) {
  const clock = new FakeClock()
  let reading = 0
  const watch = new SlowClients({
    clock,
    readQueues: async () => {
      reading += 1
      try {
        return await readQueues()
      } finally {
        reading -= 1
      }
    },
  })
  /** Lets time pass look by look, since each looks at the real sockets. */
  const pass = async (ms: number) => {
    for (let passedMs = 0; passedMs < ms; passedMs += LOOK_EVERY_MS) {
      await clock.advance(LOOK_EVERY_MS)
      while (reading > 0) await settle()
      await settle()
    }
  }
  const listening = createServer()
  server = listening
  watch.follow(listening, 10)
  listening.on('request', (request, response) => {
    watch.watch(request, response)
    answer(request, response)
  })
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const { port } = listening.address() as AddressInfo
  /** A client that reads nothing until it is resumed. @param text what it sends */
  const visit = async (text = '') => {
    const accepted = once(listening, 'connection')
    const socket = connect(port, '127.0.0.1')
    clients.push(socket)
    socket.pause()
    socket.on('error', () => undefined)
    if (text !== '') socket.write(text)
    const [far] = (await accepted) as [Socket]
    return { socket, far }
  }
  return { clock, pass, watch, listening, visit }
}
