// A client that sends what it is told to and nothing else, and shows what came back as it came, only unpacked.
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'

/** What is sent. */
export interface Sending {
  /** GET when left out. */
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What came back. */
export interface Sent {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Unpacked. */
  readonly body: Buffer
}

const agent = new Agent({ keepAlive: true })
const ways: Readonly<Record<string, (packed: Buffer) => Buffer>> = {
  gzip: (packed) => gunzipSync(packed),
  br: (packed) => brotliDecompressSync(packed),
  zstd: (packed) => zstdDecompressSync(packed),
}

/** Sends a request to the server at `address`, a URL without a path. */
export function send(address: string, { method = 'GET', path, headers = {}, body }: Sending): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const asking = request(`${address}${path}`, { method, headers, agent }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('error', reject)
      answer.on('end', () => {
        const packed = Buffer.concat(pieces)
        const unpack = ways[answer.headers['content-encoding'] ?? '']
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: unpack ? unpack(packed) : packed })
      })
    })
    asking.on('error', reject)
    asking.end(body)
  })
}
