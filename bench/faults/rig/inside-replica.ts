// Loaded into each replica before the gateway: looks at the process from inside and, where the environment asks for it,
// lets the rig set its wall clock wrong. Only `Date` is shifted then; steady clocks and timers stay what they are, as on
// a machine whose clock somebody sets.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { CLOCK_SHIFT_VARIABLE, type InsideReport, insideOrderSchema } from './inside-protocol.ts'

const loop = monitorEventLoopDelay({ resolution: 10 })
const asked = process.env[CLOCK_SHIFT_VARIABLE]
let shiftMs = Number(asked ?? 0)

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

function report(): InsideReport {
  const { rss, heapUsed } = process.memoryUsage()
  return { rssBytes: rss, heapBytes: heapUsed, loopDelayP99Ms: loop.percentile(99) / 1e6 }
}

loop.enable()
if (asked !== undefined) shiftDate()
process.on('message', (message: unknown) => {
  const order = insideOrderSchema.safeParse(message).data
  if (order === undefined) return
  if (order.shiftClockMs !== undefined) shiftMs = order.shiftClockMs
  if (order.isNewPeriod) loop.reset()
  process.send?.({ id: order.id, report: report() })
})
// Nothing outlives the rig; and the rig's channel alone keeps no gateway from ending.
process.on('disconnect', () => process.exit(1))
process.channel?.unref()
