// Links to real servers, as tests of what is built on them want them.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { FleetLink, LinkHealth } from '#fleet/fleet-link.ts'
import { createRedisLink, type RedisLinkOptions } from '#fleet/redis-link.ts'
import { systemClock } from '#model/clock.ts'

/** A line that a link has logged. */
export interface LinkLine {
  readonly level: 'warn' | 'info'
  readonly fields: object
  readonly message: string
}

/** A link and what it has logged. */
export interface LinkRig {
  readonly link: FleetLink
  readonly lines: readonly LinkLine[]
  /** Resolves to how many milliseconds it took. @throws Error when it takes longer than that */
  readonly waitFor: (health: LinkHealth, withinMs: number) => Promise<number>
}

/** Opens a link on the machine's clock. Whoever opens it closes it. */
export function openLink(url: string, options: Partial<RedisLinkOptions> = {}): LinkRig {
  const lines: LinkLine[] = []
  const link = createRedisLink({
    url,
    prefix: 'weir-test',
    clock: systemClock,
    log: {
      warn: (fields, message) => lines.push({ level: 'warn', fields, message }),
      info: (fields, message) => lines.push({ level: 'info', fields, message }),
    },
    ...options,
  })
  return { link, lines, waitFor: (health, withinMs) => waitForHealth(link, health, withinMs) }
}

function waitForHealth(link: FleetLink, health: LinkHealth, withinMs: number): Promise<number> {
  const since = performance.now()
  return new Promise((resolve, reject) => {
    const stopListening = link.onChange(() => look())
    const timer = setTimeout(() => {
      stopListening()
      reject(new Error(`after ${withinMs} ms the link is ${link.state().health}, not ${health}`))
    }, withinMs)
    const look = () => {
      if (link.state().health !== health) return
      stopListening()
      clearTimeout(timer)
      resolve(performance.now() - since)
    }
    look()
  })
}

const processSource = `
const [, linkModule, clockModule, url, until] = process.argv
const { createRedisLink } = await import(linkModule)
const { systemClock } = await import(clockModule)
const log = { warn() {}, info() {} }
const link = createRedisLink({ url, prefix: 'weir-test', clock: systemClock, log })
while (until === 'up' && link.state().health !== 'up') await new Promise((resolve) => link.onChange(resolve))
const { health } = link.state()
await link.close()
console.log(health)`

/**
 * Opens a link in a process of its own and closes it, at once or when it is up. Resolves when the process has ended by
 * itself, to the health before the closing. @throws Error when it has not within ten seconds
 */
export async function runLinkProcess(url: string, until: 'up' | 'begun'): Promise<string> {
  const modules = ['fleet/redis-link.ts', 'model/clock.ts'].map((path) => new URL(`../../src/${path}`, import.meta.url))
  const words = [...modules.map(({ href }) => href), url, until]
  const flags = ['--input-type=module', '--eval', processSource, '--']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, ...words], { timeout: 10_000 })
  return stdout.trim()
}

/** What a command was refused with, if it was, and how long that took in milliseconds. */
export async function timed(
  command: () => Promise<unknown>,
): Promise<{ readonly error: unknown; readonly tookMs: number }> {
  const since = performance.now()
  const error = await command().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { error, tookMs: performance.now() - since }
}
