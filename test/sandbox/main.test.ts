import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { send } from './provider-clients.ts'

const MAIN = resolve(import.meta.dirname, '../../sandbox/main.ts')

function run(...options: string[]) {
  return spawn(process.execPath, [MAIN, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
}

test.each(['SIGINT', 'SIGTERM'] as const)('prints settings that work and ends cleanly on %s', async (signal) => {
  const child = run('--port-base', '0', '--streams', '2')
  let text = ''
  for await (const chunk of child.stdout) {
    text += String(chunk)
    if (text.includes('reports:')) break
  }
  const [tencent, cnc] = parse(text.slice(text.indexOf('accounts:'))).accounts
  expect(tencent.credentials).toEqual({ appId: 1250000000, apiKey: '5d41402abc4b2a76b9719d911017c592' })
  expect((await send(tencent.endpoints.statistics)).text).toContain('cmd is invalid')
  expect((await send(`${cnc.endpoints.reports}/api/report/domain/stream/duration`, { method: 'POST' })).status).toBe(
    401,
  )
  child.kill(signal)
  expect(await once(child, 'exit')).toEqual([0, null])
})

test.each([
  ['--help', 0],
  ['--nonsense', 1],
  ['--streams=many', 1],
])('ends at once with %s and code %i', async (option, code) => {
  const child = run(option)
  child.stdout.resume()
  child.stderr.resume()
  expect(await once(child, 'exit')).toEqual([code, null])
})
