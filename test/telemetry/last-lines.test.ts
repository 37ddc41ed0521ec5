// The log of the real process, up to the moment it ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

/** An error that nobody catches, when the test wants one. */
const fault = `data:text/javascript,process.on('SIGUSR2', () => { throw new Error('planned by the test') })`
const settings = {
  server: { port: 0, drainSeconds: 0 },
  accounts: [{ name: 'main', provider: 'tencent', credentials: { appId: 1250000000, apiKey: 'nobody-asks' } }],
}

let folder: string
const children: ChildProcess[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-lines-'))
  await writeFile(join(folder, 'weir.json'), JSON.stringify(settings))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

async function start() {
  const child = spawn(process.execPath, ['--import', fault, resolve('src/main.ts')], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', WEIR_CONFIG: 'weir.json' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  child.stderr.resume()
  const address = await vi.waitFor(() => {
    const found = /listening at (http:\/\/[\d.:]+)/.exec(text)?.[1]
    if (!found) throw new Error(`it does not listen: ${text}`)
    return found
  }, 20_000)
  const ended = once(child, 'close')
  const readIds = () =>
    text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line): Record<string, unknown> => JSON.parse(line))
      .flatMap(({ requestId, msg }) => (msg === 'request' ? [requestId] : []))
  return { child, address, ended, readIds }
}

describe('nothing of the log is lost', () => {
  it.each([
    ['told to stop', 'SIGTERM', 0],
    ['ended by an error that nobody catches', 'SIGUSR2', 1],
  ] as const)('when the process is %s', async (_name, signal, code) => {
    const { child, address, ended, readIds } = await start()
    const ids = Array.from({ length: 100 }, (_, index) => `request-${index}`)
    for (const id of ids) {
      const response = await fetch(`${address}/v1/accounts`, { headers: { 'x-request-id': id } })
      await response.text()
    }
    child.kill(signal)
    expect(await ended).toEqual([code, null])
    expect(readIds()).toEqual(ids)
  })
})
