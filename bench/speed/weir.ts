// Weir as its image runs it, over a settings file.
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findFreePort } from '#test/support/free-port.ts'
import type { Image } from './image.ts'
import { ACCOUNT } from './questions.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import type { BenchUpstream } from './upstream.ts'

/** The key that all questions carry. It opens nothing but the bench's own servers. */
export const API_KEY = 'bench-reader-0123456789abcdef0123456789abcdef'

/** How a gateway is to be. */
export interface WeirSetup {
  readonly name: string
  /** For its files. */
  readonly folder: string
  readonly upstream: Pick<BenchUpstream, 'account'>
  /** Left out: embedded stores. */
  readonly redis?: { readonly url: string; readonly prefix: string }
  readonly image: Image
  /** Words in front of the command. */
  readonly before?: readonly string[]
  /** Further settings, which stand instead of the usual ones. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/** Access check and client limit; metrics and request ids there always are. No log line for what is sent again. */
const full = {
  access: {
    mode: 'keys',
    keys: [{ name: 'bench', sha256: createHash('sha256').update(API_KEY).digest('hex'), role: 'reader' }],
  },
  // The highest there is.
  limits: { requestsPerMinute: 10_000_000 },
  // The others write no line for a request either.
  log: { requests: 'made' },
}

/** Neither of them. */
export const open = { access: { mode: 'open' }, limits: { requestsPerMinute: null } }

/** A running gateway. */
export interface Weir {
  readonly url: string
  readonly process: ServerProcess
}

/** Starts one and waits until it answers. @throws Error with what it wrote, when it does not */
export async function startWeir({ name, folder, upstream, redis, image, before, settings }: WeirSetup): Promise<Weir> {
  const own = join(folder, name.replaceAll(/\W+/g, '-'))
  await mkdir(own, { recursive: true })
  const file = join(own, 'weir.json')
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  await writeFile(
    file,
    JSON.stringify({
      server: { port, drainSeconds: 0 },
      dataDirectory: join(own, 'data'),
      ...full,
      ...(redis !== undefined && { redis }),
      accounts: [{ name: ACCOUNT, ...upstream.account }],
      ...settings,
    }),
  )
  const running = await startServer({
    name,
    command: [...(before ?? []), process.execPath, ...image.words],
    folder: own,
    environment: { WEIR_CONFIG: file },
    readyUrl: `${url}/healthz`,
    pollMs: 5,
  })
  return { url, process: running }
}
