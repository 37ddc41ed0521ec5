// What others notice of an attack: requests at a steady pace, and events that they wait for.
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import type { Target } from './target.ts'

/** A request of somebody who does no harm. */
export interface GoodReply {
  readonly sentAtMs: number
  readonly tookMs: number
  /** 0 without an answer. */
  readonly status: number
}

/** Asks on and on. */
export interface GoodTraffic {
  /** What was answered of what was sent in a period, on the rig's steady clock. */
  replies(fromMs: number, toMs?: number): readonly GoodReply[]
  stop(): Promise<void>
}

const replySchema = z.object({ sentAtMs: z.number(), tookMs: z.number(), status: z.number() })

/** Begins to ask. @param path with its leading slash */
export function sendGoodTraffic(target: Pick<Target, 'url' | 'caller'>, path: string, everyMs: number): GoodTraffic {
  const replies: GoodReply[] = []
  const worker = new Worker(join(import.meta.dirname, 'prober.ts'), {
    workerData: { url: target.url, path, headers: target.caller, everyMs },
  })
  worker.on('message', (message: unknown) => replies.push(replySchema.parse(message)))
  return {
    replies: (fromMs, toMs = Number.POSITIVE_INFINITY) =>
      replies.filter(({ sentAtMs }) => sentAtMs >= fromMs && sentAtMs < toMs),
    stop: async () => {
      await worker.terminate()
    },
  }
}
