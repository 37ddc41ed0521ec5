// What the operating system holds for clients that have not confirmed it. It takes megabytes of an answer at once, so
// without a look at that nobody can tell a client that reads slowly from one that does not read.
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { endianness } from 'node:os'

/** Bytes per connection, by `toConnectionName`; what is not in it has nothing waiting. */
export type SendQueues = ReadonlyMap<string, number>

/** One line of a connection with something in its queue: own address, the other's, state, queue. */
const linePattern =
  /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]{8,32}):([0-9A-F]{4}) [0-9A-F]{2} (?!0{8})([0-9A-F]{8}):/gm

/** The queues of this machine's connections, as Linux tells them; empty on other systems. */
export async function readSendQueues(): Promise<SendQueues> {
  const queues = new Map<string, number>()
  if (endianness() !== 'LE') return queues
  for (const path of ['/proc/self/net/tcp', '/proc/self/net/tcp6']) {
    const text = await readFile(path, 'latin1').catch(() => '')
    for (const [, localPort = '', address = '', port = '', bytes = ''] of text.matchAll(linePattern))
      queues.set(
        toName(toAddress(address), Number.parseInt(port, 16), Number.parseInt(localPort, 16)),
        Number.parseInt(bytes, 16),
      )
  }
  return queues
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
