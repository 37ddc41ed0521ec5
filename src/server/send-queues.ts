// What the operating system holds for clients that have not confirmed it. It takes megabytes of an answer at once, so
// without a look at that nobody can tell a client that reads slowly from one that does not read.
import { createReadStream } from 'node:fs'
import type { Socket } from 'node:net'
import { endianness } from 'node:os'

/** Bytes per connection, by `toConnectionName`; what is not in it has nothing waiting. */
export type SendQueues = ReadonlyMap<string, number>

/** One line of a connection with something in its queue: own address, the other's, state, queue. */
const linePattern =
  /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]{2} (?!0{8})([0-9A-F]{8}):/gm

/** The queues of this machine's connections, as Linux tells them; empty on other systems. */
export async function readSendQueues(): Promise<SendQueues> {
  const queues = new Map<string, number>()
  if (endianness() !== 'LE') return queues
  for (const path of ['/proc/self/net/tcp', '/proc/self/net/tcp6']) {
    for await (const lines of readLines(path))
      for (const [, localPort = '', address = '', port = '', bytes = ''] of lines.matchAll(linePattern))
        queues.set(
          toName(toAddress(address), Number.parseInt(port, 16), Number.parseInt(localPort, 16)),
          Number.parseInt(bytes, 16),
        )
  }
  return queues
}

/** Whole lines, some at a time: a machine of many connections has megabytes of them, too many for one turn of the loop. */
async function* readLines(path: string): AsyncGenerator<string, void, undefined> {
  let rest = ''
  try {
    for await (const chunk of createReadStream(path, 'latin1')) {
      const text = rest + String(chunk)
      const end = text.lastIndexOf('\n') + 1
      rest = text.slice(end)
      yield text.slice(0, end)
    }
  } catch {
    // What is not there says nothing of anybody.
  }
}

/** What the connection is called in `SendQueues`. */
export function toConnectionName({ remoteAddress = '', remotePort, localPort }: Socket): string {
  const [address = ''] = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '').split('%', 1)
  return toName(address, remotePort, localPort)
}

function toName(address: string, port: number | undefined, localPort: number | undefined): string {
  return `${address} ${port} ${localPort}`
}

/** An address as it is written, from words of four bytes each, the last byte first. */
function toAddress(digits: string): string {
  const bytes = Buffer.from(digits, 'hex').swap32()
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.subarray(0, 12).toString('hex') === '00000000000000000000ffff') return bytes.subarray(12).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
