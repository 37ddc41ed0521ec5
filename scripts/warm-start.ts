// `node scripts/warm-start.ts FOLDER`: starts what `npm run build` has made once and has it answer, so that what Node
// compiles of it lies beside it. Where it runs later nothing may be writable, and every start would compile it again.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

/** Pages and faces, so that what answers them is compiled as well. */
const paths = [
  '/healthz',
  '/v1/accounts',
  '/graphql?query={accounts{name}}',
  '/graphiql',
  '/console',
  '/openapi.json',
  '/metrics',
]

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('allowed: one folder, which "npm run build" has made')
const place = await mkdtemp(join(tmpdir(), 'weir-warm-'))
const gateway = spawn(process.execPath, [...process.execArgv, resolve(folder, 'app/main.js')], {
  cwd: place,
  env: { PATH: process.env['PATH'], PORT: '0' },
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const ended = once(gateway, 'exit')
  for await (const line of createInterface(gateway.stdout)) {
    const address = /listening at (http:\/\/[\d.:]+)/.exec(line)?.[1]
    if (address === undefined) continue
    for (const path of paths) {
      const headers = { 'graphql-require-preflight': '1' }
      const { status } = await fetch(address + path, { headers, signal: AbortSignal.timeout(10_000) })
      if (status !== 200) throw new Error(`${path} answered ${status}`)
    }
    gateway.kill('SIGTERM')
  }
  const [status]: unknown[] = await ended
  if (status !== 0) throw new Error(`it ended with status ${String(status)}`)
} finally {
  gateway.kill('SIGKILL')
  await rm(place, { recursive: true, force: true })
}
