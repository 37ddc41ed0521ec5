// Loaded into each replica before the gateway: looks at the process from inside and, where the environment asks for it,
// lets the rig set its wall clock wrong, or spoils lookups of names. Only `Date` is shifted then; steady clocks and
// timers stay what they are, as on a machine whose clock somebody sets.
import { subscribe } from 'node:diagnostics_channel'
import { readdirSync } from 'node:fs'
import { Socket } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { spoilNames } from './hostile-names.ts'
import {
  CLOCK_SHIFT_VARIABLE,
  hostileNamesSchema,
  type InsideReport,
  insideOrderSchema,
  NAMES_VARIABLE,
} from './inside-protocol.ts'

const loop = monitorEventLoopDelay({ resolution: 10 })
const asked = process.env[CLOCK_SHIFT_VARIABLE]
let shiftMs = Number(asked ?? 0)
const usualNames = new Set(listPrototypeNames())
const connectedTo = new Set<string>()

function shiftDate(): void {
  const RealDate = Date
  const now = () => RealDate.now() + shiftMs
  globalThis.Date = new Proxy(RealDate, {
    // A Date of given parts is that date; only "now" is shifted.
    construct: (target, words, newTarget) => Reflect.construct(target, words.length === 0 ? [now()] : words, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  })
}

/** Names that every object, array or function of the process has. */
function listPrototypeNames(): string[] {
  const prototypes = { Object: Object.prototype, Array: Array.prototype, Function: Function.prototype }
  return Object.entries(prototypes).flatMap(([type, prototype]) =>
    Reflect.ownKeys(prototype).map((name) => `${type}.${String(name)}`),
  )
}

function report(): InsideReport {
  const { rss, heapUsed } = process.memoryUsage()
  return {
    rssBytes: rss,
    heapBytes: heapUsed,
    openFiles: countOpenFiles(),
    loopDelayP99Ms: loop.percentile(99) / 1e6,
    loopDelayMaxMs: loop.max / 1e6,
    strangeNames: listPrototypeNames().filter((name) => !usualNames.has(name)),
    connectedTo: [...connectedTo],
  }
}

function countOpenFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return -1
  }
}

/** Clears the heap: what is left is held by somebody. */
function sweep(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
}

/** Hears of every connection that anything in the process tries. */
function watchConnections(): void {
  subscribe('net.client.socket', (message: unknown) => {
    if (typeof message !== 'object' || message === null || !('socket' in message)) return
    const { socket } = message
    if (!(socket instanceof Socket)) return
    socket.on('connectionAttempt', (address: string, port: number) => connectedTo.add(`${address}:${port}`))
    socket.on('lookup', (_error: unknown, _address: string, _family: unknown, host: string) => connectedTo.add(host))
  })
}

watchConnections()
loop.enable()
if (asked !== undefined) shiftDate()
const names = process.env[NAMES_VARIABLE]
if (names !== undefined) spoilNames(hostileNamesSchema.parse(JSON.parse(names)))
process.on('message', (message: unknown) => {
  const order = insideOrderSchema.safeParse(message).data
  if (order === undefined) return
  if (order.shiftClockMs !== undefined) shiftMs = order.shiftClockMs
  if (order.isNewPeriod) loop.reset()
  if (order.isSwept) sweep()
  process.send?.({ id: order.id, report: report() })
})
// Nothing outlives the rig; and the rig's channel alone keeps no gateway from ending.
process.on('disconnect', () => process.exit(1))
process.channel?.unref()
