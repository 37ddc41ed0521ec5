// What comes in: answers by where they came from, connections that stay open, and what is refused at the door.
import { Counter, Gauge } from 'prom-client'
import type { ReadingGroup } from './metrics.ts'

/** Answers of one face since the start of the process. */
export interface AnswerTally {
  readonly face: string
  /** Where they came from: kept bytes of this process, or of all, or they were put together. */
  readonly from: 'memory' | 'shared' | 'made'
  readonly count: number
}

/** Why something was refused before anybody looked at what it asks. */
export type RefusalReason = 'overload' | 'client_limit' | 'connections' | 'access'

/** Where the numbers come from. */
export interface EdgeSource {
  /** Of both faces. */
  listAnswers(): readonly AnswerTally[]
  /** WebSockets and event streams that are open. */
  countSockets(): number
  /** Since the start of the process. */
  countRefusals(): Readonly<Record<RefusalReason, number>>
  /** Whether what replicas share is within reach; undefined where there is one process. */
  isRedisWell(): boolean | undefined
}

/** Builds them. */
export function createEdgeMetrics(source: EdgeSource): ReadingGroup {
  return {
    read({ registry }) {
      const registers = [registry]
      const answers = new Counter({
        name: 'weir_answers_total',
        help: 'Answers of both faces: sent again from memory, or from what replicas share, or made.',
        labelNames: ['face', 'from'],
        registers,
      })
      for (const { face, from, count } of source.listAnswers()) answers.inc({ face, from }, count)
      const sockets = new Gauge({
        name: 'weir_sockets',
        help: 'WebSockets and event streams that are open.',
        registers,
      })
      sockets.set(source.countSockets())
      const refusals = new Counter({
        name: 'weir_refusals_total',
        help: 'Refused at the door: more to do than can be done, a limit of clients, too many connections, no access.',
        labelNames: ['reason'],
        registers,
      })
      for (const [reason, count] of Object.entries(source.countRefusals())) refusals.inc({ reason }, count)
      const redis = new Gauge({
        name: 'weir_redis_up',
        help: 'Whether Redis answers all that replicas share; absent where nothing is shared.',
        registers,
      })
      const isWell = source.isRedisWell()
      // Nobody shares anything: that is not 0.
      if (isWell === undefined) redis.remove()
      else redis.set(Number(isWell))
    },
  }
}
