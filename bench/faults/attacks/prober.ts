// Runs as a worker of the rig: asks a gateway the same thing at a steady pace, so that what the attackers' own process
// is busy with does not count as the gateway's time.
import { parentPort, workerData } from 'node:worker_threads'
import { Pool } from 'undici'
import { z } from 'zod'

const orderSchema = z.object({
  url: z.string(),
  path: z.string(),
  headers: z.record(z.string(), z.string()),
  everyMs: z.number(),
})
const TIMEOUT_MS = 10_000

const { url, path, headers, everyMs } = orderSchema.parse(workerData)
const pool = new Pool(url, { connections: 32, pipelining: 1, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })

async function ask(): Promise<void> {
  const sentAtMs = performance.timeOrigin + performance.now()
  const tell = (status: number) =>
    parentPort?.postMessage({ sentAtMs, tookMs: performance.timeOrigin + performance.now() - sentAtMs, status })
  try {
    const { statusCode, body } = await pool.request({ path, method: 'GET', headers })
    await body.dump()
    tell(statusCode)
  } catch {
    tell(0)
  }
}

setInterval(() => void ask(), everyMs)
