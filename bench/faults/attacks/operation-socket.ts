// A WebSocket client of the sub-protocol graphql-transport-ws that does what it is told, sense or nonsense.
import WebSocket from 'ws'
import { z } from 'zod'
import type { Target } from './target.ts'

/** A message of the sub-protocol. */
export type SocketMessage = z.infer<typeof messageSchema>
const messageSchema = z.looseObject({ type: z.string(), id: z.string().optional(), payload: z.unknown().optional() })

/** How an operation on a socket ended. */
export interface SocketAnswer {
  /** The result, or `{ errors }`, as JSON; empty when the socket was closed instead. */
  readonly text: string
  /** What the socket was closed with; 0 while it stays open. */
  readonly status: number
}

/** A socket that is opened when it is needed. */
export interface OperationSocket {
  /** Opens it and waits until it is acknowledged, where it is not open. Never throws. */
  ready(): Promise<void>
  /** Carries out one operation and waits for its first result. */
  ask(question: object): Promise<SocketAnswer>
  close(): void
}

const TIMEOUT_MS = 10_000

/** Opens a socket and leaves it as it is: nothing is introduced, nothing asked. Errors of it are swallowed. */
export function connectSocket(
  { url, caller }: Pick<Target, 'url' | 'caller'>,
  options: WebSocket.ClientOptions = {},
): WebSocket {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    perMessageDeflate: false,
    ...options,
    headers: { ...caller, ...options.headers },
  })
  return socket.on('error', () => undefined)
}

/** Reads a frame. */
export function readMessage(data: WebSocket.RawData): SocketMessage {
  return messageSchema.parse(JSON.parse(String(data)))
}

/** Resolves with the code that it is closed with; 0 when it stays open for so long. */
export function closedWith(socket: WebSocket, limitMs: number): Promise<number> {
  return new Promise((resolve) => {
    if (socket.readyState === WebSocket.CLOSED) return resolve(1006)
    const limit = setTimeout(() => resolve(0), limitMs)
    socket.once('close', (code) => {
      clearTimeout(limit)
      resolve(code)
    })
  })
}

/** Opens one, introduces it and waits until it is acknowledged. @throws Error when it is not */
export async function introduceSocket(
  target: Pick<Target, 'url' | 'caller'>,
  payload: object = {},
  options: WebSocket.ClientOptions = {},
): Promise<WebSocket> {
  const socket = connectSocket(target, options)
  await new Promise<void>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error('a socket was not acknowledged')), TIMEOUT_MS)
    socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload })))
    socket.once('message', () => {
      clearTimeout(limit)
      resolve()
    })
    socket.once('close', (code) => {
      clearTimeout(limit)
      reject(new Error(`a socket was closed with ${code} before it was acknowledged`))
    })
  })
  return socket
}

/** Prepares one. */
export function openSocket(target: Pick<Target, 'url' | 'caller'>): OperationSocket {
  let opening: Promise<WebSocket> | undefined
  let lastId = 0

  async function ask(question: object): Promise<SocketAnswer> {
    opening ??= introduceSocket(target)
    const socket = await opening
    lastId += 1
    const id = String(lastId)
    return new Promise((resolve) => {
      const finish = (answer: SocketAnswer) => {
        clearTimeout(limit)
        socket.off('message', onMessage).off('close', onClose)
        resolve(answer)
      }
      const limit = setTimeout(() => finish({ text: 'no answer', status: 0 }), TIMEOUT_MS)
      const onClose = (status: number) => {
        opening = undefined
        finish({ text: '', status })
      }
      const onMessage = (data: WebSocket.RawData) => {
        const message = readMessage(data)
        if (message.id !== id) return
        if (message.type === 'error') finish({ text: JSON.stringify({ errors: message.payload }), status: 0 })
        else if (message.type === 'next') finish({ text: JSON.stringify(message.payload), status: 0 })
      }
      socket.on('message', onMessage).on('close', onClose)
      socket.send(JSON.stringify({ id, type: 'subscribe', payload: question }))
    })
  }

  return {
    ready: async () => {
      opening ??= introduceSocket(target)
      await opening.catch(() => {
        opening = undefined
      })
    },
    ask: (question) => ask(question).catch((error: unknown) => ({ text: String(error), status: 0 })),
    close: () => {
      opening?.then((socket) => socket.terminate()).catch(() => undefined)
    },
  }
}
