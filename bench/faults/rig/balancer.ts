// haproxy in front of replicas, with the settings that examples/ publishes.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from '#test/support/free-port.ts'

const settingsFile = join(import.meta.dirname, '..', '..', '..', 'examples', 'haproxy.cfg')
const START_LIMIT_MS = 10_000
const LOOK_EVERY_MS = 50

/** A balancer that runs. */
export interface Balancer {
  readonly url: string
  /** Ends it at once. */
  close(): Promise<void>
}

/** Starts it and waits until it lets requests through. @param urls where the three replicas listen @throws Error when it does not start */
export async function startBalancer(urls: readonly string[]): Promise<Balancer> {
  const address = `127.0.0.1:${await findFreePort()}`
  const places = Object.fromEntries(urls.map((url, index) => [`WEIR_${index + 1}`, new URL(url).host]))
  const child = spawn('haproxy', ['-db', '-f', settingsFile], {
    env: { PATH: process.env['PATH'], WEIR_BIND: address, ...places },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-2000)
  })
  const ended = once(child, 'exit')
  const url = `http://${address}`
  const giveUpAtMs = performance.now() + START_LIMIT_MS
  const isThere = () =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  while (!(await isThere())) {
    if (child.exitCode !== null || performance.now() > giveUpAtMs) {
      child.kill('SIGKILL')
      throw new Error(`haproxy did not start: ${complaints}`)
    }
    await delay(LOOK_EVERY_MS)
  }
  return {
    url,
    close: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}
