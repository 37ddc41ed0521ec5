// A process that asks one address at a pace that has nothing to do with the answers. Its parent starts it with its
// order as the only word, and is sent one message when it is over.
import { Pool } from 'undici'
import { runLoads } from './load.ts'
import { type GeneratorReport, generatorOrderSchema } from './load-process.ts'

const order = generatorOrderSchema.parse(JSON.parse(process.argv[2] ?? ''))
const pool = new Pool(order.url, { connections: order.connections, pipelining: 1, headersTimeout: 15_000 })
const report: GeneratorReport = { answers: [], unsent: 0 }
const startedAtMs = performance.now()
let busy = 0

async function send(): Promise<void> {
  // A request that waits for a connection in here would be late by the generator's own fault.
  if (busy >= order.connections) {
    report.unsent += 1
    return
  }
  busy += 1
  const sentAtMs = performance.now()
  let status = 0
  try {
    const { statusCode, body } = await pool.request({
      path: order.path,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: order.body,
    })
    await body.dump({ limit: 16 * 1024 * 1024 })
    status = statusCode
  } catch {
    // No answer is one as well.
  }
  busy -= 1
  const doneAtMs = performance.now()
  report.answers.push([Math.round(sentAtMs - startedAtMs), status, Math.round((doneAtMs - sentAtMs) * 10) / 10])
}

if (order.ratePerSecond > 0) await runLoads([{ ratePerSecond: order.ratePerSecond, send }], order.durationMs)
else {
  const worker = async () => {
    while (performance.now() - startedAtMs < order.durationMs) await send()
  }
  await Promise.all(Array.from({ length: order.connections }, worker))
}
await pool.destroy()
process.send?.(report, () => process.disconnect())
process.on('disconnect', () => process.exit(0))
