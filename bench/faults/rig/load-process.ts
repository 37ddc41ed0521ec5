// The rig's handle on a process that makes load, so that whoever measures has time to.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { z } from 'zod'

/** What is asked, and how often. */
export type GeneratorOrder = z.infer<typeof generatorOrderSchema>
/** Checks what the process is started with. */
export const generatorOrderSchema = z.object({
  url: z.string(),
  /** Asked by POST with this JSON body. */
  path: z.string(),
  body: z.string(),
  /** Requests a second, whatever becomes of them; 0: as many as are answered, one at a time on each connection. */
  ratePerSecond: z.number().min(0),
  /** Most requests under way. */
  connections: z.int().min(1),
  durationMs: z.number().min(1),
})

/** What became of the requests. */
export type GeneratorReport = z.infer<typeof reportSchema>
const reportSchema = z.object({
  /** When each was sent, milliseconds from the start; its status, 0 for no answer; how long it took, milliseconds. */
  answers: z.array(z.tuple([z.number(), z.number(), z.number()])),
  /** Requests that were due while all connections waited for answers. */
  unsent: z.int(),
})

/** Runs one to its end. @param before words that the program is started by: a pinning to a core, say */
export function runLoadProcess(order: GeneratorOrder, before: readonly string[] = []): Promise<GeneratorReport> {
  const words = [...before, process.execPath, join(import.meta.dirname, 'load-generator.ts'), JSON.stringify(order)]
  const [program = process.execPath, ...rest] = words
  const child = spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(reportSchema.parse(message)))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the load ended with ${code}`)))
  })
}
