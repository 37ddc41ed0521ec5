// Load by wrk: as many requests as one thread gets through, and how long they took.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { canInstallPackages, installPackage } from '#test/support/apt-get.ts'
import { findProgram } from '#test/support/find-program.ts'

const run = promisify(execFile)

/** What one turn of load gave. */
export interface LoadFigures {
  readonly requestsPerSecond: number
  readonly requests: number
  /** Of the time an answer took, milliseconds. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** Answers whose status was not 2xx or 3xx, and connections that broke. */
  readonly failures: number
}

/** What wrk is to send. */
export interface LoadOrder {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Bodies that are sent in turn, one line each. */
  readonly bodies: readonly string[]
  readonly connections: number
  readonly seconds: number
}

const reportSchema = z.object({
  requests: z.number(),
  durationMicros: z.number(),
  p50Micros: z.number(),
  p99Micros: z.number(),
  failures: z.number(),
})

/** Finds it, or brings it onto a fresh machine. @throws Error that says how to get it */
export async function findWrk(): Promise<string> {
  const find = () => findProgram('wrk')
  if ((await find()) === undefined && (await canInstallPackages()))
    await installPackage('wrk', async () => (await find()) !== undefined)
  const program = await find()
  if (program === undefined)
    throw new Error('the load comes from wrk, which is not on the PATH: "apt-get install wrk" or "brew install wrk"')
  return program
}

/** The script that sends the bodies in turn and tells what became of them, in Lua. */
export function writeScript({ headers, bodies }: Pick<LoadOrder, 'headers' | 'bodies'>): string {
  const lines = [
    'wrk.method = "POST"',
    ...Object.entries(headers).map(([name, value]) => `wrk.headers[${quote(name)}] = ${quote(value)}`),
  ]
  if (bodies.length === 1) lines.push(`wrk.body = ${quote(bodies[0] ?? '')}`)
  else
    lines.push(
      `local bodies = {${bodies.map(quote).join(', ')}}`,
      'local requests = {}',
      'local turn = 0',
      'function init(words)',
      '  for place, body in ipairs(bodies) do requests[place] = wrk.format(nil, nil, nil, body) end',
      'end',
      'function request()',
      '  turn = turn % #requests + 1',
      '  return requests[turn]',
      'end',
    )
  lines.push(
    'function done(summary, latency, requests)',
    '  local errors = summary.errors',
    '  local failures = errors.status + errors.connect + errors.read + errors.write + errors.timeout',
    '  io.write(string.format(\'\\nfigures {"requests":%d,"durationMicros":%d,"p50Micros":%d,"p99Micros":%d,"failures":%d}\\n\',',
    '    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failures))',
    'end',
  )
  return `${lines.join('\n')}\n`
}

/** A text of Lua. Every byte that could end it is written by its number. */
const quote = (text: string) =>
  `"${text.replaceAll(/[^ !#-[\]-~]/g, (character) =>
    [...Buffer.from(character)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join(''),
  )}"`

/** Reads what the script told at its end. @throws Error when it told nothing */
export function readReport(output: string): LoadFigures {
  const told = /^figures (\{.*\})$/m.exec(output)?.[1]
  if (told === undefined) throw new Error(`wrk told nothing: ${output.slice(0, 200)}`)
  const { requests, durationMicros, p50Micros, p99Micros, failures } = reportSchema.parse(JSON.parse(told))
  return {
    requests,
    requestsPerSecond: (requests / durationMicros) * 1_000_000,
    p50Ms: p50Micros / 1000,
    p99Ms: p99Micros / 1000,
    failures,
  }
}

/** Sends for a turn. @param before words in front of the command  @param folder for the script */
export async function sendLoad(
  order: LoadOrder,
  { wrk, before, folder }: { readonly wrk: string; readonly before: readonly string[]; readonly folder: string },
): Promise<LoadFigures> {
  const script = join(folder, 'load.lua')
  await writeFile(script, writeScript(order))
  const { connections, seconds, url } = order
  const words = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url]
  const [program = '', ...rest] = [...before, wrk, ...words]
  const { stdout } = await run(program, rest)
  return readReport(stdout)
}
